// The two passes, step by step: each node takes its value, then each hands its gradient on to its inputs.
//
// The nodes go by levels: a node's level is one above that of its highest input. So the products of a layer come together,
// then its Σ, then its σ, as in the matrix equations; and on the way back no node hands on a gradient before it is complete.

import { rows } from "../page/table.js";

/**
 * What a node hands to one of its inputs: `places` are those where it stands, `factors` the local derivatives there;
 * `before` and `after` are ∂E/∂parent as far as it was known, and as it is with this share. `first` and `complete` tell
 * whether nothing came before, and whether nothing is still to come.
 * @typedef {{parent: number, places: number[], factors: number[], before: number, after: number,
 *   first: boolean, complete: boolean}} Share
 *
 * A node's turn: forward it takes its value; backward it hands on its `gradient`.
 * @typedef {{backward: boolean, node: number, gradient: number, shares: Share[]}} Turn
 *
 * A step: the turns of one node or, of a `unit`, of several. Without turns it is the beginning of a pass: forward the leaves
 * have their values, backward ∂E/∂E is 1.
 * @typedef {{backward: boolean, turns: Turn[], unit: number}} Step
 */

/** The places of the nodes, each after its parents, by level. @param {import("../page/rows.js").Node[]} graph */
export function byLevel(graph) {
  /** @type {number[]} */
  const level = [];
  for (const { parents } of graph) level.push(parents.reduce((most, p) => Math.max(most, level[p] + 1), 0));
  return graph.map((_, k) => k).sort((j, k) => level[j] - level[k]);
}

/** The local derivatives of a node towards each of its inputs. */
export const slopesOf = (graph, data, k) => rows[graph[k].row].slopes(graph[k].parents.map((p) => data[p]), data[k]);

/** All turns of both passes, and ∂E/∂node of each node. @returns {{turns: Turn[], gradients: number[]}} */
export function passesOf(graph, data) {
  const computed = byLevel(graph).filter((k) => graph[k].parents.length);
  const gradients = graph.map(() => 0);
  gradients[graph.length - 1] = 1;
  const edges = graph.map(() => 0);
  for (const { parents } of graph) for (const p of parents) edges[p]++;
  const toCome = [...edges];
  const forward = computed.map((node) => ({ backward: false, node, gradient: 0, shares: [] }));
  const backward = [...computed].reverse().map((node) => {
    const slopes = slopesOf(graph, data, node);
    const shares = placesOf(graph, node).map(([parent, places]) => {
      const [before, first] = [gradients[parent], toCome[parent] === edges[parent]];
      const factors = places.map((place) => slopes[place]);
      for (const factor of factors) gradients[parent] += gradients[node] * factor; // the chain rule, summed over all paths
      toCome[parent] -= places.length;
      return { parent, places, factors, before, after: gradients[parent], first, complete: toCome[parent] === 0 };
    });
    return { backward: true, node, gradient: gradients[node], shares };
  });
  return { turns: [...forward, ...backward.filter(({ shares }) => shares.length)], gradients };
}

/** The inputs that are no constants, each with the places where it stands. @returns {[number, number[]][]} */
export function placesOf(graph, node) {
  const places = new Map();
  graph[node].parents.forEach((p, place) => {
    if (!graph[p].constant) places.set(p, [...(places.get(p) ?? []), place]);
  });
  return [...places];
}

/** The steps: the turns one by one, after the beginning of each pass. @param {Turn[]} turns @returns {Step[]} */
export function stepsOf(turns) {
  const pass = (backward) => [
    { backward, turns: [], unit: -1 },
    ...turns.filter((turn) => turn.backward === backward).map((turn) => ({ backward, turns: [turn], unit: -1 })),
  ];
  return [...pass(false), ...pass(true)];
}
