// A step in the picture: which cards have which numbers by then, whose turn it is, and what flows on which edge.

import { factor, number, short } from "../page/numbers.js";
import { slopesOf } from "./passes.js";
import { edgeKeys, nodeKey } from "./told.js";

/** @typedef {import("./passes.js").Step} Step */

const inPage = (id) => document.getElementById(id);

/** The values and the gradients that are known after a step, by node. @param {Step[]} steps @param {number} now */
export function knownAt({ graph, data, steps }, now) {
  const [values, gradients] = [new Map(), new Map()];
  graph.forEach(({ parents }, k) => parents.length || values.set(k, data[k]));
  for (const { backward, turns } of steps.slice(0, now + 1)) {
    if (backward && !turns.length) gradients.set(graph.length - 1, 1);
    for (const { node, shares } of turns) {
      if (!backward) values.set(node, data[node]);
      for (const { parent, after } of shares) gradients.set(parent, after);
    }
  }
  return { values, gradients };
}

/** The picture of a graph. */
export class Picture {
  /** @param {import("./told.js").Told} told @param {import("./live.js").Live} live */
  constructor({ picture, graph }, live) {
    Object.assign(this, { picture, graph, live });
    this.edges = edgeKeys(graph);
    this.cards = graph.map((_, k) => {
      const card = inPage(picture + nodeKey(k));
      const text = (kind) => card.querySelector(`text.f-${kind}`);
      return { card, value: text("value"), gradient: text("gradient") };
    });
    this.labels = graph.flatMap(({ parents }, k) => parents.map((_, place) => ({
      node: k, place, label: inPage(`${picture}${this.edges[k][place]}l`),
    })));
  }

  /** @param {Step} step @param {number} now */
  show(step, now) {
    const known = knownAt(this.live, now);
    const lit = new Set(step.turns.map(({ node }) => node));
    if (step.backward && !step.turns.length) lit.add(this.graph.length - 1);
    const near = new Set(step.turns.flatMap(({ shares }) => shares.map(({ parent }) => parent)));
    this.cards.forEach((_, k) => this.showCard(k, known, lit.has(k), near.has(k)));
    this.showLabels(known);
    document.querySelectorAll("#picture .flow").forEach((one) => one.classList.remove("flow"));
    for (const key of this.flowing(step)) {
      inPage(this.picture + key)?.classList.add("flow");
      inPage(`${this.picture}${key}l`)?.classList.add("flow");
    }
    for (const k of lit) bringIntoView(this.cards[k].card);
  }

  showCard(k, { values, gradients }, isNow, isNear) {
    const { card, value, gradient } = this.cards[k];
    card.classList.toggle("now", isNow);
    card.classList.toggle("near", isNear && !isNow);
    card.classList.toggle("to-come", !values.has(k));
    const told = [this.graph[k].name?.words ?? this.graph[k].symbol];
    value.textContent = values.has(k) ? this.written(k, values.get(k)) : "·";
    if (values.has(k)) told.push(`value ${value.textContent}`);
    if (gradient) {
      gradient.textContent = gradients.has(k) ? number(gradients.get(k)) : "·";
      gradient.classList.toggle("to-come", !gradients.has(k));
      if (gradients.has(k)) told.push(`gradient ${gradient.textContent}`);
    }
    card.setAttribute("aria-label", told.filter(Boolean).join(", "));
    const title = card.querySelector("title");
    if (title) title.textContent = told.join(", ");
  }

  /** A node's value as its card shows it. */
  written(k, x) {
    return (this.graph[k].name ? number : short)(x);
  }

  /** On the edges into what has a value stand the local derivatives. */
  showLabels({ values }) {
    for (const { node, place, label } of this.labels) {
      if (!label) continue;
      label.classList.toggle("known", values.has(node));
      label.querySelector("text").textContent = factor(slopesOf(this.graph, this.live.data, node)[place]);
    }
  }

  /** The keys of the edges on which something flows. @param {Step} step */
  flowing({ backward, turns }) {
    return turns.flatMap(({ node, shares }) => {
      if (!backward) return this.edges[node];
      return shares.flatMap(({ places }) => places.map((place) => this.edges[node][place]));
    });
  }
}

/** Scroll the picture so that a card is in it. */
export function bringIntoView(card) {
  const [frame, box] = [inPage("picture"), card.getBoundingClientRect()];
  const around = frame.getBoundingClientRect();
  const missing = (low, high, from, to) => (low < from || high > to ? (low + high - from - to) / 2 : 0);
  frame.scrollBy({
    left: missing(box.left - 60, box.right + 60, around.left, around.right),
    top: missing(box.top - 30, box.bottom + 30, around.top, around.bottom),
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}
