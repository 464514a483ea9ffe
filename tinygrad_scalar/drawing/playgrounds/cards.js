// The graph of a point as a picture: a card a node, in columns, as `player/told.js` wants it.
import { edgeKeys, nodeKey } from "../player/told.js";
import { svgElement } from "./svg.js";

/** @typedef {ReturnType<typeof import("./graph.js").scalarGraph>} ScalarGraph */

const [WIDE, HEAD, TALL, GAP, BETWEEN, EDGE] = [136, 27, 48, 12, 66, 24];
const SERIF = "'Times New Roman', Times, 'Liberation Serif', Tinos, serif";

/** In which column each node stands, and how high. @param {ScalarGraph} scalar */
function placed({ graph, layers }) {
  const [column, height] = [graph.map(() => -1), graph.map(() => 0)];
  const put = (k, at, y) => { [column[k], height[k]] = [at, y]; };
  const pitch = TALL + GAP;
  layers.slice(1).forEach(({ w, b, products, z, a }, k) => {
    let row = 0;
    w.forEach((weights, i) => {
      const first = row;
      weights.forEach((leaf, j) => {
        put(leaf, 4 * k + 1, row * pitch);
        put(products[i][j], 4 * k + 2, row++ * pitch);
      });
      put(b[i], 4 * k + 1, row++ * pitch);
      const middle = ((first + row - 1) / 2) * pitch;
      put(z[i], 4 * k + 3, middle);
      if (a[i] !== z[i]) put(a[i], 4 * k + 4, middle);
    });
  });
  layers[0].a.forEach((x, j) => put(x, 0, j * pitch));
  graph.forEach(({ parents }, k) => { // the tail
    if (column[k] >= 0 || !parents.length) return;
    const within = parents.filter((p) => column[p] >= 0);
    put(k, Math.max(...within.map((p) => column[p])) + 1, within.reduce((s, p) => s + height[p], 0) / within.length);
    for (const p of parents) if (column[p] < 0) put(p, column[k] - 1, height[k] - pitch);
  });
  return { column, height: spread(column, height) };
}

/** Cards of one column keep their order, and get room; all columns have their middle at the same height. @param {number[]} column @param {number[]} height */
function spread(column, height) {
  const found = [...height];
  for (let c = 0; c <= Math.max(...column); c++) {
    const members = column.map((_, k) => k).filter((k) => column[k] === c).sort((j, k) => height[j] - height[k]);
    members.forEach((k, n) => { if (n) found[k] = Math.max(found[k], found[members[n - 1]] + TALL + GAP); });
    const middle = (found[members[0]] + found[members[members.length - 1]]) / 2;
    for (const k of members) found[k] -= middle;
  }
  const top = Math.min(...found);
  return found.map((y) => y - top);
}

/** The picture, of that id. @param {ScalarGraph} scalar @param {string} id @param {Record<string, string>} symbols of the rows @param {string} title */
export function pictureOf(scalar, id, symbols, title) {
  const { graph, layers } = scalar;
  const { column, height } = placed(scalar);
  const x = column.map((c) => EDGE + c * (WIDE + BETWEEN));
  const y = height.map((h) => EDGE + 22 + h);
  const [width, tall] = [Math.max(...x) + WIDE + EDGE, Math.max(...y) + TALL + EDGE];
  const svg = svgElement("svg", { xmlns: "http://www.w3.org/2000/svg", id, role: "img", "aria-label": title, viewBox: `0 0 ${width} ${tall}`, width, height: tall });
  layers.slice(1).forEach(({ w, products, z, a }, k) => svg.append(...groupOf(`layer ${k + 1}`, [...w.flat(), ...products.flat(), ...z, ...a].map((node) => [x[node], y[node]]), tall)));
  const keys = edgeKeys(/** @type {any} */ (graph));
  const labels = [];
  graph.forEach(({ parents }, k) => parents.forEach((p, place) => {
    const [x1, y1, x2, y2] = [x[p] + WIDE, y[p] + TALL / 2, x[k], y[k] + ((place + 1) / (parents.length + 1)) * TALL];
    svg.append(linkOf(id + keys[k][place], [x1, y1, x2, y2]));
    if (graph[p].constant) return;
    const label = svgElement("g", { id: `${id}${keys[k][place]}l`, class: "label" });
    label.append(svgElement("rect", { x: x2 - 52, y: y2 - 8, width: 44, height: 15, rx: 5, "fill-opacity": 0.9, class: "f-paper" }), svgElement("text", { x: x2 - 49, y: y2 + 4, "font-size": 10.5, "text-anchor": "start", class: "f-gradient" }));
    labels.push(label);
  }));
  graph.forEach((node, k) => svg.append(scalarCard(node, id + nodeKey(k), symbols[node.row] ?? "", x[k], y[k])));
  svg.append(...labels);
  return svg;
}

/** What is behind the cards of a layer. */
function groupOf(title, places, tall) {
  const [left, right] = [Math.min(...places.map(([x]) => x)) - 12, Math.max(...places.map(([x]) => x)) + WIDE + 12];
  const box = svgElement("rect", { x: left, y: 8, width: right - left, height: tall - 16, rx: 10, class: "f-layer" });
  return [box, svgElement("text", { x: left + 10, y: 24, "font-size": 12, class: "f-quiet" }, title)];
}

function linkOf(key, [x1, y1, x2, y2]) {
  const bend = Math.min(60, (x2 - x1) / 2);
  const d = `M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2 - 6},${y2}`;
  return svgElement("g", { id: key, class: "link" },
    svgElement("path", { d, "stroke-width": 1.1, class: "s-line", fill: "none" }),
    svgElement("polygon", { points: `${x2},${y2} ${x2 - 8},${y2 + 3.2} ${x2 - 8},${y2 - 3.2}`, class: "f-line" }));
}

/** @param {import("./graph.js").Scalar} node @param {string} key @param {string} symbol */
function scalarCard({ names, role, constant }, key, symbol, x, y) {
  const card = svgElement("g", { id: key, class: "card", transform: `translate(${x},${y})` },
    svgElement("title"),
    svgElement("rect", { width: WIDE, height: TALL, rx: 8, class: "f-card" }),
    svgElement("path", { d: `M0,${HEAD}V8q0-8,8-8H${WIDE - 8}q8,0,8,8V${HEAD}z`, class: `f-${constant ? "operation" : role}` }),
    svgElement("rect", { width: WIDE, height: TALL, rx: 8, fill: "none", class: "s-border" }));
  const written = (text, place, kind) => svgElement("text", { x: place, y: TALL - 6, "font-size": 12.5, "text-anchor": "middle", class: `f-${kind}` }, text);
  if (symbol) card.append(svgElement("text", { x: 8, y: 18, "font-size": 12.5, class: "f-quiet" }, symbol));
  if (names.length) card.append(nameIn(names));
  if (constant) card.append(written("", WIDE / 2, "value"));
  else card.append(written("", WIDE / 4, "value"), written("", (3 * WIDE) / 4, "gradient"));
  return card;
}

const pen = document.createElement("canvas").getContext("2d");

/** Names in the middle of a head, sub- and superscripts one above the other. @param {import("./graph.js").ScalarName[]} names */
function nameIn(names) {
  const wide = (text, font) => { if (pen) pen.font = font; return pen?.measureText(text).width ?? 8 * text.length; };
  const [large, small] = [`italic 18px ${SERIF}`, `11.9px ${SERIF}`];
  const widths = names.map(([letter, sub, sup]) => [wide(letter, large) + 1, Math.max(wide(sub, small), wide(sup, small)) + 1]);
  let x = WIDE / 2 + 4 - widths.flat().reduce((s, w) => s + w, 0) / 2;
  const text = svgElement("text", { "font-family": SERIF, "font-style": "italic", "font-size": 18, class: "f-ink" });
  names.forEach(([letter, sub, sup], k) => {
    text.append(svgElement("tspan", { x, y: 18 }, letter));
    x += widths[k][0];
    if (sup) text.append(svgElement("tspan", { x, y: 10, "font-size": 11.9, "font-style": "normal" }, sup));
    if (sub) text.append(svgElement("tspan", { x, y: 22.7, "font-size": 11.9, "font-style": "normal" }, sub));
    x += widths[k][1];
  });
  return text;
}
