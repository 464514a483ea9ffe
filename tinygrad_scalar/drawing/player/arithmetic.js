// What happens in one step, written out: in names, and in the numbers of this pass.

import { read, short } from "../page/numbers.js";
import { rows } from "../page/table.js";
import { EXACT, writtenSlopes } from "./figures.js";
import { placesOf } from "./passes.js";
import { ABOUT, CLOSE, EQUALS, OPEN, PLUS, TIMES, colour, inProduct, inWords, ink, letter, raised } from "./writing.js";

/**
 * @typedef {import("./writing.js").Item[]} Row
 * @typedef {import("./passes.js").Turn} Turn
 * @typedef {import("./told.js").Told} Told
 */

const MOST = 4; // terms of a sum that are written out
const FEW = 12; // rows of a step that are written out
/** What stands for what; `E` is the result's name. */
const symbols = (E) =>
  `d${E}/dv: the derivative of ${E} with respect to v, along all paths from v; for a parameter the matrices call it ∂${E}/∂w. ` +
  "∂u/∂v: a local derivative, of a node with respect to one of its inputs, the others held.";

/**
 * Writes the steps of a graph; `data` holds the numbers of its nodes, and may change.
 *
 * Where a line's numbers, as they are printed, give another number than it ends with, that one stands after ≈.
 */
export class Writer {
  /** @param {Told} told @param {number[]} data @param {import("./figures.js").Figures} figures */
  constructor({ graph, formulas, groupings }, data, { show, slopes } = EXACT) {
    this.graph = graph;
    this.formulas = formulas;
    this.groupings = groupings;
    this.data = data;
    this.show = show;
    this.slopes = slopes;
    this.by = "node";
  }

  /** Whose turn it is. @param {import("./passes.js").Step} step @returns {Row} */
  title({ backward, turns, unit }) {
    if (!turns.length) return [ink(backward ? "The backward pass begins at the result" : "The leaves have their values: inputs, parameters, constants")];
    if (unit >= 0) return [this.groupings[this.by].names[unit], ink(backward ? "  hands on" : "  computes")];
    const [{ node, shares, gradient }] = turns;
    if (!backward) return [ink(`${this.symbol(node)}  computes  `), ...this.name(node)];
    const same = shares.every(({ factors }) => factors.every((factor) => factor === 1));
    const how = same ? "  hands on as it is: " : "  hands on, times its local derivatives: ";
    return [ink(this.symbol(node) + how), ...this.derivative(node), EQUALS, colour("gradient", this.show(gradient))];
  }

  /** The arithmetic of a step. @param {import("./passes.js").Step} step @returns {Row[]} */
  rows(step) {
    const { backward, turns, unit } = step;
    if (unit >= 0) return this.rowsOfUnit(step);
    if (turns.length) return turns.flatMap((turn) => this.rowsOf(turn));
    const result = this.graph.length - 1;
    return backward ? [[...this.total(result), EQUALS, colour("whole", "1")]] : [[colour("quiet", symbols(inWords(this.factor(result))))]];
  }

  /** The arithmetic of a node's turn. @param {Turn} turn @returns {Row[]} */
  rowsOf({ backward, node, gradient, shares }) {
    if (backward) return shares.map((share) => this.share(gradient, share));
    const locals = this.locals(node);
    return locals.length ? [this.value(node), locals] : [this.value(node)];
  }

  /** What a neuron or a layer computes; its products stand in its sums. Of many, the numbers alone. @returns {Row[]} */
  rowsOfUnit({ backward, turns }) {
    const isOwn = (k) => this.graph[k].role !== "operation" || !this.graph[k].name?.product;
    if (!backward) {
      const own = turns.filter(({ node }) => isOwn(node));
      return own.length > FEW ? own.map(({ node }) => this.plain(node)) : own.flatMap((turn) => this.rowsOf(turn));
    }
    /** @type {Map<number, [Turn, import("./passes.js").Share]>} the last share of each input: it has the others in it */
    const last = new Map(turns.flatMap((turn) => turn.shares.map((share) => [share.parent, [turn, share]])));
    const own = [...last.values()].filter(([, { parent }]) => isOwn(parent));
    if (own.length <= FEW) return own.map(([{ gradient }, share]) => this.share(gradient, share));
    return own.map(([, { parent, after }]) => [...this.derivative(parent), EQUALS, colour("gradient", this.show(after))]);
  }

  /** name = number. @returns {Row} */
  plain(node) {
    return [...this.name(node), EQUALS, colour("value", this.show(this.data[node]))];
  }

  /** A sentence that names the node where the first number arose that is not finite. @returns {Row} */
  trouble({ node, backward }) {
    const { formula } = this.graph[node];
    if (backward) return [...this.derivative(node), ink(" is the first derivative that is no finite number; what it is handed on to has none either.")];
    const what = this.graph[node].name ? [] : [ink("The constant ")];
    if (!formula) return [...what, ...this.name(node), ink(" is no finite number; nor is what is computed from it.")];
    const numbers = this.filled(this.formulas[formula].value, node, (k) => this.number(k));
    return [
      ...this.name(node), EQUALS, ...numbers, EQUALS, colour("value", this.show(this.data[node])),
      ink(" is the first number that is not finite; what is computed from it goes the same way."),
    ];
  }

  /** A step in words. @param {import("./passes.js").Step} step */
  words(step) {
    return [this.title(step), ...this.rows(step)].map(inWords).join(". ");
  }

  /** name = formula with names = formula with numbers = number. @returns {Row} */
  value(node) {
    const { value } = this.formulas[this.graph[node].formula];
    const names = this.filled(value, node, (k) => this.term(k));
    const numbers = this.filled(value, node, (k) => this.number(k));
    const { row, parents } = this.graph[node];
    const sign = this.sign(this.data[node], rows[row].value(parents.map((p) => this.printed(p))));
    return [...this.name(node), EQUALS, ...names, EQUALS, ...numbers, sign, colour("value", this.show(this.data[node]))];
  }

  /** ∂node/∂(each input), with its formula. @returns {Row} */
  locals(node) {
    const slopes = this.slopes(this.graph, this.data, node);
    const places = placesOf(this.graph, node);
    const { row: own, formula, parents } = this.graph[node];
    const again = writtenSlopes(own, parents.map((p) => this.printed(p)), this.printed(node));
    if (parents.length > 1 && slopes.every((slope) => slope === 1)) return [colour("quiet", "each local derivative is 1")];
    return places.flatMap(([parent, at], k) => {
      const gap = k ? [colour("quiet", "     ")] : [];
      const row = [...gap, letter("∂"), ...this.factor(node), letter("/∂"), ...this.factor(parent), EQUALS];
      const form = at.length === 1 && this.formulas[formula].slopes[at[0]];
      const place = /** @type {number} */ (form && form[0]);
      const isNumber = form && form.length === 1 && !this.graph[place < 0 ? node : parents[place]].name;
      if (form && !isNumber) row.push(...this.filled(form, node, (p) => this.term(p)), this.sign(slopes[at[0]], again[at[0]]));
      if (at.length === 1) return [...row, colour("gradient", this.show(slopes[at[0]]))];
      const [sum, seen] = [slopes, slopes.map((slope) => this.seen(slope))].map((of) => at.reduce((s, i) => s + of[i], 0));
      const terms = at.map((i, nth) => (nth ? inProduct(this.show(slopes[i])) : this.show(slopes[i])));
      return [...row, colour("gradient", terms.join(" + ")), this.sign(sum, seen), colour("gradient", this.show(sum))];
    });
  }

  /** dE/d(parent) = what it had + dE/d(node) · ∂node/∂parent. @returns {Row} */
  share(gradient, { parent, factors, before, after, first, complete }) {
    const row = [...this.derivative(parent), EQUALS];
    if (!first) row.push(colour("sofar", this.show(before)), PLUS);
    const terms = factors.map((factor, k) => [
      colour("gradient", first && k === 0 ? this.show(gradient) : inProduct(this.show(gradient))),
      TIMES,
      colour("gradient", factor === 1 ? "1" : inProduct(this.show(factor))),
    ]);
    const shown = terms.length > MOST ? [...terms.slice(0, MOST - 1), [ink("…")], terms[terms.length - 1]] : terms;
    const again = factors.reduce((sum, factor) => sum + this.seen(gradient) * this.seen(factor), first ? 0 : this.seen(before));
    row.push(...shown.flatMap((term, k) => (k ? [PLUS, ...term] : term)), this.sign(after, again));
    row.push(colour(complete ? "whole" : "sofar", this.show(after)));
    return complete ? row : [...row, colour("quiet", "   so far")];
  }

  /** What a node's title says it does. @returns {string} */
  symbol(node) {
    const { symbol, formula, parents } = this.graph[node];
    const exponent = formula && this.formulas[formula].value[1];
    if (!Array.isArray(exponent) || typeof exponent[0] !== "number") return symbol;
    const power = raised(short(this.data[parents[1]]));
    return power.includes("^") ? symbol : `x${power}`;
  }

  /** A node's name; of a constant without one, its number. @returns {Row} */
  name(node) {
    const { name } = this.graph[node];
    return name ? [name] : [colour("constant", short(this.data[node]))];
  }

  /** A node among others: its name. @returns {Row} */
  term(node) {
    return node < 0 ? [] : this.name(node);
  }

  /** A node in a product or a fraction: a product of names in parentheses. @returns {Row} */
  factor(node) {
    return this.graph[node].name?.product ? [OPEN, ...this.name(node), CLOSE] : this.name(node);
  }

  /** A node's number, of a constant without the zeros that say nothing. @returns {Row} */
  number(node) {
    const x = this.data[node];
    return [this.graph[node].constant ? colour("constant", short(x)) : colour("value", this.show(x))];
  }

  /** What stands before x: =, or ≈ where the printed numbers before it give `again`, which is printed otherwise. */
  sign(x, again) {
    return this.show(x) === this.show(again) ? EQUALS : ABOUT;
  }

  /** A number, as far as it is printed. @param {number} x */
  seen(x) {
    return read(this.show(x));
  }

  /** A node's number, as far as it is printed. */
  printed(node) {
    return this.graph[node].constant ? read(short(this.data[node])) : this.seen(this.data[node]);
  }

  /** dE/d(node). @returns {Row} */
  total(node) {
    return [letter("d"), ...this.factor(this.graph.length - 1), letter("/d"), ...this.factor(node)];
  }

  /** dE/d(node), of a z under its name δ too. @returns {Row} */
  derivative(node) {
    const { delta } = this.graph[node];
    return delta ? [delta, EQUALS, ...this.total(node)] : this.total(node);
  }

  /** A form with the node's inputs in their places. @param {import("./told.js").Form} form @returns {Row} */
  filled(form, node, show) {
    return form.flatMap((token, k) => {
      if (Array.isArray(token)) return [colour("raised", inWords(this.filled(token, node, (p) => this.exponent(p))))];
      if (typeof token === "string") return [colour(token === "−" ? "value" : "ink", SIGN.test(token) ? token.trim() : token)];
      const row = show(token < 0 ? node : this.graph[node].parents[token]);
      return inParentheses(row[0], form[k - 1] ?? "(", form[k + 1]) ? [OPEN, ...row, CLOSE] : row;
    });
  }

  /** A node in an exponent: a constant's number, or a name. @returns {Row} */
  exponent(node) {
    return this.graph[node].constant ? this.number(node) : this.name(node);
  }
}

const SIGN = /^ [+−·/] $/;

/** A negative number after a sign, and a product of names beside one that binds as strongly. */
function inParentheses(item, before, after) {
  const raised = Array.isArray(after);
  if (raised && item.html && /<sup>|scripts/.test(item.html)) return true;
  if (item.product) return raised || [before, after].some((token) => token === " · " || token === " / ");
  return Boolean(item.text?.startsWith("−")) && (raised || !/[(|]$|, $/.test(before));
}
