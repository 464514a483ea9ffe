// What a player is told, as the JSON of its page. Python writes it for a graph of Values; a page may write it itself.

/**
 * A name, as HTML and as words; of a product the names of its factors, side by side.
 * @typedef {{html: string, words: string, product?: boolean}} Label
 *
 * How an operation, or one of its local derivatives, is written: texts, where a sign with space around it stands between
 * terms; the places of inputs from 0, and -1 for the node itself; and lists, which are raised.
 * @typedef {(string | number | Form)[]} Form
 * @typedef {{value: Form, slopes: (Form | null)[]}} Formula
 *
 * A node of the graph; each stands after its parents, the result last. `row` is a row of the page's table; `formula` names
 * one of `formulas`, and is "" for a leaf. Of a node without a name its number is shown. `delta` is the other name of
 * ∂E/∂node where the node is a z.
 * @typedef {import("../page/rows.js").Node & {
 *   name: Label | null, symbol: string, formula: string, role: string, delta: Label | null}} Described
 *
 * A matrix: the places of nodes, row by row, and what of them it shows: a slope is that of a node with one input.
 * @typedef {{name: Label, nodes: number[][], show: "value" | "gradient" | "slope"}} Matrix
 *
 * An equation, matrices with signs between them: two matrices without a sign are multiplied. `beside` are the steps it
 * stands beside: whether backward, the node whose turn it is, and which entries are then marked: the place of the matrix in
 * the equation, its row and its column, where -1 marks all.
 * @typedef {{parts: (Matrix | string)[], beside: [boolean, number, [number, number, number][]][]}} Equation
 *
 * `picture` is the id of the SVG in the element `picture`. In it the node at place k is the group of that id and `n<k+1>`,
 * of class `card`, with texts of class `f-value` and `f-gradient` for its numbers; the edges `e1`, `e2`, … of class `link`
 * are numbered node by node and input by input, and the labels on them, `e1l`, … of class `label`, show factors.
 * @typedef {{kind: "player", title: string, picture: string, graph: Described[], data: (number | string)[],
 *   formulas: Record<string, Formula>, equations: Equation[]}} Told
 */

/** The key of a node in the picture. @param {number} k */
export const nodeKey = (k) => `n${k + 1}`;

/** The keys of the edges into each node. @param {Described[]} graph @returns {string[][]} */
export function edgeKeys(graph) {
  let edge = 0;
  return graph.map(({ parents }) => parents.map(() => `e${++edge}`));
}
