// The two passes, step by step: each node takes its value, then each hands its gradient on to its inputs.
//
// The nodes go by levels: a node's level is one above that of its highest input. So the products of a layer come together,
// then its Σ, then its σ, as in the matrix equations; and on the way back no node hands on a gradient before it is complete.

import { EXACT } from "./figures.js";

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
export const slopesOf = EXACT.slopes;

/**
 * All turns of both passes, and ∂E/∂node of each node, in these figures.
 * @returns {{turns: Turn[], gradients: number[]}}
 */
export function passesOf(graph, data, { kept, slopes: slopesIn } = EXACT) {
  const computed = byLevel(graph).filter((k) => graph[k].parents.length);
  const gradients = graph.map(() => 0);
  gradients[graph.length - 1] = 1;
  const edges = graph.map(() => 0);
  for (const { parents } of graph) for (const p of parents) edges[p]++;
  const toCome = [...edges];
  const forward = computed.map((node) => ({ backward: false, node, gradient: 0, shares: [] }));
  const backward = [...computed].reverse().map((node) => {
    const slopes = slopesIn(graph, data, node);
    const shares = placesOf(graph, node).map(([parent, places]) => {
      const [before, first] = [gradients[parent], toCome[parent] === edges[parent]];
      const factors = places.map((place) => slopes[place]);
      for (const factor of factors) gradients[parent] += gradients[node] * factor; // the chain rule, summed over all paths
      gradients[parent] = kept(gradients[parent]);
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

/**
 * Which turns make a step: `places` are those in the list of turns.
 * @typedef {{backward: boolean, unit: number, places: number[]}} Part
 */

/**
 * The steps of both passes, after the beginning of each: turns one by one or, where `of` names the unit of each node (-1 for
 * none), all turns of a unit that need nothing from outside which is still to come.
 * @param {Turn[]} turns @param {number[]} [of] @returns {Part[]}
 */
export function stepsIn(graph, turns, of) {
  const children = graph.map(() => []);
  graph.forEach(({ parents }, k) => parents.forEach((p) => children[p].push(k)));
  const pass = (backward, before) => {
    const places = turns.flatMap((turn, place) => (turn.backward === backward ? [place] : []));
    const parts = of ? together(places.map((place) => turns[place].node), of, before) : places.map((_, k) => [k]);
    const unit = (part) => (of ? of[turns[places[part[0]]].node] : -1);
    return [
      { backward, unit: -1, places: [] },
      ...parts.map((part) => ({ backward, unit: unit(part), places: part.map((k) => places[k]) })),
    ];
  };
  return [...pass(false, (k) => graph[k].parents), ...pass(true, (k) => children[k])];
}

/** Places of nodes that belong to one unit and can take their turns together; `before` are those that have to precede one. */
function together(nodes, of, before) {
  const waiting = new Set(nodes);
  const members = new Map();
  nodes.forEach((node, place) => members.set(of[node], [...(members.get(of[node]) ?? []), { node, place }]));
  return nodes.flatMap((node, place) => {
    if (!waiting.has(node)) return [];
    if (of[node] < 0) {
      waiting.delete(node);
      return [[place]];
    }
    const ready = members.get(of[node]).filter((member) => {
      if (!waiting.has(member.node) || before(member.node).some((other) => waiting.has(other))) return false;
      return waiting.delete(member.node);
    });
    return [ready.map((member) => member.place)];
  });
}
