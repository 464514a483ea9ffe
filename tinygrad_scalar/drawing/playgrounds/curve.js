// E of each epoch that is kept, on a logarithmic axis.
import { short } from "../page/numbers.js";
import { svgElement, ticks } from "./svg.js";

/** @typedef {import("./training.js").Snapshot} Snapshot */

const MARGIN = { left: 52, right: 12, top: 8, bottom: 20 };
const MOST_PLACES = 400; // of a line
const LEAST = 1e-12; // where log E ends

export class ErrorCurve {
  /** @param {HTMLElement} frame */
  constructor(frame) {
    this.frame = frame;
    this.grid = svgElement("g", { class: "axes" });
    this.training = svgElement("path", { class: "on-training" });
    this.held = svgElement("path", { class: "on-held" });
    this.now = svgElement("line", { class: "now" });
    this.svg = svgElement("svg", { role: "img" }, this.grid, this.held, this.training, this.now);
    frame.append(this.svg);
  }

  /** @param {Snapshot[]} kept @param {number} epoch where the training is */
  draw(kept, epoch) {
    const [width, height] = [Math.max(this.frame.clientWidth, 160), Math.max(this.frame.clientHeight, 60)];
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const last = Math.max(1, kept.length - 1);
    const x = (k) => MARGIN.left + (k / last) * (width - MARGIN.left - MARGIN.right);
    const seen = kept.flatMap(({ E, held }) => [E, held]).filter(Number.isFinite).map((E) => Math.log10(Math.max(E, LEAST)));
    const [low, high] = [seen.reduce((s, v) => Math.min(s, v), Infinity), seen.reduce((s, v) => Math.max(s, v), -Infinity)];
    const [bottom, top] = seen.length ? [low - 0.06, Math.max(high, low + 0.3) + 0.06] : [-1, 0];
    const y = (E) => MARGIN.top + ((top - Math.log10(Math.max(E, LEAST))) / (top - bottom)) * (height - MARGIN.top - MARGIN.bottom);
    const stride = Math.ceil(kept.length / MOST_PLACES);
    const path = (kind) => {
      let pen = "M";
      return kept.map((snapshot, k) => {
        if (k % stride && k !== kept.length - 1) return "";
        if (!Number.isFinite(snapshot[kind])) { pen = "M"; return ""; }
        const text = `${pen}${x(k).toFixed(1)},${y(snapshot[kind]).toFixed(1)}`;
        pen = "L";
        return text;
      }).join("");
    };
    this.training.setAttribute("d", path("E"));
    this.held.setAttribute("d", path("held"));
    for (const [key, value] of Object.entries({ x1: x(epoch), x2: x(epoch), y1: MARGIN.top, y2: height - MARGIN.bottom })) this.now.setAttribute(key, String(value));
    this.drawGrid(x, y, [bottom, top], last, [width, height]);
    this.svg.setAttribute("aria-label", `E from ${short(kept[0].E)} at the start to ${short(kept[epoch].E)} after epoch ${epoch}, on a logarithmic axis`);
  }

  drawGrid(x, y, [bottom, top], last, [width, height]) {
    const parts = [];
    for (const E of decades(bottom, top)) {
      parts.push(svgElement("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(E), y2: y(E) }));
      parts.push(svgElement("text", { x: MARGIN.left - 6, y: y(E) + 4, "text-anchor": "end" }, short(E).replace("1.00·", "")));
    }
    for (const k of ticks(0, last, 6).filter(Number.isInteger)) {
      parts.push(svgElement("text", { x: x(k), y: height - 4, "text-anchor": "middle" }, String(k)));
    }
    this.grid.replaceChildren(...parts);
  }
}

/** Numbers for the ticks of a logarithmic axis: few enough to be read. @param {number} bottom @param {number} top */
function decades(bottom, top) {
  const far = top - bottom;
  const steps = far > 6 ? [1] : far > 2.2 ? [1] : far > 1 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
  const apart = Math.ceil(far / 6);
  const found = [];
  for (let power = Math.floor(bottom); power <= top; power++) {
    if (far > 6 && power % apart) continue;
    for (const step of steps) {
      const E = step * 10 ** power;
      if (Math.log10(E) >= bottom && Math.log10(E) <= top) found.push(E);
    }
  }
  return found;
}
