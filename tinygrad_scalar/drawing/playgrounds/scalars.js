// The graph of the chosen point, told as a player wants it, in a document of its own that runs the script of this page.
import { RAISED } from "../page/numbers.js";
import { pictureOf } from "./cards.js";

/**
 * @typedef {import("./cards.js").ScalarGraph} ScalarGraph
 * @typedef {import("./graph.js").ScalarName} ScalarName
 * @typedef {import("../player/told.js").Equation} Equation
 * @typedef {{body: string, style: string, symbols: Record<string, string>, formulas: Record<string, import("../player/told.js").Formula>, slips: import("../player/predict.js").Slips}} PlayerParts
 */

const PICTURE = "scalars"; // its id; the style of the page knows it
const WHOLE = -1; // marks a row or a column
const LOWERED = { "(": "₍", ")": "₎", ",": ",", 0: "₀", 1: "₁", 2: "₂", 3: "₃", 4: "₄", 5: "₅", 6: "₆", 7: "₇", 8: "₈", 9: "₉" };
const LIFTED = { ...RAISED, "(": "⁽", ")": "⁾" };
const spelt = (text, digits) => [...text].map((sign) => digits[sign] ?? sign).join("");

/** Names as a player is told: as HTML and in words. @param {ScalarName[]} names @returns {import("../player/told.js").Label} */
function labelOf(names) {
  const html = names.map(([letter, sub, sup]) => {
    const [below, above] = [sub && `<sub>${sub}</sub>`, sup && `<sup>${sup}</sup>`];
    return `<i>${letter}</i>${sub && sup ? `<span class="scripts"><span>${sup}</span><span>${sub}</span></span>` : below + above}`;
  });
  const words = names.map(([letter, sub, sup]) => letter + spelt(sub, LOWERED) + spelt(sup, LIFTED));
  return { html: html.join(""), words: words.join(" "), ...(names.length > 1 ? { product: true } : {}) };
}

/** What a player is told of the graph. @param {ScalarGraph} scalar @param {PlayerParts} parts @param {string} title @returns {import("../player/told.js").Told} */
function toldOf(scalar, { symbols, formulas, slips }, title) {
  const graph = scalar.graph.map(({ row, parents, constant, names, role }) => ({
    row, parents, constant, role, formula: parents.length ? row : "", symbol: symbols[row] ?? "",
    name: names.length ? labelOf(names) : null,
    delta: role === "z" ? labelOf([["δ", names[0][1], names[0][2]]]) : null,
  }));
  const data = scalar.data.map((x) => (Number.isFinite(x) ? x : String(x)));
  const used = Object.fromEntries(graph.filter(({ formula }) => formula).map(({ formula }) => [formula, formulas[formula]]));
  return { kind: "player", title, picture: PICTURE, graph, data, formulas: used, equations: equationsOf(scalar), groupings: groupingsOf(scalar), slips };
}

/** What the graph can be taken by: its neurons, or its layers. @param {ScalarGraph} scalar */
function groupingsOf({ graph, layers }) {
  const groups = layers.slice(1).map(({ w, b, products, z, a }) => z.map((_, i) => [...w[i], b[i], ...products[i], z[i], a[i]]));
  const grouping = (names, members) => ({
    names: names.map((words) => ({ html: words, words })),
    of: graph.map((_, k) => members.findIndex((nodes) => nodes.includes(k))),
  });
  return {
    neuron: grouping(groups.flatMap((neurons, l) => neurons.map((_, i) => `layer ${l + 1}, neuron ${i + 1}`)), groups.flat()),
    layer: grouping(groups.map((_, l) => `layer ${l + 1}`), groups.map((neurons) => neurons.flat())),
  };
}

/** The equations of the layers: Z = W A + b, A = σ(Z); Δ = Wᵀ Δ ⊗ σ′(Z), ∂E/∂W = Δ Aᵀ, ∂E/∂b = Δ. @param {ScalarGraph} scalar @returns {Equation[]} */
function equationsOf({ layers }) {
  const columnOf = (places) => places.map((k) => [k]);
  const matrix = (name, nodes, show = "value") => ({ name: labelOf(name), nodes, show });
  const turned = (nodes) => nodes[0].map((_, j) => nodes.map((row) => row[j]));
  return layers.slice(1).flatMap(({ w, b, products, z, a }, at) => {
    const l = at + 1;
    const named = (letter, sup = `(${l})`) => /** @type {ScalarName} */ ([letter, "", sup]);
    const input = at ? named("A", `(${at})`) : named("X", "");
    const [W, Z, Delta] = [matrix([named("W")], w), matrix([named("Z")], columnOf(z)), matrix([named("Δ")], columnOf(z), "gradient")];
    const X = matrix([input], columnOf(layers[at].a));
    const turns = products.flatMap((row, i) => row.map((k, j) => ({ k, i, j })));
    /** @type {any[]} */ const found = [
      { parts: [Z, "=", W, X, "+", matrix([named("b")], columnOf(b))], beside: [
        ...turns.map(({ k, i, j }) => [false, k, [[0, i, 0], [1, i, j], [2, j, 0]]]),
        ...z.map((k, i) => [false, k, [[0, i, 0], [1, i, WHOLE], [2, WHOLE, 0], [3, i, 0]]])] },
      { parts: [matrix([["∂E/∂", "", ""], named("W")], w, "gradient"), "=", Delta, matrix([input, ["", "", "⊤"]], turned(X.nodes))],
        beside: turns.map(({ k, i, j }) => [true, k, [[0, i, j], [1, i, 0], [2, 0, j]]]) },
      { parts: [matrix([["∂E/∂", "", ""], named("b")], columnOf(b), "gradient"), "=", Delta], beside: z.map((k, i) => [true, k, [[0, i, 0], [1, i, 0]]]) },
    ];
    const next = layers[l + 1];
    if (a[0] === z[0]) return found;
    found.push({ parts: [matrix([named("A")], columnOf(a)), "=", "σ(", Z, ")"], beside: a.map((k, i) => [false, k, [[0, i, 0], [1, i, 0]]]) });
    if (next) {
      const slope = matrix([["σ′", "", ""], ["(", "", ""], named("Z"), [")", "", ""]], columnOf(a), "slope");
      const above = [matrix([["W", "", `(${l + 1})`], ["", "", "⊤"]], turned(next.w)), matrix([["Δ", "", `(${l + 1})`]], columnOf(next.z), "gradient")];
      found.push({ parts: [Delta, "=", ...above, "⊗", slope], beside: a.map((k, i) => [true, k, [[0, i, 0], [1, i, WHOLE], [2, WHOLE, 0], [3, i, 0]]]) });
    }
    return found;
  });
}

/** The document of a player: its script is the very script of this page, which the page's policy lets run. @param {ScalarGraph} scalar @param {PlayerParts} parts @param {string} title */
export function playerDocument(scalar, parts, title) {
  const own = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
  const theme = document.documentElement.dataset.theme;
  const told = JSON.stringify(toldOf(scalar, parts, title)).replace(/</g, "\\u003c");
  const picture = pictureOf(scalar, PICTURE, parts.symbols, title).outerHTML;
  const script = own("body > script:not([type])").textContent;
  return [
    `<!DOCTYPE html><html lang="en"${theme ? ` data-theme="${theme}"` : ""}><head><meta charset="utf-8">`,
    own("meta[http-equiv]").outerHTML,
    `<title>${title}</title>${own("style").outerHTML}<style>${parts.style}</style></head><body>`,
    parts.body.replace("$picture", () => picture),
    `<script type="application/json" id="data">${told}<\/script><script>${script}<\/script></body></html>`,
  ].join("");
}
