// A step in the picture: which cards have which numbers by then, whose turn it is, and what flows on which edge.

import { factor, number, short } from "../page/numbers.js";
import { element } from "../page/start.js";
import { slopesOf } from "./passes.js";
import { edgeKeys, nodeKey } from "./told.js";

/** @typedef {import("./passes.js").Step} Step */

/** The values and the gradients that are known after a step, by node. @param {import("./live.js").Live} live */
function knownAt({ graph, data, steps }, now) {
  const [value, gradient] = [new Map(), new Map()];
  graph.forEach(({ parents }, k) => parents.length || value.set(k, data[k]));
  for (const { backward, turns } of steps.slice(0, now + 1)) {
    if (backward && !turns.length) gradient.set(graph.length - 1, 1);
    for (const { node, shares } of turns) {
      if (!backward) value.set(node, data[node]);
      for (const { parent, after } of shares) gradient.set(parent, after);
    }
  }
  return { value, gradient };
}

/** The numbers of several nodes in short: one, or the least and the largest. @param {number[]} numbers */
function span(numbers) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return numbers.length === 1 || Object.is(low, high) ? number(numbers[0]) : `${number(low)} … ${number(high)}`;
}

export const TYPE = 12.5; // the size of the numbers on cards, at scale 1
const SMALL = 10.5; // and on edges
const NARROW = { "·": 0.28, ".": 0.28, "(": 0.33, ")": 0.33, " ": 0.28 };

/** How wide a number is, in the unit of its size. @param {string} text */
const widthOf = (text, size) => [...text].reduce((sum, c) => sum + (NARROW[c] ?? 0.57), 0) * size;

/** Write a number into its place, closer together where it would not fit. */
function write(text, words, room) {
  if (text.textContent === words) return;
  text.textContent = words;
  if (widthOf(words, TYPE) <= room) text.removeAttribute("textLength");
  else {
    text.setAttribute("textLength", room);
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

/** The picture of a graph. */
export class Picture {
  /** @param {import("./told.js").Told} told @param {import("./live.js").Live} live */
  constructor({ picture, graph, cards, links = [] }, live, writer) {
    this.picture = picture;
    this.graph = graph;
    this.live = live;
    this.writer = writer;
    this.links = links.map((link) => ({ ...link, curve: element(picture + link.key), label: element(`${picture}${link.key}l`) }));
    /** Numbers that are not shown yet: "value 3", "gradient 3". @type {Set<string>} */
    this.hidden = new Set();
    this.cards = (cards ?? graph.map((node, k) => cardOf(node, k))).map((card) => this.found(card));
    this.edges = edgeKeys(graph);
    element("picture").classList.toggle("by-node", !cards);
    this.labels = cards ? [] : graph.flatMap(({ parents }, k) => parents.map((_, place) => {
      const label = element(`${picture}${this.edges[k][place]}l`);
      const [text, ground] = [label?.querySelector("text"), label?.querySelector("rect")];
      const box = ground && ["x", "width"].map((side) => Number(ground.getAttribute(side)));
      return { node: k, place, label, text, ground, box };
    })).filter(({ label }) => label);
  }

  /** A card with its elements. @param {import("./told.js").Card} card */
  found({ key, name, nodes, shows }) {
    const card = element(this.picture + key);
    for (const text of card.querySelectorAll("text")) text.setAttribute("aria-hidden", "true"); // the label says it in words
    const width = Number(card.querySelector("rect").getAttribute("width"));
    const texts = { value: [...card.querySelectorAll("text.f-value")], gradient: [...card.querySelectorAll("text.f-gradient")] };
    const shown = shows.flatMap((show) => ({ ...show, text: texts[show.what].shift() })).filter(({ text }) => text);
    const room = (nodes.length > 1 ? width * 0.6 : width / shown.length) - 6;
    return { card, name, nodes, shown, room, title: card.querySelector("title"), symbol: card.querySelector("text.f-quiet") };
  }

  /** @param {Step} step @param {number} now */
  show(step, now) {
    const known = knownAt(this.live, now);
    const lit = new Set(step.turns.map(({ node }) => node));
    if (step.backward && !step.turns.length) lit.add(this.graph.length - 1);
    const near = new Set(step.turns.flatMap(({ shares }) => shares.map(({ parent }) => parent)));
    for (const card of this.cards) this.showCard(card, known, lit, near);
    this.showLabels(known);
    this.showWeights();
    document.querySelectorAll("#picture .flow").forEach((one) => one.classList.remove("flow"));
    for (const key of this.links.length ? this.flowingInto(lit) : this.flowing(step)) {
      element(this.picture + key)?.classList.add("flow");
      element(`${this.picture}${key}l`)?.classList.add("flow");
    }
    bringIntoView(this.cards.filter(({ nodes }) => nodes.some((k) => lit.has(k))).map(({ card }) => card));
  }

  showCard({ card, name, nodes, shown, room, title, symbol }, known, lit, near) {
    const isNow = nodes.some((k) => lit.has(k));
    card.classList.toggle("now", isNow);
    card.classList.toggle("near", !isNow && nodes.some((k) => near.has(k)));
    card.classList.toggle("to-come", !nodes.every((k) => known.value.has(k)));
    const told = [name?.words ?? this.graph[nodes[0]].symbol];
    for (const { nodes: of, what, text, row } of shown) {
      const words = this.written(of, what, known[what]);
      write(text, words, room);
      text.classList.toggle("to-come", what === "gradient" && words === "·");
      if (words !== "·") told.push([row, what, words].filter(Boolean).join(" "));
    }
    if (symbol && nodes.length === 1) symbol.textContent = this.writer.symbol(nodes[0]);
    const words = told.filter(Boolean).join(", ");
    if (title.textContent === words) return;
    title.textContent = words;
    card.setAttribute("aria-label", words);
    if (card.classList.contains("leaf")) this.showNumber(card, nodes[0]);
  }

  /** A leaf's number, for who hears it change. */
  showNumber(card, node) {
    const x = this.live.data[node];
    if (Number.isFinite(x)) card.setAttribute("aria-valuenow", String(x));
    else card.removeAttribute("aria-valuenow");
    card.setAttribute("aria-valuetext", number(x));
  }

  /** What a card shows of its nodes: a dot before they are known, a question mark where one is hidden. */
  written(nodes, what, known) {
    if (!nodes.every((k) => known.has(k))) return "·";
    if (nodes.some((k) => this.hidden.has(`${what} ${k}`))) return "?";
    const [first] = nodes;
    const isBare = nodes.length === 1 && !this.graph[first].name; // a constant without a name
    return isBare ? short(known.get(first)) : span(nodes.map((k) => known.get(k)));
  }

  /** On the edges into what has a value stand the local derivatives. */
  showLabels({ value }) {
    const slopes = new Map();
    for (const { node, place, label, text, ground, box } of this.labels) {
      label.classList.toggle("known", value.has(node));
      if (!slopes.has(node)) slopes.set(node, slopesOf(this.graph, this.live.data, node));
      const words = factor(slopes.get(node)[place]);
      if (text.textContent === words) continue;
      text.textContent = words;
      const width = widthOf(words, SMALL) + 6;
      const left = box[0] + (box[1] - width) / (width > box[1] ? 1 : 2); // what grows does so away from the next card
      ground.setAttribute("x", left);
      ground.setAttribute("width", width);
      text.setAttribute("x", left + 3);
    }
  }

  /** The edges between cards show their weights: colour the sign, width the size. */
  showWeights() {
    const { data, gradients } = this.live;
    const weights = this.links.filter(({ weight }) => weight >= 0);
    const largest = Math.max(...weights.map(({ weight }) => Math.abs(data[weight]))) || 1;
    for (const { weight, curve, label } of weights) {
      const w = data[weight];
      const colour = w > 0 ? "positive" : w < 0 ? "negative" : "line";
      const path = curve.querySelector("path");
      path.setAttribute("class", `s-${colour}`);
      path.setAttribute("stroke-width", (0.7 + (3.3 * Math.abs(w)) / largest || 0.7).toFixed(2));
      curve.querySelector("polygon").setAttribute("class", `f-${colour}`);
      const [value, gradient] = ["value", "gradient"].map((what) => label?.querySelector(`text.f-${what}`));
      if (value) write(value, number(w), Infinity);
      if (gradient) write(gradient, number(gradients[weight]), Infinity);
    }
  }

  /** The keys of the edges into the cards that are lit. @param {Set<number>} lit */
  flowingInto(lit) {
    const isLit = this.cards.map(({ nodes }) => nodes.some((k) => lit.has(k)));
    return this.links.filter(({ head }) => isLit[head]).map(({ key }) => key);
  }

  /** The keys of the edges on which something flows. @param {Step} step */
  flowing({ backward, turns }) {
    return turns.flatMap(({ node, shares }) => {
      if (!backward) return this.edges[node];
      return shares.flatMap(({ places }) => places.map((place) => this.edges[node][place]));
    });
  }
}

/** The card of one node. @returns {import("./told.js").Card} */
function cardOf({ name, constant }, k) {
  const kinds = /** @type {("value" | "gradient")[]} */ (constant ? ["value"] : ["value", "gradient"]);
  return { key: nodeKey(k), name, nodes: [k], shows: kinds.map((what) => ({ nodes: [k], what })) };
}

/** Scroll the picture so that these cards are in it, or as far as they fit the first. @param {Element[]} cards */
function bringIntoView(cards) {
  if (!cards.length) return;
  const frame = element("picture");
  const around = frame.getBoundingClientRect();
  const boxes = cards.map((card) => card.getBoundingClientRect());
  const all = ["left", "top", "right", "bottom"].map((side, k) => (k < 2 ? Math.min : Math.max)(...boxes.map((box) => box[side])));
  const fits = all[2] - all[0] < around.width && all[3] - all[1] < around.height;
  const [left, top, right, bottom] = fits ? all : [boxes[0].left, boxes[0].top, boxes[0].right, boxes[0].bottom];
  const missing = (low, high, from, to) => (low < from || high > to ? (low + high - from - to) / 2 : 0);
  frame.scrollBy({
    left: missing(left - 60, right + 60, around.left, around.right),
    top: missing(top - 30, bottom + 30, around.top, around.bottom),
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}
