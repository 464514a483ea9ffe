// How large the picture is: buttons, keys, the wheel with Ctrl, two fingers; and a drag of the ground moves it.

import { TYPE } from "./show.js";

const READABLE = 14.4; // the least size that a lecture hall reads
const [SMALLEST, LARGEST] = [0.2, 4]; // scales

/** The picture in its frame. */
export class Zoom {
  /** @param {HTMLElement} frame */
  constructor(frame) {
    this.frame = frame;
    this.svg = frame.querySelector("svg");
    this.svg.setAttribute("role", "group"); // an image has no buttons in it
    this.size = ["width", "height"].map((side) => Number(this.svg.getAttribute(side)));
    this.scaleTo(Math.max(READABLE / TYPE, Math.min(this.fitting(), 1.6)));
    this.listen();
  }

  /** The scale at which all of it is in the frame. */
  fitting() {
    const [width, height] = this.size;
    return Math.min(this.frame.clientWidth / width, this.frame.clientHeight / height);
  }

  /** Another scale; what is at the point (x, y) of the frame stays there. */
  scaleTo(scale, x = this.frame.clientWidth / 2, y = this.frame.clientHeight / 2) {
    const before = this.svg.getBoundingClientRect();
    const around = this.frame.getBoundingClientRect();
    const at = [(around.left + x - before.left) / before.width, (around.top + y - before.top) / before.height];
    this.scale = Math.max(SMALLEST, Math.min(scale, LARGEST));
    this.svg.style.width = `${this.size[0] * this.scale}px`;
    const after = this.svg.getBoundingClientRect();
    this.frame.scrollBy(after.left + at[0] * after.width - around.left - x, after.top + at[1] * after.height - around.top - y);
  }

  in() {
    this.scaleTo(this.scale * 1.25);
  }

  out() {
    this.scaleTo(this.scale / 1.25);
  }

  fit() {
    this.scaleTo(this.fitting());
  }

  listen() {
    const inFrame = (x, y) => {
      const around = this.frame.getBoundingClientRect();
      return [x - around.left, y - around.top];
    };
    this.frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.scaleTo(this.scale * Math.exp(-event.deltaY / 300), ...inFrame(event.clientX, event.clientY));
    }, { passive: false });
    this.listenToFingers(inFrame);
    this.listenToDrags();
  }

  listenToFingers(inFrame) {
    let [apart, scale] = [0, 1];
    const distance = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    this.frame.addEventListener("touchstart", ({ touches }) => {
      if (touches.length === 2) [apart, scale] = [distance([touches[0], touches[1]]), this.scale];
    }, { passive: true });
    this.frame.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2 || !apart) return;
      event.preventDefault();
      const [a, b] = event.touches;
      this.scaleTo((scale * distance([a, b])) / apart, ...inFrame((a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2));
    }, { passive: false });
  }

  /** With a mouse; fingers scroll by themselves. */
  listenToDrags() {
    let from = null;
    this.frame.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" || event.button || /** @type {Element} */ (event.target).closest(".card, input")) return;
      from = [event.clientX + this.frame.scrollLeft, event.clientY + this.frame.scrollTop];
    });
    addEventListener("pointermove", (event) => {
      if (from) this.frame.scrollTo(from[0] - event.clientX, from[1] - event.clientY);
      this.frame.classList.toggle("moving", Boolean(from));
    });
    addEventListener("pointerup", () => { from = null; });
  }
}
