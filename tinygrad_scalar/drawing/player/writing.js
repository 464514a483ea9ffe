// Rows of names and texts, as HTML and as words: names in ink, values in blue, derivatives in vermilion.

import { RAISED } from "../page/numbers.js";

/**
 * A name, or a text and its colour: "ink", "value", "constant", "gradient", "whole", "sofar", "quiet" or "raised".
 * @typedef {import("./told.js").Label | {text: string, colour: string}} Item
 */

const SPACED = new Set(["=", "≈", "+", "−", "·", "/", "⊗"]); // with space around them, where they stand between terms
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** A text as HTML, or in an attribute. @param {string} text */
export const escaped = (text) => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]);

/** A text in a colour. @returns {Item} */
export const colour = (colour, text) => ({ text, colour });
export const ink = (text) => colour("ink", text);
/** A letter as the text's names have it. @returns {Item} */
export const letter = (text) => ({ html: `<i>${text}</i>`, words: text });
export const [EQUALS, ABOUT, PLUS, TIMES, OPEN, CLOSE] = [..."=≈+·()"].map(ink);

/** A number as a factor: a negative one stands in parentheses. @param {string} shown */
export const inProduct = (shown) => (shown.startsWith("−") ? `(${shown})` : shown);

/** A row as HTML: names and the parentheses around them stay together. @param {Item[]} row */
export function inHtml(row) {
  const parts = row.map((item) => ("html" in item ? item.html : textInHtml(item)));
  const together = row.map((item) => "html" in item || "()".includes(item.text));
  return parts.map((part, k) => {
    const [opens, closes] = [together[k] && !together[k - 1], together[k] && !together[k + 1]];
    return `${opens ? '<span class="term">' : ""}${part}${closes ? "</span>" : ""}`;
  }).join("");
}

function textInHtml({ text, colour }) {
  if (colour === "raised") return `<sup>${text}</sup>`;
  const isSign = colour === "ink" && SPACED.has(text);
  return isSign ? ` <span class="sign">${text}</span>&nbsp;` : `<span class="${colour}">${escaped(text)}</span>`; // lines break before signs
}

/** A row as plain text, for a screen reader. @param {Item[]} row */
export const inWords = (row) => row.map((item) => ("words" in item ? item.words : textInWords(item))).join("").trim();

function textInWords({ text, colour }) {
  if (colour === "raised") return raised(text);
  return colour === "ink" && SPACED.has(text) ? ` ${text} ` : text;
}

/** An exponent in plain text. @param {string} text */
export function raised(text) {
  const plain = text.replaceAll("−", "-");
  if ([...plain].every((digit) => digit in RAISED)) return [...plain].map((digit) => RAISED[digit]).join("");
  return /^[\w.]+$/.test(plain) ? `^${text}` : `^(${text})`;
}
