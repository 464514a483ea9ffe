// The panel of learning: a chosen leaf and its gradient, checked by a central difference; and steps down the gradient.

import { number } from "../page/numbers.js";
import { element, fill } from "../page/start.js";
import { added12, numberIn, stepFor, typed } from "./edit.js";
import { escaped, inHtml, inWords } from "./writing.js";

const DOUBTFUL = 1e-5; // a relative difference above it
const [WIDTH, HEIGHT] = [230, 44]; // of the curve, in pixels

/** A number with so many digits that two of them can be compared. */
const exactly = (x) => (Number.isFinite(x) ? x.toPrecision(9).replaceAll("-", "−") : number(x));

/** E after each change, as a small curve; `name` is that of the result. @param {number[]} values @param {string} name */
function curveInSvg(values, name) {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const x = (k) => 4 + (k * (WIDTH - 8)) / Math.max(1, values.length - 1);
  const y = (E) => HEIGHT - 5 - ((E - low) * (HEIGHT - 10)) / (high - low || 1);
  const points = values.flatMap((E, k) => (Number.isFinite(E) ? [`${x(k).toFixed(1)},${y(E).toFixed(1)}`] : []));
  const [left, top] = points.at(-1)?.split(",") ?? [];
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(name)} after each change: ${values.length} values">
    <polyline points="${points.join(" ")}"/>${points.length ? `<circle cx="${left}" cy="${top}" r="3.5"/>` : ""}</svg>`;
}

/** The panel; `on` has `begin()`, `change(node, x)` and `all()`, for when many numbers have changed. */
export class Learning {
  /** @param {import("./live.js").Live} live */
  constructor(live, on) {
    this.live = live;
    this.on = on;
    const { graph, leaves, parameters } = live;
    this.node = parameters[0] ?? leaves[0];
    const option = (k) => new Option(graph[k].name?.words ?? `${graph[k].symbol || "constant"} n${k + 1}`, k);
    element("leaf").append(...leaves.map(option));
    this.result = /** @type {import("./told.js").Label} */ (graph[graph.length - 1].name);
    this.nameResult();
    this.listen();
  }

  /** The rule of descent is about the result: where it is called z, about ∂z/∂θ. */
  nameResult() {
    element("result").innerHTML = inHtml([this.result]);
    for (const id of ["descend", "descend10"]) element(id).title = element(id).title.replace("E", () => inWords([this.result]));
  }

  listen() {
    element("leaf").addEventListener("change", ({ target }) => this.choose(Number(target.value)));
    element("number").addEventListener("focus", () => this.on.begin());
    element("number").addEventListener("input", ({ target }) => {
      const x = numberIn(target.value);
      target.setAttribute("aria-invalid", String(x === null));
      if (x !== null) this.on.change(this.node, x);
    });
    element("number").addEventListener("keydown", (event) => {
      if (!stepFor(event)) return;
      event.preventDefault();
      this.on.change(this.node, added12(this.live.data[this.node], stepFor(event)));
      fill(event.target, typed(this.live.data[this.node]));
    });
    element("epsilon").addEventListener("change", () => this.showCheck());
    const descend = (times) => () => {
      const eta = numberIn(element("eta").value);
      const isStep = eta !== null && Number.isFinite(eta);
      element("eta").setAttribute("aria-invalid", String(!isStep));
      for (let k = 0; k < times && isStep; k++) this.live.descend(eta);
    };
    const clicks = { descend: descend(1), descend10: descend(10), undo: () => this.live.undo(), restart: () => this.live.restart() };
    for (const [id, act] of Object.entries(clicks)) element(id).addEventListener("click", () => { act(); this.on.all(); });
  }

  /** Another leaf. */
  choose(node) {
    this.node = node;
    fill(element("number"), typed(this.live.data[node]));
    this.show();
  }

  show() {
    element("leaf").value = this.node;
    const field = element("number");
    if (document.activeElement !== field) fill(field, typed(this.live.data[this.node]));
    element("undo").disabled = !this.live.past.length;
    const values = [...this.live.past.map(({ E }) => E), this.live.E];
    element("curve").innerHTML = curveInSvg(values, inWords([this.result]));
    element("loss").innerHTML = `${inHtml([this.result])} = <span class="value">${number(this.live.E)}</span>`;
    this.showCheck();
  }

  showCheck() {
    const { graph, gradients, E } = this.live;
    const epsilon = Number(element("epsilon").value);
    const [difference, gradient] = [this.live.centralDifference(this.node, epsilon), gradients[this.node]];
    element("difference").textContent = exactly(difference);
    const { constant } = graph[this.node];
    element("gradient").textContent = constant ? "none: it is held constant" : exactly(gradient);
    const largest = Math.max(Math.abs(difference), Math.abs(gradient));
    const apart = largest === 0 ? 0 : Math.abs(difference - gradient) / largest;
    const rounding = (4 * Number.EPSILON * Math.max(1, Math.abs(E))) / epsilon; // of the difference, as in Python
    const isLost = apart > DOUBTFUL && largest <= rounding;
    element("apart").textContent = constant ? "–" : isLost ? "too small to resolve" : number(apart);
  }
}
