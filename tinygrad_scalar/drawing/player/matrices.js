// The matrix equations of a layer, beside its scalar steps: the same numbers, a column for the one example.

import { number } from "../page/numbers.js";
import { slopesOf } from "./passes.js";

/** @typedef {import("./told.js").Equation} Equation @typedef {import("./told.js").Matrix} Matrix */

const IN_FULL = 6; // rows or columns are all written
const ROUNDING = 1e-9; // to which an equation has to hold to be shown

/** The numbers of a matrix, row by row. @param {Matrix} matrix @returns {number[][]} */
export function numbersIn({ nodes, show }, { graph, data, gradients }) {
  const shown = {
    value: (k) => data[k],
    gradient: (k) => (graph[k].constant ? 0 : gradients[k]),
    slope: (k) => slopesOf(graph, data, k)[0],
  }[show];
  return nodes.map((row) => row.map(shown));
}

/** Whether the right side has the numbers of the left one. @param {Equation} equation */
export function holds({ parts: [left, , ...right] }, numbers) {
  if (right.includes(")")) return true; // σ(Z): each a was computed so
  let [value, sign] = [null, ""];
  for (const part of right) {
    if (typeof part === "string") sign = part;
    else {
      value = value ? OPERATIONS[sign](value, numbersIn(part, numbers)) : numbersIn(part, numbers);
      sign = "";
    }
  }
  return numbersIn(/** @type {Matrix} */ (left), numbers).every((row, i) => row.every((x, j) => isClose(x, value[i][j])));
}

const entrywise = (f) => (A, B) => A.map((row, i) => row.map((x, j) => f(x, B[i][j])));

/** What stands between two matrices. @type {Record<string, (A: number[][], B: number[][]) => number[][]>} */
const OPERATIONS = {
  "": (A, B) => A.map((row) => B[0].map((_, j) => row.reduce((sum, x, k) => sum + x * B[k][j], 0))),
  "+": entrywise((x, y) => x + y),
  "⊗": entrywise((x, y) => x * y),
};

const isClose = (x, y) => Object.is(x, y) || x === y || Math.abs(x - y) <= ROUNDING * (1 + Math.abs(x));

/** An equation as HTML, the entries marked that take part. @param {Equation} equation */
function equationInHtml({ parts }, numbers, marks) {
  const matrices = parts.filter((part) => typeof part !== "string");
  return parts.map((part) => {
    if (typeof part === "string") return `<span class="sign">${part}</span>`;
    const own = marks.filter(([k]) => matrices[k] === part);
    return matrixInHtml(part, numbersIn(part, numbers), own);
  }).join("");
}

/** Which of many rows or columns are written: the first, the last and the first that is marked; -1 stands for the others. */
function written(n, marked) {
  const all = Array.from({ length: n }, (_, k) => k);
  if (n <= IN_FULL) return all;
  const kept = new Set([0, 1, 2, Math.max(0, marked[0] ?? 0), n - 1]);
  return all.flatMap((k) => (kept.has(k) ? [k] : kept.has(k - 1) ? [-1] : []));
}

/** The letters of matrices upright and bold, as the text's own first note asks. @param {string} html */
export const bold = (html) => html.replace(/<i>([AWXZbΔ])<\/i>/g, "<b>$1</b>");

function matrixInHtml({ name, show }, numbers, marks) {
  const isOn = (i, j) => marks.some(([, row, column]) => (row < 0 || row === i) && (column < 0 || column === j));
  const cell = (i, j) => {
    if (i < 0 || j < 0) return "<td>…</td>";
    return `<td${isOn(i, j) ? ' class="on"' : ""}>${number(numbers[i][j])}</td>`;
  };
  const columns = written(numbers[0].length, marks.map(([, , column]) => column));
  const lines = written(numbers.length, marks.map(([, row]) => row))
    .map((i) => `<tr>${columns.map((j) => cell(i, j)).join("")}</tr>`).join("");
  const table = `<table class="matrix ${show === "value" ? "value" : "gradient"}"><tbody>${lines}</tbody></table>`;
  return `<span class="factor">${table}<span class="name"><span class="term">${bold(name.html)}</span></span></span>`;
}

/** The equations beside a step that hold for these numbers, as HTML. @param {Equation[]} equations */
export function equationsBeside(equations, { backward, turns }, numbers) {
  const nodes = new Set(turns.map(({ node }) => node));
  return equations.flatMap((equation) => {
    const beside = equation.beside.filter(([back, node]) => back === backward && nodes.has(node));
    if (!beside.length || !holds(equation, numbers)) return [];
    return [equationInHtml(equation, numbers, beside.flatMap(([, , marks]) => marks))];
  });
}
