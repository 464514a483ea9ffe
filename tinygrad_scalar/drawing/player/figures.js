// How a number is shown, and what of it is kept for the lines that follow: all of it, or, as one does by hand, what is shown.

import { number, read, short } from "../page/numbers.js";
import { rows } from "../page/table.js";

/**
 * `show` is how a number is printed, `kept` what is computed with after it has been, and `slopes` the local derivatives of
 * a node towards each of its inputs.
 * @typedef {{show: (x: number) => string, kept: (x: number) => number,
 *   slopes: (graph: import("../page/rows.js").Node[], data: number[], node: number) => number[]}} Figures
 */

const inputs = (graph, data, node) => graph[node].parents.map((p) => data[p]);

/** Every digit, three decimals of it shown. @type {Figures} */
export const EXACT = {
  show: number,
  kept: (x) => x,
  slopes: (graph, data, node) => rows[graph[node].row].slopes(inputs(graph, data, node), data[node]),
};

/** Three digits, and nothing behind them. @type {Figures} */
export const BY_HAND = {
  show: short,
  kept: (x) => read(short(x)),
  slopes: (graph, data, node) => writtenSlopes(graph[node].row, inputs(graph, data, node), data[node]).map(BY_HAND.kept),
};

/** The local derivatives as their formulas are written: those of σ by a(1 − a), whatever a has been rounded to. */
export const writtenSlopes = (row, x, out) => (rows[row].written ?? rows[row].slopes)(x, out);
