// The numbers of a graph, and all that follows from its leaves.

import { forward } from "../page/rows.js";
import { rows } from "../page/table.js";
import { byLevel, passesOf, stepsIn } from "./passes.js";

/** @typedef {{numbers: number[], example: number, E: number}} Past */

/** A graph with its numbers: `data`, `gradients` and `steps` are always those of its leaves as they are now. */
export class Live {
  /** @param {import("./told.js").Told} told */
  constructor({ graph, data, groupings = {}, examples = null, by = "node" }) {
    this.graph = graph;
    this.groupings = groupings;
    this.examples = examples;
    this.by = by;
    this.usual = by;
    this.example = 0;
    this.first = data.map(Number);
    /** @type {number[]} the numbers now; always the same array */
    this.data = [...this.first];
    this.leaves = graph.flatMap(({ parents }, k) => (parents.length ? [] : [k]));
    const variables = this.leaves.filter((k) => !graph[k].constant);
    const parameters = variables.filter((k) => graph[k].role === "parameter");
    this.parameters = parameters.length ? parameters : variables; // θ: in a graph without a network all its leaves
    /** @type {Past[]} what was, before each change */
    this.past = [];
    this.group(by);
  }

  /** Both passes. */
  compute() {
    forward(rows, this.graph, this.data);
    const { turns, gradients } = passesOf(this.graph, this.data);
    this.turns = turns;
    this.gradients = gradients;
    this.steps = this.parts.map(({ backward, unit, places }) => ({
      backward, unit, turns: places.map((place) => this.turns[place]),
    }));
  }

  /** Take steps by node, or by the units of a grouping; as usual, if there is no such. @param {string} by */
  group(by) {
    this.by = by === "node" || by in this.groupings ? by : this.usual;
    this.parts = stepsIn(this.graph, passesOf(this.graph, this.data).turns, this.groupings[this.by]?.of);
    this.compute();
  }

  get E() {
    return this.data[this.data.length - 1];
  }

  /** Remember what is now, so that `undo` finds it; once, if nothing changes. */
  mark() {
    if (!this.isNow(this.past.at(-1))) this.past.push({ numbers: [...this.data], example: this.example, E: this.E });
  }

  /** Give a leaf another number. */
  set(node, x) {
    this.data[node] = x;
    this.compute();
  }

  /** θ ← θ − η ∂E/∂θ */
  descend(eta) {
    this.mark();
    for (const k of this.parameters) this.data[k] -= eta * this.gradients[k];
    this.compute();
  }

  undo() {
    let past = this.past.pop();
    while (past && this.isNow(past)) past = this.past.pop();
    if (past) this.restore(past.numbers, past.example);
  }

  /** Whether these numbers are those of now, as after a change that was given up. */
  isNow(past) {
    return past?.example === this.example && past.numbers.every((x, k) => Object.is(x, this.data[k]));
  }

  /** Back to the numbers that the page began with, on this example. */
  restart() {
    this.past = [];
    this.restore(this.origin(), this.example);
  }

  restore(numbers, example) {
    numbers.forEach((x, k) => { this.data[k] = x; });
    this.example = example;
    this.compute();
  }

  /** The numbers of the leaves as nobody has changed them, on this example. */
  origin() {
    const numbers = [...this.first];
    for (const [k, x] of this.exampleNumbers(this.example)) numbers[k] = x;
    return numbers;
  }

  /** The places and the numbers of a row. @returns {number[][]} */
  exampleNumbers(row) {
    if (!this.examples) return [];
    const { inputs, targets, X, Y } = this.examples;
    return [...inputs.map((k, j) => [k, X[row][j]]), ...targets.map((k, j) => [k, Y[row][j]])];
  }

  /** Put another example's inputs and targets into the graph. */
  choose(row) {
    this.example = row;
    for (const [k, x] of this.exampleNumbers(row)) this.data[k] = x;
    this.compute();
  }

  /** (E(x + ε) − E(x − ε)) / 2ε, with the 2ε that is left of it in floats. */
  centralDifference(node, epsilon) {
    const x = this.data[node];
    const [up, down] = [x + epsilon, x - epsilon];
    const E = (number) => {
      const data = [...this.data];
      data[node] = number;
      return forward(rows, this.graph, data)[data.length - 1];
    };
    return (E(up) - E(down)) / (up - down);
  }

  /** Where the first number arose that is not finite: a node, and whether it is its gradient; null if all are finite. */
  trouble() {
    const node = byLevel(this.graph).find((k) => !Number.isFinite(this.data[k]));
    if (node !== undefined) return { node, backward: false };
    for (const { backward, shares } of this.turns) {
      const share = shares.find(({ after }) => backward && !Number.isFinite(after));
      if (share) return { node: share.parent, backward: true };
    }
    return null;
  }
}
