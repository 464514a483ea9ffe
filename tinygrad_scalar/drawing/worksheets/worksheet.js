// Worksheets: the steps of both passes with blanks for the numbers; then the same with the numbers in their places.
//
// Everything is computed as one does by hand: each result is rounded to the digits shown, and what follows is computed from
// the rounded number. So every line gives what stands at its end.

import { factor, short } from "../page/numbers.js";
import { SUM, backward, forward } from "../page/rows.js";
import { start } from "../page/start.js";
import { rows } from "../page/table.js";
import { Writer } from "../player/arithmetic.js";
import { BY_HAND } from "../player/figures.js";
import { bold } from "../player/matrices.js";
import { passesOf } from "../player/passes.js";
import { edgeKeys, nodeKey } from "../player/told.js";
import { EQUALS, PLUS, TIMES, inHtml, ink, letter } from "../player/writing.js";

/**
 * @typedef {import("../player/told.js").Told & {sheets: {title: string, data: (number | string)[]}[], bent: string[]}} Sheets
 */

const LARGEST = 1.25; // of a picture, times its natural size
const DOZEN = 12; // columns of a table
const CROSS = 13; // points of the ground of a × on a line
const NUMBERS = ".value, .gradient, .sofar, .whole";
const find = (selector, within) => within.querySelector(selector);

/** The rows, each with what it gives as it stands on paper. */
const onPaper = Object.fromEntries(
  Object.entries(rows).map(([name, row]) => [name, { ...row, value: (x) => BY_HAND.kept(row.value(x)) }]),
);

/** All numbers of a sheet, and what they are exactly. */
function numbersOf(graph, given) {
  const leaves = given.map((x, k) => (graph[k].parents.length ? NaN : Number(x)));
  const data = forward(onPaper, graph, leaves.map(BY_HAND.kept));
  const exact = forward(rows, graph, [...leaves]);
  return { data, ...passesOf(graph, data, BY_HAND), exact, exactGradients: backward(rows, graph, exact) };
}

/** The lines of a turn: the arithmetic, and the local derivatives where they are more than ±1 or another factor. */
function linesOf(writer, turn) {
  if (turn.backward) return turn.shares.map((share) => named(writer, turn, share));
  const { formula } = writer.graph[turn.node];
  const isPlain = writer.formulas[formula].slopes.every((form) => !form || form.length === 1);
  return isPlain ? [writer.value(turn.node)] : writer.rowsOf(turn);
}

/** A share with the names of its factors before their numbers. */
function named(writer, { node, gradient }, share) {
  const row = writer.share(gradient, share);
  const head = writer.derivative(share.parent).length + 1;
  const before = share.first ? [] : [ink("so far"), PLUS];
  const { delta } = writer.graph[node];
  return [...row.slice(0, head), ...before, ...(delta ? [delta] : writer.total(node)), ...local(writer, node, share), EQUALS, ...row.slice(head)];
}

/** Times a local derivative: by the name of the other factor, if it is one. Of a sum it is 1. */
function local(writer, node, { parent, places }) {
  const { row, formula } = writer.graph[node];
  if (SUM.test(row) && places.length === 1) return [TIMES, ink("1")];
  const form = places.length === 1 && writer.formulas[formula].slopes[places[0]];
  if (form && form.length === 1) return [TIMES, ...writer.filled(form, node, (k) => writer.factor(k))];
  return [TIMES, letter("∂"), ...writer.factor(node), letter("/∂"), ...writer.factor(parent)];
}

function fillSteps(article, writer, turns) {
  for (const pass of ["forward", "backward"]) {
    find(`ol.${pass}`, article).innerHTML = turns
      .filter((turn) => turn.backward === (pass === "backward"))
      .map((turn) => `<li>${linesOf(writer, turn).map((row) => `<p>${inHtml(row)}</p>`).join("")}</li>`)
      .join("");
  }
}

function fillPicture(article, { graph, picture }, { data, turns, gradients }) {
  const svg = find(".picture svg", article);
  svg.style.maxWidth = `${LARGEST * Number(svg.getAttribute("width"))}px`;
  const part = (key) => find(`[id="${picture}${key}"]`, article);
  const write = (within, kind, text) => {
    const place = within && find(`text.f-${kind}`, within);
    if (place) place.textContent = text;
  };
  graph.forEach((node, k) => {
    const card = part(nodeKey(k));
    write(card, "value", short(data[k]));
    write(card, "gradient", short(gradients[k]));
    card.classList.toggle("given", !node.parents.length);
  });
  const edges = edgeKeys(graph);
  for (const { node, shares } of turns) {
    for (const { places, factors } of shares) {
      places.forEach((place, nth) => write(part(`${edges[node][place]}l`), "gradient", factor(factors[nth])));
    }
  }
  article.querySelectorAll(".picture title").forEach((title) => title.remove()); // they tell all digits
}

/** The sheet of a solution: every number that is not given is a blank. */
function blanked(solution) {
  const sheet = solution.cloneNode(true);
  sheet.classList.remove("solution");
  for (const line of sheet.querySelectorAll(".pass p")) {
    withoutSigns(line);
    const numbers = [...line.querySelectorAll(NUMBERS)];
    numbers.forEach((number, k) => {
      number.className = `blank${k === numbers.length - 1 ? " result" : ""}`;
      number.innerHTML = '<span class="hidden">blank</span>';
    });
  }
  for (const card of sheet.querySelectorAll(".picture .card")) {
    if (!card.classList.contains("given")) card.querySelectorAll("text.f-value").forEach((text) => { text.textContent = ""; });
    card.querySelectorAll("text.f-gradient").forEach((text) => { text.textContent = ""; });
  }
  sheet.querySelectorAll(".picture .label").forEach(blankLabel);
  return sheet;
}

/** A label is × alone, on a ground that is as wide for all: its own would tell how long the number is. */
function blankLabel(label) {
  const ground = find("rect", label);
  const middle = Number(ground.getAttribute("x")) + Number(ground.getAttribute("width")) / 2;
  ground.setAttribute("x", middle - CROSS / 2);
  ground.setAttribute("width", CROSS);
  const sign = find("text", label);
  sign.setAttribute("x", middle);
  sign.setAttribute("text-anchor", "middle");
  sign.textContent = "×";
}

/** Without the parentheses of negative numbers, which would tell their signs; those of a function stay. */
function withoutSigns(line) {
  const alone = (one) => one?.classList.contains("term") && /^[()]$/.test(one.textContent);
  for (const number of line.querySelectorAll(NUMBERS)) {
    const [open, close] = [number.previousElementSibling, number.nextElementSibling];
    if (!alone(open) || !alone(close) || /\p{L}$/u.test(open.previousElementSibling?.textContent ?? "")) continue;
    open.remove();
    close.remove();
  }
}

/** What each bent row makes of the numbers that it is given here, among others. */
function fillTables(article, { graph, bent, formulas }, data) {
  const tables = bent.map((row) => {
    const inputs = graph.flatMap((node) => (node.row === row ? [data[node.parents[0]]] : []));
    const wanted = [...new Set([...inputs, ...inputs.map((x) => -x), ...inputs.map((x) => BY_HAND.kept(x + 0.1))])];
    const { symbol } = graph.find((node) => node.row === row);
    return table(`${symbol}(x)`, wanted.sort((x, y) => x - y).map((x) => [short(x), short(rows[row].value([x]))]));
  });
  find(".tables", article).insertAdjacentHTML("beforeend", `<div class="rows" tabindex="0">${tables.join("")}</div>`);
  find(".tables", article).hidden = !tables.length;
}

/** Pairs of x and f(x), a dozen in a row. */
function table(f, pairs) {
  const line = (name, cells) => `<tr><th scope="row">${name}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  const parts = Array.from({ length: Math.ceil(pairs.length / DOZEN) }, (_, k) => pairs.slice(k * DOZEN, (k + 1) * DOZEN));
  return parts.map((part) => `<table>${line("x", part.map(([x]) => x))}${line(f, part.map(([, y]) => y))}</table>`).join("");
}

function fillEquations(article, equations) {
  const written = equations.map(({ parts }) =>
    parts.map((part) => (typeof part === "string" ? `<span class="sign">${part}</span>` : `<span class="term">${bold(part.name.html)}</span>`)).join(""));
  find(".equations", article).innerHTML = written.map((one) => `<li>${one}</li>`).join("");
  find(".matrices", article).hidden = !written.length;
}

/** How far rounding on the way has led from the exact numbers. */
function rounding(writer, { data, exact, gradients, exactGradients }) {
  const last = data.length - 1;
  const off = gradients.map((g, k) => (writer.graph[k].constant ? 0 : Math.abs(g - exactGradients[k])));
  const most = off.indexOf(Math.max(...off));
  const digits = (x) => String(Number(x.toPrecision(6))).replace("-", "−");
  if (!(Math.max(Math.abs(data[last] - exact[last]), off[most]) > 1e-9)) return "Nothing was rounded: every number is exact.";
  const E = `${inHtml(writer.name(last))} is ${short(data[last])} here and ${digits(exact[last])} without rounding on the way`;
  const gradient = `${inHtml(writer.total(most))}, ${short(gradients[most])} here and ${digits(exactGradients[most])} without`;
  return off[most] ? `${E}; of the gradients, furthest off is ${gradient}.` : `${E}; every gradient is exact.`;
}

function solution(told, { title, data: given }) {
  const numbers = numbersOf(told.graph, given);
  const writer = new Writer(told, numbers.data, BY_HAND);
  const article = find("#sheet", document).content.firstElementChild.cloneNode(true);
  article.classList.add("solution");
  find("h1", article).textContent = title;
  fillPicture(article, told, numbers);
  fillEquations(article, told.equations);
  fillTables(article, told, numbers.data);
  fillSteps(article, writer, numbers.turns);
  find(".rounding", article).innerHTML = rounding(writer, numbers);
  return article;
}

/** Puts all sheets on the page, and behind them all solutions. @param {Sheets} told */
function worksheets(told) {
  const solutions = told.sheets.map((sheet) => solution(told, sheet));
  const sheets = solutions.map(blanked);
  for (const article of solutions) find("h1", article).textContent += ": solution";
  find("#sheets", document).append(...sheets, ...solutions);
  for (const part of document.querySelectorAll("#sheets .picture [id]")) part.removeAttribute("id");
}

start({ worksheet: worksheets });
