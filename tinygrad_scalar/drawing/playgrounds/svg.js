// Elements of SVG, and the colours of the page where a canvas wants them.

/** An element with attributes and what it holds. @param {string} name @param {Record<string, string | number>} attributes @param {(Node | string)[]} within @returns {SVGElement} */
export function svgElement(name, attributes = {}, ...within) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...within);
  return made;
}

/** Places within a line, for the ticks of an axis from low to high: 1, 2 or 5 times a power of ten apart. @param {number} low @param {number} high @param {number} about how many */
export function ticks(low, high, about) {
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((k) => k * power >= raw) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, k) => (first + k) * step);
}

export const CLASS_COLOURS = ["negative", "positive", "third", "fourth", "fifth", "sixth"];
// Classes differ by shape as well: paths about 0, all of about the same area.
export const CLASS_SHAPES = [
  "M-5-5H5V5H-5Z", "M0-6A6 6 0 1 1 0 6A6 6 0 1 1 0-6Z", "M0-7L6.5 5H-6.5Z",
  "M0-7.5L6 0L0 7.5L-6 0Z", "M0 7L6.5-5H-6.5Z", "M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
];

/** Red, green and blue of a variable of the style, as they are now. @param {string} name */
export function coloursNow(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color.match(/[\d.]+/g) ?? ["0", "0", "0"];
  probe.remove();
  return found.slice(0, 3).map(Number);
}
