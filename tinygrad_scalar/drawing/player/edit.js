// Leaves are changed where they stand: typed, by the arrow keys, or dragged sideways.

import { read } from "../page/numbers.js";
import { fill } from "../page/start.js";

const STEP = 0.1; // of an arrow key; with Shift a tenth of it, of a page key ten of it
const PER_PIXEL = 0.01; // of a drag
const THRESHOLD = 4; // pixels, before a press becomes a drag

/** The number that a text says, or null. @param {string} text */
export function numberIn(text) {
  if (/^nan$/i.test(text.trim())) return NaN;
  const x = read(text.replace(/inf(inity)?/i, "∞"));
  return Number.isNaN(x) ? null : x;
}

/** A number with all its digits, as it can be typed. @param {number} x */
export const typed = (x) => String(x).replace("Infinity", "inf").replace("NaN", "nan");

/** The step that a key asks for: 0 if none. @param {KeyboardEvent} event */
export function stepFor({ key, shiftKey }) {
  const size = STEP * (shiftKey ? 0.1 : 1);
  return { ArrowUp: size, ArrowDown: -size, PageUp: 10 * STEP, PageDown: -10 * STEP }[key] ?? 0;
}

/** A number with a step added, without the digits that only rounding has made. */
export const added12 = (x, step) => Number((x + step).toPrecision(12));

/** Makes the cards of leaves editable. `on` has `number(node)`, `begin()`, `change(node, x)` and `chosen(node)`. */
export class Editor {
  constructor(frame, on) {
    this.frame = frame;
    this.on = on;
    this.node = -1;
    this.field = frame.querySelector("#editor");
    this.field.addEventListener("input", () => {
      const x = numberIn(this.field.value);
      this.field.setAttribute("aria-invalid", String(x === null));
      if (x !== null) this.on.change(this.node, x);
    });
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("blur", () => this.close());
  }

  /** A leaf's card. @param {SVGGElement} card @param {number} node @param {SVGTextElement} text its number */
  add(card, node, text) {
    card.classList.add("leaf");
    card.setAttribute("role", "spinbutton");
    card.removeAttribute("aria-roledescription");
    card.setAttribute("aria-description", "a leaf: type a number, or change it by the arrow keys up and down");
    card.addEventListener("focus", () => this.on.chosen(node));
    card.addEventListener("keydown", (event) => {
      const step = stepFor(event);
      const isText = /^[-−+.,\d]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (!step && !isText && event.key !== "F2") return;
      event.preventDefault();
      event.stopPropagation();
      if (!step) return this.open(card, node, text, isText ? event.key : undefined);
      this.on.begin();
      this.on.change(node, added12(this.on.number(node), step));
    });
    this.listenToDrags(card, node, text);
  }

  /** A press that moves sideways changes the number; one that does not, on the number, opens the field. */
  listenToDrags(card, node, text) {
    let start = null;
    card.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      start = { x: event.clientX, number: this.on.number(node), moved: false };
      this.on.chosen(node);
    });
    card.addEventListener("pointermove", (event) => {
      if (!start || (!start.moved && Math.abs(event.clientX - start.x) < THRESHOLD)) return;
      if (!start.moved) {
        card.setPointerCapture(event.pointerId);
        this.on.begin();
      }
      start.moved = true;
      const step = (event.clientX - start.x) * PER_PIXEL * (event.shiftKey ? 0.1 : 1);
      this.on.change(node, added12(start.number, Math.round(step * 1000) / 1000));
    });
    card.addEventListener("touchmove", (event) => { if (start?.moved) event.preventDefault(); }, { passive: false });
    const end = () => { setTimeout(() => { start = null; }); };
    card.addEventListener("pointerup", end);
    card.addEventListener("pointercancel", end);
    card.addEventListener("click", (event) => {
      const isOnNumber = event.clientY > text.getBoundingClientRect().top - 3;
      if (!start?.moved && !isOnNumber) return;
      event.stopImmediatePropagation();
      if (!start?.moved) this.open(card, node, text);
    }, { capture: true });
  }

  /** The field, over the number; `begun` is what was typed already. */
  open(card, node, text, begun) {
    this.node = node;
    this.card = card;
    this.before = this.on.number(node);
    const [box, around] = [card.getBoundingClientRect(), this.frame.getBoundingClientRect()];
    const top = text.getBoundingClientRect().top - around.top + this.frame.scrollTop;
    const width = Math.max(box.width, 110);
    const left = (box.left + box.right - width) / 2 - around.left + this.frame.scrollLeft;
    Object.assign(this.field.style, { left: `${Math.max(2, left)}px`, top: `${top - 6}px`, width: `${width}px` });
    this.on.begin();
    fill(this.field, begun ?? typed(this.before));
    this.field.hidden = false;
    this.field.focus();
    if (begun === undefined) this.field.select();
    else this.field.dispatchEvent(new Event("input"));
  }

  key(event) {
    event.stopPropagation();
    const step = stepFor(event);
    if (step) {
      event.preventDefault();
      const x = added12(this.on.number(this.node), step);
      fill(this.field, typed(x));
      this.on.change(this.node, x);
    }
    if (event.key === "Escape") this.on.change(this.node, this.before);
    if (event.key === "Enter" || event.key === "Escape") this.card.focus({ preventScroll: true });
  }

  close() {
    this.field.hidden = true;
  }
}
