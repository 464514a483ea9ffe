// The player: one step at a time, its arithmetic below the picture, the matrix equation of the layer beside it; and every
// leaf can be changed.

import { changeTheme, element } from "../page/start.js";
import { addressOf, readAddress, writeAddress } from "./address.js";
import { Writer } from "./arithmetic.js";
import { Editor } from "./edit.js";
import { Learning } from "./learn.js";
import { Live } from "./live.js";
import { equationsBeside } from "./matrices.js";
import { Prediction } from "./predict.js";
import { Picture } from "./show.js";
import { inHtml, inWords } from "./writing.js";
import { Zoom } from "./zoom.js";

const root = document.documentElement;
const [NARROW_PAGE, WIDE_PAGE] = [720, 1200]; // pixels
const KEYS = {
  ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last", " ": "play", "+": "larger", "-": "smaller", 0: "fit",
};

/** Opens the player in the elements of `player.html`. @param {import("./told.js").Told} told */
export function player(told) {
  return new Player(told);
}

class Player {
  /** @param {import("./told.js").Told} told */
  constructor(told) {
    this.equations = told.equations;
    this.live = new Live(told);
    this.writer = new Writer(told, this.live.data);
    this.picture = new Picture(told, this.live, this.writer);
    this.zoom = new Zoom(element("picture"));
    const on = {
      number: (node) => this.live.data[node],
      begin: () => this.live.mark(),
      change: (node, x) => { this.live.set(node, x); this.show(this.now); },
      chosen: (node) => this.learning.choose(node),
      all: () => this.show(this.now),
    };
    this.learning = new Learning(this.live, on);
    this.editor = new Editor(element("picture"), on);
    this.prediction = new Prediction(this.live, this.writer, told.slips, { shown: () => this.show(this.now), next: () => this.go(this.now + 1) });
    this.now = this.timer = 0;
    this.offer(told);
    this.listen();
    if (innerWidth > NARROW_PAGE && innerWidth < WIDE_PAGE) element("learning").click(); // there is room for two columns
    this.readAddress();
    addEventListener("hashchange", () => this.readAddress());
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
    this.prediction.begin(step);
    root.classList.toggle("asking", Boolean(this.prediction.question));
    this.picture.hidden = this.prediction.hidden;
    this.picture.show(step, this.now);
    element("steps").innerHTML = this.inHtml(step, this.now, this.prediction.rows);
    this.prediction.show();
    const beside = equationsBeside(this.equations, step, this.live);
    element("written").innerHTML = beside.map((html) => `<div class="equation">${html}</div>`).join("");
    element("none").hidden = beside.length > 0;
    this.showTrouble();
    this.learning.show();
    this.showControls(step);
    writeAddress(() => addressOf(this.live, this.now));
  }

  /** A step as an entry of the list of steps. */
  inHtml(step, k, rows = this.writer.rows(step)) {
    const lines = rows.map((row) => `<p>${inHtml(row)}</p>`);
    return `<li value="${k + 1}"><h2>${inHtml(this.writer.title(step))}</h2>${lines.join("")}</li>`;
  }

  showTrouble() {
    const trouble = this.live.trouble();
    element("trouble").hidden = !trouble;
    element("trouble").innerHTML = trouble ? inHtml(this.writer.trouble(trouble)) : "";
  }

  showControls(step) {
    const [last, first] = [this.steps.length - 1, this.firstBackward];
    const [k, n] = step.backward ? [this.now - first + 1, last + 1 - first] : [this.now + 1, first];
    const where = `${step.backward ? "backward" : "forward"} ${k}/${n}`;
    element("where").textContent = where;
    element("words").textContent = `${where}. ${this.prediction.question ? inWords(this.writer.title(step)) : this.writer.words(step)}`;
    element("slider").max = last;
    element("slider").value = this.now;
    element("slider").setAttribute("aria-valuetext", where);
    element("forward").setAttribute("aria-pressed", !step.backward);
    element("backward").setAttribute("aria-pressed", step.backward);
    element("first").disabled = element("previous").disabled = this.now === 0;
    element("last").disabled = element("next").disabled = this.now === last;
    element("example").value = this.live.example + 1;
    element("by").value = this.live.by;
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

  /** Take steps by node, neuron or layer; the node whose turn it is stays. */
  group(by) {
    const { backward, turns } = this.steps[this.now];
    this.live.group(by);
    this.writer.by = this.live.by;
    this.go(turns.length ? this.stepIn(backward, turns[turns.length - 1].node) : backward ? this.firstBackward : 0);
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

  /** What the page can be asked for depends on what it was told. @param {import("./told.js").Told} told */
  offer({ title, groupings = {}, examples = null }) {
    element("title").textContent = title;
    for (const by of Object.keys(groupings)) element("by").append(new Option(`by ${by}`, by));
    element("by").hidden = !Object.keys(groupings).length;
    element("examples").hidden = !examples;
    element("example").max = examples?.X.length ?? 1;
    element("of").textContent = `of ${element("example").max}`;
    element("example").addEventListener("input", ({ target }) => {
      const row = Math.trunc(Number(target.value));
      if (row >= 1 && row <= examples.X.length) this.change(() => this.live.choose(row - 1));
    });
    element("by").addEventListener("change", ({ target }) => this.group(target.value));
  }

  /** Something that can be undone. */
  change(act) {
    this.live.mark();
    act();
    this.show(this.now);
  }

  listen() {
    for (const { card, nodes, shown } of this.picture.cards) this.listenToCard(card, nodes, shown);
    const clicks = this.clicks();
    for (const [id, act] of Object.entries(clicks)) element(id).addEventListener("click", act);
    element("slider").addEventListener("input", ({ target }) => this.go(Number(target.value)));
    element("speed").addEventListener("change", () => { if (this.timer) this.play(true); });
    document.addEventListener("keydown", (event) => {
      const target = /** @type {Element} */ (event.target);
      const own = target.closest("select, input") || (event.key === " " && target.closest("button, .card"));
      if (own || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
      event.preventDefault();
      clicks[KEYS[event.key]]();
    });
    this.listenToPrinter();
  }

  listenToCard(card, nodes, shown) {
    card.setAttribute("tabindex", "0");
    card.setAttribute("role", "group"); // whose name is what is written in words; that of a button would be its signs
    card.setAttribute("aria-roledescription", "node");
    const lead = () => {
      const at = this.stepOf(nodes[nodes.length - 1]);
      if (at >= 0) this.go(at);
    };
    if (nodes.length === 1 && this.live.leaves.includes(nodes[0])) this.editor.add(card, nodes[0], shown[0].text);
    card.addEventListener("click", lead);
    card.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      lead();
    });
  }

  clicks() {
    const toggle = (id, name) => () => element(id).setAttribute("aria-pressed", !root.classList.toggle(name));
    return {
      first: () => this.go(0),
      previous: () => this.go(this.now - 1),
      play: () => this.play(!this.timer),
      next: () => this.go(this.now + 1),
      last: () => this.go(this.steps.length - 1),
      forward: () => this.go(0),
      backward: () => this.go(this.firstBackward),
      larger: () => this.zoom.in(),
      smaller: () => this.zoom.out(),
      fit: () => this.zoom.fit(),
      matrix: toggle("matrix", "alone"),
      predict: () => {
        this.prediction.toggle();
        element("predict").setAttribute("aria-pressed", root.classList.toggle("predicting"));
        this.go(this.now);
        if (this.prediction.isOn) element("answer").focus();
      },
      learning: toggle("learning", "untaught"),
      theme: changeTheme,
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

  /** What a link says: backprop.html#12 opens at step 12. */
  readAddress() {
    const { step, by, example, numbers } = readAddress(location.hash);
    const { live } = this;
    if (example < (live.examples?.X.length ?? 1)) live.example = example;
    live.restore(live.origin(), live.example);
    for (const [node, x] of numbers) if (live.leaves.includes(node)) live.data[node] = x;
    live.group(by);
    this.writer.by = live.by;
    this.go(step);
  }
}
