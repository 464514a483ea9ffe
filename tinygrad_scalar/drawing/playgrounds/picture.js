// The network: weights as width and colour, activations and δ of the chosen example, and every formula with its numbers.
import { decimals, short } from "../page/numbers.js";
import { svgElement } from "./svg.js";

/**
 * @typedef {number[][]} Matrix
 * @typedef {{shape: import("./network.js").Shape, W: Matrix[], b: number[][], Z: Matrix[], A: Matrix[], Delta: Matrix[], y: number[], columns: string[], slope: (l: number, i: number) => number}} Pass
 */

const ROOMY = 66; // pixels from neuron to neuron that leave room for numbers within and below
const LEGIBLE = 25; // and those that leave room for numbers beside
const BESIDE = 86; // pixels that the longest of them take
const MOST_TERMS = 4; // of a sum that are written out

/** A letter with what stands below and above it, as HTML. @param {string} symbol @param {string | number} sub @param {number} layer */
const named = (symbol, sub, layer) =>
  `<span class="term"><i>${symbol}</i><span class="scripts"><span>(${layer})</span><span>${sub}</span></span></span>`;
const asValue = (x) => `<span class="value">${short(x)}</span>`;
const asGradient = (x) => `<span class="gradient">${short(x)}</span>`;
const inBrackets = (html, x) => (short(x).startsWith("−") ? `(${html})` : html);
const asSign = (sign) => `<span class="sign">${sign}</span><wbr>`;
/** A sum of products, in numbers: the first ones of many. @param {string[]} terms */
const sumOf = (terms) => (terms.length > MOST_TERMS + 1 ? [...terms.slice(0, MOST_TERMS), "⋯"] : terms).join(asSign("+"));

export class NetworkPicture {
  /** @param {HTMLElement} frame @param {HTMLElement} formula where formulas are written */
  constructor(frame, formula) {
    this.frame = frame;
    this.formula = formula;
    this.shown = /** @type {{l: number, i: number, j?: number} | null} */ (null);
    this.focused = [1, 0];
    const at = (event) => event.target.closest?.("[data-l]")?.dataset;
    for (const kind of ["pointerover", "click", "focusin"]) {
      frame.addEventListener(kind, (event) => {
        const place = at(event);
        if (place) this.explain(Number(place.l), Number(place.i), place.j === undefined ? undefined : Number(place.j));
      });
    }
    frame.addEventListener("keydown", (event) => this.press(/** @type {KeyboardEvent} */ (event)));
  }

  /** Everything anew, for a network of other sizes or a frame of another size. @param {number[]} sizes */
  build(sizes) {
    const [width, height] = [Math.max(this.frame.clientWidth, 200), Math.max(this.frame.clientHeight, 100)];
    this.sizes = sizes;
    const pitch = sizes.map((d) => Math.min(92, (height - 10) / d));
    const radius = pitch.map((room) => (room >= ROOMY ? 22 : Math.max(4, Math.min(13, room / 2 - 2))));
    const most = width - radius[sizes.length - 1] - (pitch[sizes.length - 1] >= ROOMY ? 0 : BESIDE);
    const x = (l) => Math.min(((l + 0.5) / sizes.length) * width, most);
    const y = (l, i) => height / 2 + (i - (sizes[l] - 1) / 2) * pitch[l] - (pitch[l] >= ROOMY ? 5 : 0);
    this.neurons = sizes.map((d, l) => Array.from({ length: d }, (_, i) => this.neuron(l, i, [x(l), y(l, i)], radius[l], pitch[l])));
    this.edges = sizes.map((d, l) => (l ? Array.from({ length: d }, (_, i) =>
      Array.from({ length: sizes[l - 1] }, (_, j) => this.edge(l, i, j, [x(l - 1) + radius[l - 1], y(l - 1, j), x(l) - radius[l], y(l, i)]))) : []));
    if (!this.neurons[this.focused[0]]?.[this.focused[1]]) this.focused = [1, 0];
    if (this.shown && !this.groupAt(this.shown)) this.shown = null;
    if (this.shown) this.groupAt(this.shown).classList.add("shown");
    /** @type {Pass | null} */ this.pass = null; // until it is drawn
    this.formula.replaceChildren();
    const svg = svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "neurons; arrow keys go from one to the next" });
    svg.append(...this.edges.flat(2).map(({ group }) => group), ...this.neurons.flat().map(({ group }) => group));
    this.frame.replaceChildren(svg);
  }

  /** What is drawn of a neuron, or of the weight to it from neuron j. @param {{l: number, i: number, j?: number}} place */
  groupAt({ l, i, j }) {
    return (j === undefined ? this.neurons[l]?.[i] : this.edges[l]?.[i]?.[j])?.group;
  }

  edge(l, i, j, [x1, y1, x2, y2]) {
    const d = `M${x1.toFixed(1)},${y1.toFixed(1)}C${((x1 + x2) / 2).toFixed(1)},${y1.toFixed(1)} ${((x1 + x2) / 2).toFixed(1)},${y2.toFixed(1)} ${x2.toFixed(1)},${y2.toFixed(1)}`;
    const line = svgElement("path", { d, class: "weight" });
    const group = svgElement("g", { "data-l": l, "data-i": i, "data-j": j, class: "edge" }, svgElement("path", { d, class: "reach" }), line);
    return { group, line };
  }

  neuron(l, i, [x, y], r, room) {
    const tint = svgElement("circle", { r, class: "tint" });
    const texts = ["a", l ? "delta" : "column", "target"].map((kind, row) => {
      const place = room >= ROOMY ? { y: [5, r + 15, -r - 6][row] } : { x: r + 4, y: [-1, 11, -13][row] };
      return svgElement("text", { ...place, class: room >= ROOMY ? kind : `${kind} beside` });
    });
    const group = svgElement("g", { "data-l": l, "data-i": i, class: "neuron", role: "button", tabindex: "-1", transform: `translate(${x.toFixed(1)},${y.toFixed(1)})` },
      svgElement("circle", { r, class: "ground" }), tint, svgElement("circle", { r, class: "ring" }));
    if (room >= LEGIBLE) group.append(...texts);
    const [a, delta, target] = texts;
    return { group, tint, a, delta, target };
  }

  /** The numbers of a pass. @param {Pass} pass */
  draw(pass) {
    this.pass = pass;
    const { sizes } = pass.shape;
    const L = sizes.length - 1;
    const largest = Math.max(1, ...pass.W.flat(2).map((w) => (Number.isFinite(w) ? Math.abs(w) : 0)));
    this.edges.forEach((layer, l) => layer.forEach((row, i) => row.forEach(({ line }, j) => {
      const w = pass.W[l][i][j];
      line.setAttribute("stroke-width", (0.5 + (5.5 * Math.min(Math.abs(w) || 0, largest)) / largest).toFixed(2));
      line.setAttribute("class", `weight ${w < 0 ? "minus" : "plus"}`);
    })));
    this.neurons.forEach((layer, l) => layer.forEach(({ group, tint, a, delta, target }, i) => {
      const value = pass.A[l][i][0];
      tint.setAttribute("class", `tint ${value < 0 ? "minus" : "plus"}`);
      tint.setAttribute("opacity", (0.28 * Math.min(1, Math.abs(value) || 0)).toFixed(3));
      a.textContent = Math.abs(value) < 0.005 ? "0.00" : Math.abs(value) < 100 ? decimals(value, 2) : short(value);
      delta.textContent = l ? `δ ${short(pass.Delta[l][i][0])}` : pass.columns[i];
      target.textContent = l === L ? `y ${short(pass.y[i])}` : "";
      group.setAttribute("tabindex", l === this.focused[0] && i === this.focused[1] ? "0" : "-1");
      const words = [a, delta, target].map((text) => text.textContent).join("");
      group.setAttribute("aria-label", `${words}, ${l ? `neuron ${i + 1} of layer ${l}` : `input ${i + 1}`}`);
    }));
    if (this.shown) this.write();
    else this.formula.innerHTML = '<span class="quiet">Point at a neuron or a weight, or go there with Tab and the arrow keys: its formula appears here, with its numbers.</span>';
  }

  explain(l, i, j) {
    if (!this.pass) return;
    this.shown = { l, i, j };
    this.frame.querySelectorAll(".shown").forEach((one) => one.classList.remove("shown"));
    this.groupAt(this.shown).classList.add("shown");
    this.write();
  }

  write() {
    const { l, i, j } = /** @type {{l: number, i: number, j?: number}} */ (this.shown);
    this.formula.innerHTML = (j === undefined ? this.ofNeuron(l, i) : this.ofWeight(l, i, j)).map((line) => `<span class="line">${line}</span>`).join("");
  }

  /** ∂ℒ/∂w = δ a. @param {number} l @param {number} i @param {number} j */
  ofWeight(l, i, j) {
    const { W, A, Delta } = this.pass;
    const [w, delta, a] = [named("w", `${i + 1},${j + 1}`, l), Delta[l][i][0], A[l - 1][j][0]];
    return [
      `${w}${asSign("=")}${asValue(W[l][i][j])}`,
      `∂ℒ/∂${w}${asSign("=")}${named("δ", i + 1, l)}${asSign("·")}${named("a", j + 1, l - 1)}${asSign("=")}${asGradient(delta)}${asSign("·")}${inBrackets(asValue(a), a)}${asSign("=")}${asGradient(delta * a)}`,
    ];
  }

  /** z, a and δ of a neuron, from what they are made of. @param {number} l @param {number} i */
  ofNeuron(l, i) {
    const { W, b, Z, A, Delta, shape, y, slope } = this.pass;
    if (!l) return [`${named("a", i + 1, 0)}${asSign("=")}<i>x</i><sub>${i + 1}</sub>${asSign("=")}${asValue(A[0][i][0])}`];
    const [z, a, delta] = [Z[l][i][0], A[l][i][0], Delta[l][i][0]];
    const products = W[l][i].map((w, j) => `${inBrackets(asValue(w), w)}·${inBrackets(asValue(A[l - 1][j][0]), A[l - 1][j][0])}`);
    const lines = [
      `${named("z", i + 1, l)}${asSign("=")}${sumOf(products)}${asSign("+")}${inBrackets(asValue(b[l][i]), b[l][i])}${asSign("=")}${asValue(z)}`,
      `${named("a", i + 1, l)}${asSign("=")}${shape.sigmas[l]}(${shape.sigmas[l] === "softmax" ? named("z", "", l) : asValue(z)})${asSign("=")}${asValue(a)}`,
    ];
    const start = `${named("δ", i + 1, l)}${asSign("=")}`;
    if (l < shape.sizes.length - 1) {
      const terms = Delta[l + 1].map(([d], k) => `${inBrackets(asValue(W[l + 1][k][i]), W[l + 1][k][i])}·${inBrackets(asGradient(d), d)}`);
      const whole = terms.length > 1 ? `(${sumOf(terms)})` : terms[0];
      const words = `<span class="quiet">Σ<sub>k</sub> <i>w</i><sub>k${i + 1}</sub> <i>δ</i><sub>k</sub> · <i>σ</i>′(<i>z</i>)</span>`;
      return [...lines, `${start}${words}${asSign("=")}${whole}${asSign("·")}${inBrackets(asGradient(slope(l, i)), slope(l, i))}${asSign("=")}${asGradient(delta)}`];
    }
    if (shape.natural) return [...lines, `${start}<i>a</i>${asSign("−")}<i>y</i>${asSign("=")}${asValue(a)}${asSign("−")}${asValue(y[i])}${asSign("=")}${asGradient(delta)}`];
    return [...lines, `${start}${shape.sigmas[l] === "softmax" ? "Σ<sub>k</sub> ∂ℒ/∂<i>a</i><sub>k</sub> · ∂<i>a</i><sub>k</sub>/∂<i>z</i>" : `∂ℒ/∂<i>a</i>${asSign("·")}<i>σ</i>′(<i>z</i>)`}${asSign("=")}${asGradient(delta)}`];
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const l = Math.min(this.sizes.length - 1, Math.max(0, this.focused[0] + move[0]));
    const i = Math.min(this.sizes[l] - 1, Math.max(0, this.focused[1] + move[1]));
    this.neurons[this.focused[0]][this.focused[1]].group.setAttribute("tabindex", "-1");
    this.focused = [l, i];
    const { group } = this.neurons[l][i];
    group.setAttribute("tabindex", "0");
    /** @type {SVGElement} */ (group).focus();
  }
}
