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
 * What a graph can be taken by, a neuron or a layer: their names, and of each node to which it belongs, -1 for none.
 * @typedef {{names: Label[], of: number[]}} Grouping
 *
 * Examples in rows, and the leaves that take their numbers.
 * @typedef {{X: number[][], Y: number[][], inputs: number[], targets: number[]}} Examples
 *
 * A card that stands for several nodes, and what its texts of class `f-value` and `f-gradient` show, in their order;
 * `row` is the name that stands before them.
 * @typedef {{key: string, name: Label, nodes: number[], 
 *   shows: {nodes: number[], what: "value" | "gradient", row?: string}[]}} Card
 *
 * `picture` is the id of the SVG in the element `picture`. In it the node at place k is the group of that id and `n<k+1>`,
 * of class `card`, with texts of class `f-value` and `f-gradient` for its numbers; the edges `e1`, `e2`, … of class `link`
 * are numbered node by node and input by input, and the labels on them, `e1l`, … of class `label`, show factors. Where there
 * are `cards`, the picture has those and their `links` instead, and
 * `by` says what one of them stands for.
 *
 * An edge between two cards, by their places, and the weight that its colour, its width and its label show, -1 for none.
 * @typedef {{key: string, tail: number, head: number, weight: number}} Link
 *
 * @typedef {{kind: "player", title: string, picture: string, graph: Described[], data: (number | string)[],
 *   formulas: Record<string, Formula>, equations: Equation[], slips: import("./predict.js").Slips, groupings?: Record<string, Grouping>,
 *   examples?: Examples, by?: string, cards?: Card[], links?: Link[]}} Told
 */

/** The key of a node in the picture. @param {number} k */
export const nodeKey = (k) => `n${k + 1}`;

/** The keys of the edges into each node. @param {Described[]} graph @returns {string[][]} */
export function edgeKeys(graph) {
  let edge = 0;
  return graph.map(({ parents }) => parents.map(() => `e${++edge}`));
}
