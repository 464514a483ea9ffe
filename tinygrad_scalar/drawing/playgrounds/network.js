// The network by the δ equations, in the text's letters and order: examples in columns, layers from ℓ = 1.
// Its σ, σ′ and dℒ/da are those of `slopes`, not of the table: what agrees with the graph of rows owes it nothing.
import { forward } from "../page/rows.js";
import { rows } from "../page/table.js";
import { witness } from "./witness.js";

/**
 * A network without its parameters: `sizes` are d_0, …, d_L, `sigmas` those of the layers, from ℓ = 1; `tail` is the
 * graph from z^(L) and y to ℒ; with `natural`, δ^L is a − y.
 * @typedef {{sizes: number[], sigmas: (string | null)[], loss: string, tail: Tail, natural: boolean}} Shape
 * @typedef {(number | (string | number)[])[]} Tail
 * @typedef {number[][]} Matrix
 */

/** A B. @param {Matrix} A @param {Matrix} B @returns {Matrix} */
function times(A, B) {
  return A.map((row) => {
    const sums = new Array(B[0].length).fill(0);
    row.forEach((a, k) => {
      const other = B[k];
      for (let m = 0; m < sums.length; m++) sums[m] += a * other[m];
    });
    return sums;
  });
}

/** @param {Matrix} A @returns {Matrix} */
export const transposed = (A) => A[0].map((_, m) => A.map((row) => row[m]));

/** f of the entries of A, and of those in the same places. @param {(...x: number[]) => number} f @param {Matrix} A @param {Matrix[]} others */
const cellwise = (f, A, ...others) => A.map((row, i) => row.map((a, m) => f(a, ...others.map((B) => B[i][m]))));

/** How many parameters there are. @param {number[]} sizes */
export const countOf = (sizes) => sizes.slice(1).reduce((n, d, l) => n + d * (sizes[l] + 1), 0);

/** W and b of the layers in θ: for ℓ = 1…L, W row by row, then b. @param {number[]} sizes @param {Float64Array} theta */
export function matrices(sizes, theta) {
  let at = 0;
  const take = (n) => Array.from(theta.subarray(at, (at += n)));
  /** @type {Matrix[]} */ const W = [[]];
  /** @type {number[][]} */ const b = [[]];
  for (let l = 1; l < sizes.length; l++) {
    W[l] = Array.from({ length: sizes[l] }, () => take(sizes[l - 1]));
    b[l] = take(sizes[l]);
  }
  return { W, b };
}

/** 1 for each weight in θ, 0 for each bias: what the penalty takes. @param {number[]} sizes */
export const weightsOf = (sizes) =>
  sizes.slice(1).flatMap((d, l) => [...new Array(d * sizes[l]).fill(1), ...new Array(d).fill(0)]);

/** A = σ(Z); softmax runs down each column. @param {string} name @param {Matrix} Z @returns {Matrix} */
function bend(name, Z) {
  if (name !== "softmax") return cellwise((z) => witness[name].value([z]), Z);
  const columns = transposed(Z).map((z) => {
    const most = Math.max(...z);
    const e = z.map((v) => Math.exp(v - most));
    const whole = e.reduce((s, v) => s + v);
    return e.map((v) => v / whole);
  });
  return transposed(columns);
}

/** Z and A of all layers, d_ℓ × M, eq. input-matrix1. @param {Shape} shape @param {Float64Array} theta @param {Matrix} X */
export function activate({ sizes, sigmas }, theta, X) {
  const { W, b } = matrices(sizes, theta);
  /** @type {Matrix[]} */ const Z = [[]];
  const A = [X];
  for (let l = 1; l < sizes.length; l++) {
    Z[l] = times(W[l], A[l - 1]).map((row, i) => row.map((z) => z + b[l][i]));
    A[l] = bend(/** @type {string} */ (sigmas[l]), Z[l]);
  }
  return { W, Z, A };
}

/** σ′ of a neuron. @param {Shape} shape @param {number} l @param {number} z @param {number} a */
export const sigmaSlope = ({ sigmas }, l, z, a) => Number(witness[/** @type {string} */ (sigmas[l])].slopes([z], a)[0]);

/** Δ^(L) = ∂ℒ_m/∂Z^(L), eq. cahinrule5. @param {Shape} shape @param {Matrix} Z @param {Matrix} A @param {Matrix} Y */
function outputDelta({ sigmas, loss, natural }, Z, A, Y) {
  if (natural) return cellwise((a, y) => a - y, A, Y); // a cross-entropy under its own σ: σ′ cancels
  const dA = cellwise((a, y) => witness[loss].value([y, a]), A, Y);
  const name = /** @type {string} */ (sigmas.at(-1));
  if (name === "softmax") { // its whole Jacobian: ∂a_k/∂z_i = a_k ([k = i] − a_i)
    const mean = A[0].map((_, m) => A.reduce((s, row, k) => s + row[m] * dA[k][m], 0));
    return cellwise((a, da) => a * da, A, dA).map((row, k) => row.map((v, m) => v - A[k][m] * mean[m]));
  }
  return cellwise((da, z, a) => da * witness[name].slopes([z], a)[0], dA, Z, A);
}

/** Δ^(ℓ) of all layers, eq. matrixBackprop. @param {Shape} shape @param {{W: Matrix[], Z: Matrix[], A: Matrix[]}} pass @param {Matrix} Y */
export function deltas(shape, { W, Z, A }, Y) {
  const L = shape.sizes.length - 1;
  /** @type {Matrix[]} */ const Delta = [];
  Delta[L] = outputDelta(shape, Z[L], A[L], Y);
  for (let l = L; l > 1; l--) { // σ′ belongs to the layer below
    const sigma = witness[/** @type {string} */ (shape.sigmas[l - 1])];
    const back = times(transposed(W[l]), Delta[l]);
    Delta[l - 1] = cellwise((d, z, a) => d * sigma.slopes([z], a)[0], back, Z[l - 1], A[l - 1]);
  }
  return Delta;
}

/** ∂E/∂W = (1/M) Δ Aᵀ and ∂E/∂b = (1/M) Δ 1, eq. finalbackprop3, in the order of θ. @param {Shape} shape @param {Float64Array} theta @param {Matrix} X @param {Matrix} Y */
export function gradientsOf(shape, theta, X, Y) {
  const pass = activate(shape, theta, X);
  const Delta = deltas(shape, pass, Y);
  const M = X[0].length;
  const parts = [];
  for (let l = 1; l < shape.sizes.length; l++) {
    parts.push(...times(Delta[l], transposed(pass.A[l - 1])).flat());
    parts.push(...Delta[l].map((row) => row.reduce((s, d) => s + d, 0)));
  }
  return Float64Array.from(parts, (sum) => sum / M);
}

/** ℒ of each example, by the losses of Python. @param {Shape} shape @param {Matrix} Z @param {Matrix} Y */
function lossesOf({ tail }, Z, Y) {
  const graph = tail.map((node) => (typeof node === "number" ? { row: "", parents: [] } : { row: node[0], parents: node.slice(1) }));
  const numbers = tail.map((node) => (typeof node === "number" ? node : 0));
  const leaf = { row: "", parents: [] };
  const whole = [...Z, ...Y].map(() => leaf).concat(/** @type {any} */ (graph));
  return Z[0].map((_, m) => /** @type {number} */ (forward(rows, whole, [...Z.map((z) => z[m]), ...Y.map((y) => y[m]), ...numbers]).at(-1)));
}

/** E without a penalty: the mean of ℒ. @param {Shape} shape @param {Float64Array} theta @param {Matrix} X @param {Matrix} Y */
export function meanLoss(shape, theta, X, Y) {
  if (!X[0]?.length) return NaN;
  const each = lossesOf(shape, activate(shape, theta, X).Z.at(-1) ?? [], Y);
  return each.reduce((s, l) => s + l, 0) / each.length;
}
