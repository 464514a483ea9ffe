// The plane of the inputs: what the network says everywhere, its decision boundary, and the points, to be seized.
import { short } from "../page/numbers.js";
import { CLASS_COLOURS, CLASS_SHAPES, coloursNow, svgElement, ticks } from "./svg.js";

/**
 * @typedef {import("./data.js").Point} Point
 * @typedef {number[][]} Matrix
 * @typedef {{points: Point[], classes: string[], columns: string[], low: number, chosen: number, outputs: (X: Matrix) => Matrix}} Scene
 * @typedef {{choose: (k: number) => void, move: (k: number, x: number[], target: number | null) => void, add: (x: number[], target: number | null) => void,
 *   paint: (k: number) => void, remove: (k: number) => void, target: (k: number, target: number) => void}} Deeds
 */

const SIDE = 400; // of the plane, in its own units
const CELLS = 50; // of the grid in a row
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const between = (low, x, high) => Math.min(high, Math.max(low, x));

export class Plane {
  /** @param {HTMLElement} frame @param {HTMLCanvasElement} canvas @param {Deeds} deeds */
  constructor(frame, canvas, deeds) {
    this.canvas = canvas;
    this.deeds = deeds;
    this.tool = "choose";
    canvas.width = canvas.height = CELLS + 1;
    this.axes = svgElement("g", { class: "axes", "aria-hidden": "true" });
    this.line = svgElement("path", { class: "boundary", "aria-hidden": "true" });
    this.marks = svgElement("g", { role: "group", "aria-label": "the points", "aria-describedby": "plane-keys" });
    this.ring = svgElement("circle", { r: 13, class: "ring-of-chosen", "aria-hidden": "true" });
    this.svg = svgElement("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, class: "points" }, this.line, this.marks, this.axes, this.ring);
    frame.append(this.svg);
    this.seize();
  }

  /** The part of the plane that is shown: all points, with room about them; of two inputs with one scale for both. @param {{points: Point[], columns: string[]}} scene */
  fit({ points, columns }) {
    const places = points.map(({ x, target }) => (columns.length > 1 ? x : [x[0], target]));
    const ends = [0, 1].map((j) => {
      const along = places.map((place) => place[j]);
      return along.length ? [Math.min(...along), Math.max(...along)] : [-1, 1];
    });
    const halves = ends.map(([low, high]) => 0.58 * (high - low) || 1);
    if (columns.length > 1) halves.fill(Math.max(...halves));
    this.range = ends.map(([low, high], j) => [(low + high) / 2 - halves[j], (low + high) / 2 + halves[j]]);
  }

  toPlane([x, y]) {
    const [[left, right], [bottom, top]] = this.range;
    return [((x - left) / (right - left)) * SIDE, ((top - y) / (top - bottom)) * SIDE];
  }

  fromPlane(px, py) {
    const [[left, right], [bottom, top]] = this.range;
    const place = [left + (px / SIDE) * (right - left), top - (py / SIDE) * (top - bottom)];
    return place.map((v, j) => between(this.range[j][0], Number(v.toFixed(3)), this.range[j][1]));
  }

  placeOf({ x, target }) {
    return this.toPlane(x.length > 1 ? x : [x[0], target]);
  }

  /** Everything anew, where points have come or gone. @param {Scene} scene */
  build(scene) {
    this.drawAxes(scene);
    this.marks.replaceChildren(...scene.points.map((_, k) => svgElement("path", { tabindex: "-1", role: "button", "data-point": k })));
  }

  /** What the network says, as it is now. @param {Scene} scene */
  drawNetwork(scene) {
    this.scene = scene;
    if (scene.columns.length > 1) this.drawOutputs();
    else this.drawCurve();
  }

  /** @param {Scene} scene */
  drawPoints(scene) {
    this.scene = scene;
    const { points, classes, chosen } = scene;
    this.ring.setAttribute("visibility", chosen < 0 ? "hidden" : "visible");
    points.forEach((point, k) => {
      const mark = /** @type {SVGElement} */ (this.marks.children[k]);
      const [px, py] = this.placeOf(point);
      const kind = classes.length ? point.target : 1;
      if (k === chosen) this.ring.setAttribute("transform", `translate(${px.toFixed(1)},${py.toFixed(1)})`);
      mark.setAttribute("d", CLASS_SHAPES[kind]);
      mark.setAttribute("transform", `translate(${px.toFixed(1)},${py.toFixed(1)})${k === chosen ? " scale(1.35)" : ""}`);
      mark.setAttribute("class", `point ${this.colourOf(point)}${point.held ? " held" : ""}${k === chosen ? " chosen" : ""}`);
      mark.setAttribute("tabindex", k === chosen ? "0" : "-1");
      mark.setAttribute("aria-pressed", String(k === chosen));
      mark.setAttribute("aria-label", this.nameOf(k));
    });
  }

  colourOf({ target }) {
    const { classes, columns } = this.scene;
    if (classes.length) return CLASS_COLOURS[target];
    return columns.length > 1 && target < this.middle() ? CLASS_COLOURS[0] : CLASS_COLOURS[1];
  }

  /** What a screen reader says of a point. @param {number} k */
  nameOf(k) {
    const { points, classes, columns } = this.scene;
    const { x, target, held } = points[k];
    const where = x.map((v, j) => `${columns[j]} ${short(v)}`).join(", ");
    return `point ${k + 1}, ${where}, ${classes.length ? `class ${classes[target]}` : `target ${short(target)}`}${held ? ", held out" : ""}`;
  }

  /** Halfway between the least and the largest target. */
  middle() {
    const targets = this.scene.points.map(({ target }) => target);
    return (Math.min(...targets) + Math.max(...targets)) / 2;
  }

  drawAxes({ columns }) {
    const [[left, right], [bottom, top]] = this.range;
    const parts = [];
    for (const x of ticks(left, right, 6)) {
      const [px] = this.toPlane([x, 0]);
      if (px > 24 && px < SIDE - 16) parts.push(svgElement("text", { x: px, y: SIDE - 6, "text-anchor": "middle" }, short(x)));
    }
    for (const y of ticks(bottom, top, 6)) {
      const [, py] = this.toPlane([0, y]);
      if (py > 26 && py < SIDE - 26) parts.push(svgElement("text", { x: 5, y: py + 4 }, short(y)));
    }
    parts.push(svgElement("text", { x: SIDE - 6, y: SIDE - 22, "text-anchor": "end", class: "name" }, columns[0]));
    parts.push(svgElement("text", { x: 6, y: 16, class: "name" }, columns[1] ?? "y"));
    this.axes.replaceChildren(...parts);
  }

  /** The network's outputs over the plane as colour, and the line between classes. */
  drawOutputs() {
    const [[left, right], [bottom, top]] = this.range;
    const [xs, ys] = [[], []];
    for (let i = 0; i <= CELLS; i++) {
      for (let j = 0; j <= CELLS; j++) {
        xs.push(left + (j / CELLS) * (right - left));
        ys.push(top - (i / CELLS) * (top - bottom));
      }
    }
    const outputs = this.scene.outputs([xs, ys]);
    this.paintOutputs(outputs);
    this.line.setAttribute("d", this.boundaries(outputs).map((values) => contour(values)).join(""));
  }

  /** For each class, or once where one output decides, numbers that change their sign on the boundary. @param {Matrix} outputs */
  boundaries(outputs) {
    const { classes, low } = this.scene;
    const middle = classes.length ? (low + 1) / 2 : this.middle();
    if (outputs.length === 1) return [outputs[0].map((a) => a - middle)];
    return outputs.slice(0, outputs.length > 2 ? undefined : 1).map((row, k) =>
      row.map((a, m) => a - Math.max(...outputs.filter((_, other) => other !== k).map((other) => other[m]))));
  }

  /** @param {Matrix} outputs */
  paintOutputs(outputs) {
    const { classes, low, points } = this.scene;
    const paper = coloursNow("paper");
    const tints = CLASS_COLOURS.slice(0, Math.max(2, classes.length)).map(coloursNow);
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const image = context.createImageData(CELLS + 1, CELLS + 1);
    const middle = classes.length ? (low + 1) / 2 : this.middle();
    const half = classes.length ? (1 - low) / 2 : Math.max(1e-9, ...points.map(({ target }) => Math.abs(target - middle)));
    outputs[0].forEach((a, m) => {
      let weights = outputs.map((row) => Math.max(0, row[m] - low));
      if (outputs.length === 1) {
        const t = between(-1, (a - middle) / half, 1);
        weights = [Math.max(0, -t), Math.max(0, t)];
      } else {
        const whole = weights.reduce((s, w) => s + w, 0) || 1;
        weights = weights.map((w) => w / whole);
      }
      const rest = 1 - 0.5 * weights.reduce((s, w) => s + w, 0);
      for (let c = 0; c < 3; c++) image.data[4 * m + c] = weights.reduce((sum, w, k) => sum + 0.5 * w * tints[k][c], rest * paper[c]);
      image.data[4 * m + 3] = 255;
    });
    context.putImageData(image, 0, 0);
  }

  /** What the network makes of one input, as a line. */
  drawCurve() {
    const [[left, right]] = this.range;
    const xs = Array.from({ length: 161 }, (_, k) => left + (k / 160) * (right - left));
    const places = this.scene.outputs([xs])[0].map((a, k) => this.toPlane([xs[k], a]));
    const shown = places.map(([px, py]) => (Number.isFinite(py) ? `${px.toFixed(1)},${between(-SIDE, py, 2 * SIDE).toFixed(1)}` : ""));
    this.line.setAttribute("d", shown.map((text, k) => (text ? `${k && shown[k - 1] ? "L" : "M"}${text}` : "")).join(""));
    this.canvas.getContext("2d")?.clearRect(0, 0, CELLS + 1, CELLS + 1);
  }

  // What mouse, finger and keys do.

  seize() {
    let held = -1;
    const pointAt = (event) => Number(event.target.closest?.("[data-point]")?.dataset.point ?? -1);
    const place = (event) => {
      const box = this.svg.getBoundingClientRect();
      return this.fromPlane(((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE);
    };
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const k = pointAt(event);
      if (this.tool === "choose") {
        if (k < 0) return;
        held = k;
        this.svg.setPointerCapture(event.pointerId);
        this.deeds.choose(k);
      } else if (this.tool === "erase") {
        if (k >= 0) this.deeds.remove(k);
      } else if (k >= 0) this.deeds.paint(k);
      else this.put(place(event));
      event.preventDefault();
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (held >= 0) this.carry(held, place(event));
      else if (event.buttons && this.tool.startsWith("class")) {
        const k = pointAt(event);
        if (k >= 0) this.deeds.paint(k);
      }
    });
    for (const end of ["pointerup", "pointercancel"]) this.svg.addEventListener(end, () => { held = -1; });
    this.marks.addEventListener("keydown", (event) => this.press(/** @type {KeyboardEvent} */ (event), pointAt(event)));
    this.marks.addEventListener("focusin", (event) => { if (pointAt(event) !== this.scene.chosen) this.deeds.choose(pointAt(event)); });
  }

  /** A new point there. @param {number[]} place */
  put([x, y]) {
    if (this.scene.columns.length > 1) this.deeds.add([x, y], null);
    else this.deeds.add([x], y);
  }

  /** A point moves there. @param {number} k @param {number[]} place */
  carry(k, [x, y]) {
    if (this.scene.columns.length > 1) this.deeds.move(k, [x, y], null);
    else this.deeds.move(k, [x], y);
  }

  /** @param {KeyboardEvent} event @param {number} k */
  press(event, k) {
    const { points, classes } = this.scene;
    const direction = DIRECTIONS[event.key];
    const turn = { PageDown: 1, PageUp: -1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (direction && event.shiftKey) {
      const [px, py] = this.placeOf(points[k]);
      this.carry(k, this.fromPlane(px + 4 * direction[0], py - 4 * direction[1]));
    } else if (direction) this.deeds.choose(this.nearest(k, direction));
    else if (turn) this.deeds.choose((k + turn + points.length) % points.length);
    else if (event.key === "Delete" || event.key === "Backspace") this.deeds.remove(k);
    else if (event.key === "Insert" || event.key === "+") {
      const [px, py] = this.placeOf(points[k]);
      this.put(this.fromPlane(px + 14, py - 14));
    } else if (classes.length && Number(event.key) >= 1 && Number(event.key) <= classes.length) this.deeds.target(k, Number(event.key) - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.focus();
  }

  focus() {
    /** @type {SVGElement | undefined} */ (this.marks.children[this.scene.chosen])?.focus();
  }

  /** The next point in a direction, or the same where there is none. @param {number} k @param {number[]} direction */
  nearest(k, [right, up]) {
    const here = this.placeOf(this.scene.points[k]);
    let [best, least] = [k, Infinity];
    this.scene.points.forEach((point, other) => {
      const [dx, dy] = this.placeOf(point).map((v, j) => v - here[j]);
      const [along, across] = [dx * right - dy * up, Math.abs(dx * up + dy * right)];
      const far = along + 2 * across;
      if (other !== k && along > 0 && across <= 2 * along && far < least) [best, least] = [other, far];
    });
    return best;
  }
}

/** Where numbers on the grid change their sign, as a path: line by line through its cells. @param {number[]} values */
function contour(values) {
  const n = CELLS + 1;
  const scale = SIDE / CELLS;
  const parts = [];
  for (let i = 0; i < CELLS; i++) {
    for (let j = 0; j < CELLS; j++) {
      const corners = [[i, j], [i, j + 1], [i + 1, j + 1], [i + 1, j]];
      const crossed = [];
      corners.forEach(([r, c], side) => {
        const [r2, c2] = corners[(side + 1) % 4];
        const [u, v] = [values[r * n + c], values[r2 * n + c2]];
        if (u < 0 === v < 0 || !Number.isFinite(u) || !Number.isFinite(v)) return;
        const t = u / (u - v);
        crossed.push(`${((c + t * (c2 - c)) * scale).toFixed(1)},${((r + t * (r2 - r)) * scale).toFixed(1)}`);
      });
      for (let k = 0; k + 1 < crossed.length; k += 2) parts.push(`M${crossed[k]}L${crossed[k + 1]}`);
    }
  }
  return parts.join("");
}
