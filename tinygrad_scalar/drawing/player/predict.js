// Predict: the next number is hidden and one types it; a wrong one is looked for among the slips that are possible here.

import { number, read, short } from "../page/numbers.js";
import { element } from "../page/start.js";
import { SUM } from "../page/rows.js";
import { rows } from "../page/table.js";
import { EXACT, writtenSlopes } from "./figures.js";
import { inHtml, inWords } from "./writing.js";

/**
 * What is asked: a node's value, or its gradient as far as it is known with a share.
 * @typedef {{what: "value" | "gradient", node: number, turn: import("./passes.js").Turn,
 *   share: import("./passes.js").Share | null}} Question
 * @typedef {[string, number]} Wrong a slip in words, and the number that it gives
 * The slips in words, as `checking.words` has them.
 * @typedef {Record<"missing" | "twice" | "at_a" | "bend" | "local" | "path" | "term" | "exchanged" | "neighbour" | "itself", string>
 *   & {z_for_a: Record<string, string>, factors: [number, string][]}} Slips
 */

const MOST_SLIPS = 3; // slips that are named for one number

const sameShown = (x, y) => EXACT.show(x) === EXACT.show(y);
const summed = (numbers) => numbers.reduce((sum, x) => sum + x, 0);

/** @param {import("./passes.js").Step} step @returns {Question[]} */
function questionsOf({ backward, turns }) {
  return turns.flatMap((turn) => (backward
    ? turn.shares.map((share) => /** @type {Question} */ ({ what: "gradient", node: share.parent, turn, share }))
    : [/** @type {Question} */ ({ what: "value", node: turn.node, turn, share: null })]));
}

/** The number that is asked for. @param {Question} question */
const rightOf = ({ node, share }, live) => (share ? share.after : live.data[node]);

/** Whether an answer is right: at the digits shown, or as the printed numbers give it. */
function isRight(question, live, answer) {
  return [rightOf(question, live), ...fromPrinted(question, live)].some((x) => sameShown(answer, x));
}

/** A number as far as it is printed. @param {number} x @param {(x: number) => string} show */
const printed = (x, show = number) => read(show(x));

/** What the printed numbers give to one who computes by hand; a factor is printed in the lines, and shorter on its edge. */
function fromPrinted({ node, turn, share }, { graph, data }) {
  if (!share) return [rows[graph[node].row].value(graph[node].parents.map((p) => printed(data[p], graph[p].constant ? short : number)))];
  const terms = (show) => share.factors.map((factor) => printed(turn.gradient) * printed(factor, show));
  return [number, short].map((show) => printed(share.before) + summed(terms(show)));
}

/** The slips that give this answer, in words. @param {Question} question */
function slipsBehind(question, live, answer) {
  const wrong = question.share ? wrongGradients(question, live) : wrongValues(question, live);
  const words = wrong.filter(([, x]) => sameShown(x, answer)).map(([said]) => said);
  return [...new Set(words)].slice(0, MOST_SLIPS);
}

/** @param {Question} question @returns {Wrong[]} */
function wrongValues({ node }, { graph, data, gradients, slips }) {
  const [{ row, parents }, right] = [graph[node], data[node]];
  const terms = SUM.test(row) ? parents.map((p) => data[p]) : [];
  return [
    ...terms.map((term) => [slips.term, right - term]),
    ...(parents.length === 1 ? [[slips.bend, data[parents[0]]]] : []),
    ...neighbours(graph, node, parents).map(([k, other]) => [slips.neighbour, rows[row].value(parents.map((p) => data[p === k ? other : p]))]),
    [slips.exchanged, gradients[node]],
    ...slips.factors.map(([factor, said]) => [said, factor * right]),
  ];
}

/** @param {Question} question @returns {Wrong[]} */
function wrongGradients({ node: parent, turn: { node, gradient }, share }, { graph, data, slips }) {
  const { before, after, first, factors, places } = share;
  const [{ row, parents }, factor] = [graph[node], summed(factors)];
  const by = (slope) => before + gradient * slope;
  const paths = [...(first ? [] : [before, gradient * factor]), ...(factors.length > 1 ? factors.map(by) : [])];
  const others = parents.filter((_, place) => !places.includes(place));
  return [
    ...paths.map((x) => [slips.path, x]),
    ...(parents.length === 1 ? wrongSlopes(row, data[parent], data[node], slips).map(([said, slope]) => [said, by(slope)]) : []),
    ...(parents.length > 1 ? [[slips.local, by(factors.length)]] : []),
    ...neighbours(graph, node, others).map(([, other]) => [slips.neighbour, by(data[other])]),
    ...(row === "mul/2" ? [[slips.itself, by(data[parent])]] : []),
    [slips.exchanged, data[parent]],
    [slips.exchanged, before + data[node] * factor],
    ...slips.factors.flatMap(([times, said]) => [[said, times * after], [said, by(times * factor)]]),
  ];
}

/** What stands in the place of σ′(z). @returns {Wrong[]} */
function wrongSlopes(row, z, a, slips) {
  const [right] = rows[row].slopes([z], a);
  return [
    [slips.missing, 1],
    [slips.twice, right * right],
    [slips.at_a, rows[row].slopes([a], rows[row].value([a]))[0]],
    ...(slips.z_for_a[row] ? [/** @type {Wrong} */ ([slips.z_for_a[row], writtenSlopes(row, [z], z)[0]])] : []),
  ];
}

/**
 * For each of a product's factors those that stand in its place in the products beside it, which have a factor or a sum in
 * common with it. @returns {[number, number][]}
 */
function neighbours(graph, node, factors) {
  if (graph[node].row !== "mul/2") return [];
  const sums = graph.filter(({ parents }) => parents.includes(node));
  const isBeside = (k) => graph[k].parents.some((p) => graph[node].parents.includes(p)) || sums.some(({ parents }) => parents.includes(k));
  const beside = graph.flatMap(({ row }, k) => (row === "mul/2" && k !== node && isBeside(k) ? [k] : []));
  return factors.flatMap((factor) => beside.flatMap((k) => graph[k].parents
    .filter((p) => p !== factor && graph[p].role === graph[factor].role)
    .map((p) => /** @type {[number, number]} */ ([factor, p]))));
}

/** Asks for the numbers of each step, one after the other, and keeps the score. */
export class Prediction {
  /** `on` has `shown()`, after an answer, and `next()`. */
  constructor(live, writer, slips, on) {
    this.writer = writer;
    this.on = on;
    this.isOn = false;
    this.step = null;
    this.questions = [];
    this.at = 0;
    this.tries = 0;
    this.right = 0;
    this.asked = 0;
    this.numbers = { graph: live.graph, data: live.data, get gradients() { return live.gradients; }, slips };
    element("asking").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.question) this.answer(element("answer").value);
      else this.on.next();
    });
    element("reveal").addEventListener("click", () => this.reveal());
  }

  /** The question that is open. @returns {Question | undefined} */
  get question() {
    return this.questions[this.at];
  }

  /** What the picture does not show yet. */
  get hidden() {
    return new Set(this.questions.slice(this.at).map(({ what, node }) => `${what} ${node}`));
  }

  /** Begin or end. */
  toggle() {
    this.isOn = !this.isOn;
    this.step = null;
    this.right = 0;
    this.asked = 0;
    element("asking").hidden = !this.isOn;
  }

  /** A step is about to be shown. @param {import("./passes.js").Step} step */
  begin(step) {
    if (this.step === step) return;
    const questions = this.isOn ? questionsOf(step) : [];
    this.step = step;
    this.questions = questions;
    this.at = 0;
    this.tries = 0;
    element("answer").value = element("verdict").textContent = "";
  }

  /** The lines of what has been answered. */
  get rows() {
    if (!this.isOn || !this.questions.length) return this.writer.rows(this.step);
    return this.questions.slice(0, this.at).flatMap(({ turn, share }) => (
      share ? [this.writer.share(turn.gradient, share)] : this.writer.rowsOf(turn)));
  }

  /** What is asked, as a row. */
  get words() {
    const { what, node } = this.question;
    return what === "value" ? this.writer.name(node) : this.writer.derivative(node);
  }

  show() {
    if (!this.isOn) return;
    const row = this.question ? this.words : [];
    const soFar = this.question?.share && !this.question.share.complete ? " so far" : "";
    element("asked").innerHTML = row.length ? `${inHtml(row)}${soFar} <span class="sign">=</span>` : "Nothing is asked here; Enter goes on.";
    if (this.questions.length && !this.question) element("asked").textContent = "Enter goes on to the next number.";
    element("answer").setAttribute("aria-label", row.length ? `${inWords(row)}${soFar}` : "Enter goes on");
    element("check").textContent = this.question ? "check" : "next";
    element("reveal").disabled = !this.question;
    element("score").textContent = this.asked ? `${this.right} of ${this.asked} right at the first try` : "";
  }

  /** @param {string} text */
  answer(text) {
    const x = read(text);
    if (text.trim() === "" || Number.isNaN(x)) return this.say("Type a number: 0.5, 1/2, −0.5 or 5e-1.");
    const isRight_ = isRight(this.question, this.numbers, x);
    this.score(isRight_);
    if (isRight_) return this.goOn(`${text.trim()} is right.`);
    const slips = slipsBehind(this.question, this.numbers, x);
    const [several, said] = [slips.length > 1 ? "one of these" : "this", slips.join("; or: ")];
    this.say(slips.length ? `Not ${text.trim()}. It looks like ${several}: ${said}` : `Not ${text.trim()}, and no single slip gives it.`);
    element("answer").select();
    this.show();
  }

  /** Show the number: it counts as asked. */
  reveal() {
    this.score(false);
    this.goOn("");
  }

  /** The first try counts. */
  score(isRight) {
    if (this.tries++) return;
    this.asked++;
    this.right += Number(isRight);
  }

  goOn(said) {
    this.at = this.at + 1;
    this.tries = 0;
    element("answer").value = "";
    this.say(said);
    this.on.shown();
    element("answer").focus();
  }

  say(words) {
    element("verdict").textContent = words;
  }
}
