// What stands in the settings, on the tools and above the layers: all that can be chosen as things are.
import { element, fill } from "../page/start.js";
import { GIVEN } from "./data.js";
import { CLASS_COLOURS, CLASS_SHAPES, svgElement } from "./svg.js";

/** @typedef {import("./playground.js").Playground} Playground */

const BATCHES = [1, 4, 10, 20, 50, 0]; // 0 is all

/** Every field and list shows what is. @param {Playground} page */
export function fillSettings(page) {
  const { told, settings, classes } = page;
  const options = (id, entries, value) => {
    element(id).replaceChildren(...entries.map(([key, words]) => new Option(words, key)));
    element(id).value = value;
  };
  const topics = Object.entries(told.topics).map(([key, { words }]) => [key, words]);
  options("topic", told.given.X.length ? [[GIVEN, told.given.name], ...topics] : topics, page.topic);
  options("batch", BATCHES.map((size) => [size, size ? `${size}` : "all"]), settings.batch);
  if (!BATCHES.includes(settings.batch)) element("batch").append(new Option(String(settings.batch), String(settings.batch), true, true));
  const hidden = new Set(page.sigmas.slice(1, -1));
  options("sigma", told.sigmas.map((name) => [name, name]), hidden.size === 1 ? [...hidden][0] : "");
  element("sigma").disabled = hidden.size === 0;
  const outputs = classes.length ? told.outputs.filter((name) => classes.length === 2 || name !== "softmax" || classes.length > 1) : told.sigmas;
  options("output", [...new Set([...outputs, page.sigmas.at(-1)])].map((name) => [name, name]), page.sigmas.at(-1));
  options("loss", page.lossesNow.map((name) => [name, name.replaceAll("_", " ")]), page.loss);
  for (const name of ["eta", "mu", "l2"]) fill(element(name), settings[name]);
  [element("noise").value, element("share").value] = [page.noise, page.share];
  element("noise").disabled = page.topic === GIVEN;
  element("noise-shown").textContent = String(page.noise);
  element("share-shown").textContent = `${Math.round(100 * page.share)} %`;
}

/** What a click on the plane does: choose, add or paint a class, erase. @param {Playground} page */
export function fillTools(page) {
  const { classes } = page;
  const kinds = classes.length ? classes.map((name, k) => [`class${k}`, name, k]) : [["class1", "add", 1]];
  /** @type {[string, string, number][]} */ const tools = /** @type {any} */ ([["choose", "choose", -1], ...kinds, ["erase", "erase", -1]]);
  if (!tools.some(([tool]) => tool === page.plane.tool)) page.plane.tool = "choose";
  element("tools").replaceChildren(...tools.map(([tool, words, k]) => {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "tool", value: tool, checked: tool === page.plane.tool });
    input.addEventListener("change", () => { page.plane.tool = tool; });
    label.append(input);
    if (k >= 0) {
      const icon = svgElement("svg", { viewBox: "-8 -8 16 16", "aria-hidden": "true" }, svgElement("path", { d: CLASS_SHAPES[k], class: `point ${CLASS_COLOURS[k]}` }));
      const name = document.createElement("bdi");
      name.textContent = words;
      label.append(icon, name);
      label.title = classes.length ? `a click adds a point of the class ${words}, or gives a point this class` : "a click adds a point";
    } else {
      label.append(words);
      label.title = tool === "choose" ? "a click chooses a point, and it can be dragged" : "a click takes a point away";
    }
    return label;
  }));
}

/** Above each layer its size, with buttons that change it. @param {Playground} page */
export function fillSizes(page) {
  const { sizes, told } = page;
  element("sizes").style.setProperty("--columns", String(sizes.length));
  element("sizes").replaceChildren(...sizes.map((d, l) => {
    const column = document.createElement("div");
    const hidden = l > 0 && l < sizes.length - 1;
    const name = l ? (hidden ? `layer ${l}` : "output") : sizes[0] > 1 ? "inputs" : "input";
    if (!hidden) column.append(name);
    else {
      const button = (by, sign, words) => {
        const made = Object.assign(document.createElement("button"), { type: "button", textContent: sign, disabled: d + by < 1 || d + by > told.most.neurons });
        made.setAttribute("aria-label", `layer ${l}: ${words}`);
        made.addEventListener("click", () => page.resize(l, by));
        return made;
      };
      const count = document.createElement("span");
      count.textContent = String(d);
      column.append(button(-1, "−", "one neuron less"), count, button(1, "+", "one neuron more"));
    }
    return column;
  }));
  element("fewer").disabled = sizes.length <= 2;
  element("more").disabled = sizes.length - 1 >= told.most.layers;
}
