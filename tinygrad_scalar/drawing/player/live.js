// The numbers of a graph, and all that follows from its leaves.

import { rows } from "../page/table.js";
import { forward } from "../page/rows.js";
import { passesOf, stepsOf } from "./passes.js";

/** A graph with its numbers: `data`, `gradients` and `steps` are those of its leaves as they are now. */
export class Live {
  /** @param {import("./told.js").Told} told */
  constructor({ graph, data }) {
    this.graph = graph;
    this.data = data.map(Number);
    this.compute();
  }

  /** Both passes. */
  compute() {
    forward(rows, this.graph, this.data);
    const { turns, gradients } = passesOf(this.graph, this.data);
    this.gradients = gradients;
    this.steps = stepsOf(turns);
  }
}
