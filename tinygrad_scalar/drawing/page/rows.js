// What the rows of the table call, as the engine computes it, and the two passes over a graph of rows.

export const inf = Infinity, nan = NaN;
export const { abs, cos, exp, expm1, log, log1p, sin, sqrt, tanh } = Math;
export const isfinite = Number.isFinite;
export const div = (x, y) => x / y;
// 1 to any power is 1, and (±1) to ±∞ as well: so in C and in Python, but not in Math.pow.
export const pow = (x, y) => (x === 1 || (x === -1 && abs(y) === inf) ? 1 : Math.pow(x, y));
export const maximum = (x, y) => (x > y || x !== x ? x : y);
export const minimum = (x, y) => (x < y || x !== x ? x : y);
export const max = (x) => x.reduce((most, v) => (v > most ? v : most));

// Python's sum up to 3.11: one + after the other.
export const added = (x, start) => x.reduce((s, v) => s + v, start);

// Python's sum from 3.12 on: what each + rounds away is kept, and added at the end (Neumaier 1974).
export function compensated(x, start) {
  let s = start, lost = 0;
  for (const v of x) {
    const t = s + v;
    lost += abs(s) >= abs(v) ? s - t + v : v - t + s;
    s = t;
  }
  return lost && isfinite(lost) ? s + lost : s;
}

export const SUM = /^(total|add)\//; // the rows that add up

/**
 * A node of a graph, which is a list of them, each after its parents; beside it `data` holds a number for each.
 * @typedef {{row: string, parents: number[], constant: boolean}} Node
 * @typedef {{value: (x: number[]) => number, slopes: (x: number[], out: number) => number[],
 *   written?: (x: number[], out: number) => number[]}} Row
 */

// Every node that has parents gets its value.
export function forward(rows, graph, data) {
  graph.forEach(({ row, parents }, k) => {
    if (parents.length) data[k] = rows[row].value(parents.map((p) => data[p]));
  });
  return data;
}

// ∂(last node)/∂(each node): the chain rule, from the result back to the leaves; constants get none.
export function backward(rows, graph, data) {
  const gradient = graph.map(() => 0);
  gradient[graph.length - 1] = 1;
  for (let k = graph.length - 1; k >= 0; k--) {
    const { row, parents } = graph[k];
    if (!parents.length) continue;
    const slopes = rows[row].slopes(parents.map((p) => data[p]), data[k]);
    parents.forEach((p, i) => {
      if (!graph[p].constant) gradient[p] += gradient[k] * slopes[i];
    });
  }
  return gradient;
}
