// The player: one step at a time, its arithmetic below the picture, and the matrix equation of the layer beside it.

import { Writer } from "./arithmetic.js";
import { Live } from "./live.js";
import { equationsBeside } from "./matrices.js";
import { Picture } from "./show.js";
import { inHtml } from "./writing.js";

const element = (id) => document.getElementById(id);
const root = document.documentElement;

/** Opens the player in the elements of `player.html`. @param {import("./told.js").Told} told */
export function player(told) {
  return new Player(told);
}

class Player {
  constructor(told) {
    this.equations = told.equations;
    this.live = new Live(told);
    this.writer = new Writer(told, this.live.data);
    this.picture = new Picture(told, this.live);
    this.now = this.timer = 0;
    element("slider").max = this.live.steps.length - 1;
    this.listen();
    this.fit();
    this.show((Number(location.hash.slice(1)) || 1) - 1); // backprop.html#12 opens at step 12
  }

  get steps() {
    return this.live.steps;
  }

  get firstBackward() {
    return this.steps.findIndex(({ backward }) => backward);
  }

  /** Show step `at`, counted from 0. */
  show(at) {
    this.now = Math.max(0, Math.min(at, this.steps.length - 1));
    const step = this.steps[this.now];
    root.classList.toggle("backward", step.backward);
    this.picture.show(step, this.now);
    element("steps").innerHTML = this.inHtml(step, this.now);
    const beside = equationsBeside(this.equations, step, this.live);
    element("written").innerHTML = beside.map((html) => `<div class="equation">${html}</div>`).join("");
    element("none").hidden = beside.length > 0;
    this.showControls(step);
  }

  /** A step as an entry of the list of steps. */
  inHtml(step, k) {
    const rows = this.writer.rows(step).map((row) => `<p>${inHtml(row)}</p>`);
    return `<li value="${k + 1}"><h2>${inHtml(this.writer.title(step))}</h2>${rows.join("")}</li>`;
  }

  showControls(step) {
    const [last, first] = [this.steps.length - 1, this.firstBackward];
    const [k, n] = step.backward ? [this.now - first + 1, last + 1 - first] : [this.now + 1, first];
    const where = `${step.backward ? "backward" : "forward"} ${k}/${n}`;
    element("where").textContent = where;
    element("words").textContent = `${where}. ${this.writer.words(step)}`;
    element("slider").value = this.now;
    element("slider").setAttribute("aria-valuetext", where);
    element("forward").setAttribute("aria-pressed", !step.backward);
    element("backward").setAttribute("aria-pressed", step.backward);
    element("first").disabled = element("previous").disabled = this.now === 0;
    element("last").disabled = element("next").disabled = this.now === last;
  }

  play(on) {
    clearInterval(this.timer);
    this.timer = 0;
    root.classList.toggle("playing", on);
    element("play").setAttribute("aria-label", on ? "pause" : "play");
    if (!on) return;
    if (this.now === this.steps.length - 1) this.show(0);
    this.timer = setInterval(() => {
      this.show(this.now + 1);
      if (this.now === this.steps.length - 1) this.play(false);
    }, 1600 / Number(element("speed").value));
  }

  go(at) {
    this.play(false);
    this.show(at);
  }

  /** A node leads to its step in this pass; from there, to its step in the other. */
  stepOf(node) {
    const { backward } = this.steps[this.now];
    const [here, there] = [this.stepIn(backward, node), this.stepIn(!backward, node)];
    return here < 0 || (here === this.now && there >= 0) ? there : here;
  }

  /** The step of a node's own turn in a pass; of a leaf the first step, and the last that gives it a share. */
  stepIn(backward, node) {
    const own = this.steps.findIndex((step) => step.backward === backward && step.turns.some((turn) => turn.node === node));
    if (own >= 0) return own;
    if (!backward) return 0;
    return this.steps.findLastIndex(({ turns }) => turns.some(({ shares }) => shares.some(({ parent }) => parent === node)));
  }

  listen() {
    this.picture.cards.forEach(({ card }, k) => {
      card.setAttribute("tabindex", "0");
      card.setAttribute("role", "button");
      const lead = () => { if (this.stepOf(k) >= 0) this.go(this.stepOf(k)); };
      card.addEventListener("click", lead);
      card.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        lead();
      });
    });
    const clicks = this.clicks();
    for (const [id, act] of Object.entries(clicks)) element(id).addEventListener("click", act);
    element("slider").addEventListener("input", ({ target }) => this.go(Number(target.value)));
    element("speed").addEventListener("change", () => { if (this.timer) this.play(true); });
    document.addEventListener("keydown", (event) => {
      const own = event.target.closest("select, input") || (event.key === " " && event.target.closest("button, .card"));
      if (own || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
      event.preventDefault();
      clicks[KEYS[event.key]]();
    });
    this.listenToPrinter();
  }

  clicks() {
    return {
      first: () => this.go(0),
      previous: () => this.go(this.now - 1),
      play: () => this.play(!this.timer),
      next: () => this.go(this.now + 1),
      last: () => this.go(this.steps.length - 1),
      forward: () => this.go(0),
      backward: () => this.go(this.firstBackward),
      matrix: () => element("matrix").setAttribute("aria-pressed", !root.classList.toggle("alone")),
      theme: () => {
        const dark = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
        root.dataset.theme = dark === "dark" ? "light" : "dark";
      },
    };
  }

  /** On paper stand all steps. */
  listenToPrinter() {
    let printedFrom = 0;
    addEventListener("beforeprint", () => {
      printedFrom = this.now;
      this.go(this.steps.length - 1);
      element("steps").innerHTML = this.steps.map((step, k) => this.inHtml(step, k)).join("");
    });
    addEventListener("afterprint", () => this.show(printedFrom));
  }

  fit() {
    const natural = document.querySelector("#picture > svg").getAttribute("width");
    element("picture").style.setProperty("--natural", `${natural}px`);
  }
}

const KEYS = { ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last", " ": "play" };
