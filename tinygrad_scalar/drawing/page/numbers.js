// Numbers as a textbook prints them: what `drawing.text.numbers` prints, to the letter (a test compares the two).

export const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

const signed = (text) => text.replace("-", "−");

// JavaScript rounds a half up, Python to the even neighbour; `exact` holds all digits of the same number.
function rounded(up, exact) {
  const down = exact.slice(0, up.length);
  const half = /^\.?50*$/.test(exact.slice(up.length));
  return half && "02468".includes(down.at(-1)) ? down : up;
}

// x with so many decimals.
export function decimals(x, digits) {
  const size = Math.abs(x);
  return signed((x < 0 ? "-" : "") + rounded(size.toFixed(digits), size.toFixed(100)));
}

// x as a power of ten.
function scientific(x) {
  const [size, sign] = [Math.abs(x), x < 0 ? "−" : ""];
  const [mantissa, exponent] = size.toExponential(2).split("e");
  const exact = size.toExponential(100).split("e");
  const digits = exact[1] === exponent ? rounded(mantissa, exact[0]) : mantissa;
  return `${sign}${digits}·10${[...exponent.replace("+", "")].map((c) => RAISED[c]).join("")}`;
}

const plain = (x) => x === 0 || (Math.abs(x) >= 1e-3 && Math.abs(x) < 1e4);

/** x with three decimals, or as a power of ten where that would hide it. @param {number} x */
export function number(x) {
  if (!Number.isFinite(x)) return x > 0 ? "∞" : x < 0 ? "−∞" : "nan";
  return x === 0 ? "0.000" : plain(x) ? decimals(x, 3) : scientific(x);
}

/** x with three significant digits, and no zeros that say nothing. @param {number} x */
export function short(x) {
  if (!Number.isFinite(x) || !plain(x)) return number(x);
  if (Math.abs(x) >= 999.5) return decimals(x, 0);
  const before = Math.floor(Math.log10(Math.abs(x) || 1)); // where the first digit stands
  const text = decimals(x, Math.max(0, 2 - before));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** x as something to multiply with. @param {number} x */
export const factor = (x) => (short(x).startsWith("−") ? `×(${short(x)})` : `×${short(x)}`);

const PLAIN = Object.fromEntries(Object.entries(RAISED).map(([plain, raised]) => [raised, plain]));

// What a number looks like once its signs are those of a program.
const WRITTEN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number that someone means: 0.5, .5, 0,5, 1/2, 5e-1, 5·10⁻¹, −0.5; nan for what is none. @param {string} text */
export function read(text) {
  const plain = text.replace(/\s|^\((.*)\)$/g, "$1").replace(/[−–]/g, "-").replace("∞", "Infinity");
  const [over, under, more] = plain.split("/");
  if (under !== undefined) return more === undefined ? read(over) / read(under) : NaN;
  if (/^[+-]?Infinity$/.test(plain)) return Number(plain);
  const program = plain.replace(/^([^.,]*),([^.,]*)$/, "$1.$2")
    .replace(/[·×*]10\^?([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|-?\d+)$/, (_, power) => "e" + [...power].map((c) => PLAIN[c] ?? c).join(""));
  return WRITTEN.test(program) ? Number(program) : NaN;
}
