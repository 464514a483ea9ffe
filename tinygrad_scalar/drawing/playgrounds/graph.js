// The chosen example as a graph of scalars, differentiated node by node: what the δ equations must agree with.
import { backward, forward } from "../page/rows.js";
import { rows } from "../page/table.js";
import { matrices } from "./network.js";

/** @typedef {import("./network.js").Shape} Shape */

/**
 * A letter, what stands below it, and what above: ["w", "1,2", "(1)"]. A product has the names of both factors.
 * @typedef {[string, string, string]} ScalarName
 * @typedef {import("../page/rows.js").Node & {names: ScalarName[], role: string}} Scalar
 */

/**
 * One example as a graph of scalars, as `MLP` and the losses of Python build it: one × per weight, one Σ and one σ per
 * neuron; `theta` says where θ stands among its nodes; by layer `w`, `b`, `products`, `z` and `a` say where those do.
 * @param {Shape} shape @param {Float64Array} theta @param {number[]} x @param {number[]} y
 */
export function scalarGraph(shape, theta, x, y) {
  const { sizes, sigmas } = shape;
  /** @type {Scalar[]} */ const graph = [];
  /** @type {number[]} */ const data = [];
  /** @param {string} row @param {number[]} parents @param {ScalarName[]} names @param {string} role */
  const add = (row, parents, names, role, number = NaN, constant = false) => {
    data.push(number);
    return graph.push({ row, parents, names, role, constant }) - 1;
  };
  const leaf = (name, number, role) => add("", [], [name], role, number);
  const { W, b } = matrices(sizes, theta);
  const layers = [{ w: [[0]], b: [0], products: [[0]], z: [0], a: x.map((number, j) => leaf(["x", `${j + 1}`, ""], number, "input")) }];
  for (let l = 1; l < sizes.length; l++) {
    const [before, sup] = [layers[l - 1].a, `(${l})`];
    const w = W[l].map((row, i) => row.map((number, j) => leaf(["w", `${i + 1},${j + 1}`, sup], number, "parameter")));
    const biases = b[l].map((number, i) => leaf(["b", `${i + 1}`, sup], number, "parameter"));
    const products = w.map((row) => row.map((k, j) => add("mul/2", [k, before[j]], [graph[k].names[0], graph[before[j]].names[0]], "operation")));
    const z = products.map((row, i) => add(`total/${row.length + 1}`, [...row, biases[i]], [["z", `${i + 1}`, sup]], "z"));
    const bent = l < sizes.length - 1 && sigmas[l] !== "identity";
    const a = bent ? z.map((k, i) => add(`${sigmas[l]}/1`, [k], [["a", `${i + 1}`, sup]], "a")) : z;
    layers.push({ w, b: biases, products, z, a });
  }
  const targets = y.map((number, i) => leaf(["y", y.length > 1 ? `${i + 1}` : "", ""], number, "input"));
  addTail(shape, layers[sizes.length - 1], targets, add);
  const places = layers.slice(1).flatMap((layer) => [...layer.w.flat(), ...layer.b]);
  return { graph, data: forward(rows, graph, data), theta: places, layers };
}

/** The output's σ and the loss, as they were recorded: what has no name is v_1, v_2, …, and the last is E. */
function addTail({ sizes, sigmas, tail }, layer, targets, add) {
  const known = [...layer.z, ...targets];
  const sigma = sigmas.at(-1) === "softmax" ? "exp/1" : `${sigmas.at(-1)}/1`;
  const a = [];
  let unnamed = 0;
  tail.forEach((node, k) => {
    if (typeof node === "number") return known.push(add("", [], [], "constant", node, true));
    const [row, ...parents] = [String(node[0]), ...node.slice(1).map((place) => known[Number(place)])];
    const last = k === tail.length - 1;
    const output = row === sigma && a.length < layer.z.length && !last;
    const name = output ? ["a", `${a.length + 1}`, `(${sizes.length - 1})`] : last ? ["E", "", ""] : ["v", `${++unnamed}`, ""];
    const made = add(row, parents, [name], last ? "result" : output ? "a" : "operation");
    if (output) a.push(made);
    return known.push(made);
  });
  if (a.length === layer.z.length) layer.a = a;
}

/** ∂ℒ/∂θ by the chain rule, node by node. @param {ReturnType<typeof scalarGraph>} scalar */
export function scalarGradient({ graph, data, theta }) {
  const gradient = backward(rows, graph, data);
  return Float64Array.from(theta, (place) => gradient[place]);
}

/** The largest difference of two gradients in a layer, relative to the layer's largest entry. @param {number[]} sizes @param {Float64Array} g @param {Float64Array} h */
export function largestDifference(sizes, g, h) {
  let [at, most] = [0, 0];
  for (let l = 1; l < sizes.length; l++) {
    const end = at + sizes[l] * (sizes[l - 1] + 1);
    const largest = h.slice(at, end).reduce((s, v) => Math.max(s, Math.abs(v)), 0);
    for (; at < end; at++) {
      const apart = Math.abs(g[at] - h[at]);
      if (apart > 0 || Number.isNaN(apart)) most = Math.max(most, apart / (largest || 1));
    }
  }
  return most;
}
