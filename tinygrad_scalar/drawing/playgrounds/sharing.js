// θ and all that it belongs to, taken along: as JSON, as Python that runs, and as a link that opens it again.

import { GIVEN } from "./data.js";
import { countOf } from "./network.js";

/**
 * What is shared: the shape of the network, the loss, θ, the settings, and the points by their set or one by one.
 * @typedef {import("./training.js").Settings} Settings
 * @typedef {{sizes: number[], sigmas: (string | null)[], loss: string, theta: Float64Array, settings: Settings, low: number, topic: string,
 *   noise: number, share: number, chosen: number, points: import("./data.js").Point[] | null}} Shared
 */

/** A number as Python and JSON read it. @param {number} x */
const inPython = (x) => (Number.isFinite(x) ? String(x) : `float("${x}")`.replace("Infinity", "inf").replace("NaN", "nan"));
const listOf = (numbers) => `[${Array.from(numbers, inPython).join(", ")}]`;

/** @param {Shared} shared @param {number} E @param {number} epoch */
export function asJson({ sizes, sigmas, loss, theta, settings }, E, epoch) {
  return JSON.stringify({ sizes, activations: sigmas.slice(1), loss, epoch, E, ...settings, theta: [...theta] }, null, 1).replace(/,\n {2}(?=[-\d"])/g, ", ").replace(/\[\n\s+/g, "[").replace(/\n\s+\]/g, "]");
}

/** A script that builds the network with this θ, and E on the points that it is trained on. @param {Shared} shared @param {number[][]} X columns @param {number[][]} Y columns @param {number} E */
export function asPython({ sizes, sigmas, loss, theta, settings }, X, Y, E) {
  const hidden = sigmas.slice(1, -1);
  const sigma = new Set(hidden).size === 1 ? `"${hidden[0]}"` : `[${hidden.map((name) => `"${name}"`).join(", ")}]`;
  const rows = (A) => `[${A[0].map((_, m) => listOf(A.map((row) => row[m]))).join(", ")}]`;
  return [
    "from tinygrad_scalar import MLP",
    "from tinygrad_scalar.objective import Objective",
    "",
    `mlp = MLP(${sizes[0]}, [${sizes.slice(1).join(", ")}], ${sigma}, "${sigmas.at(-1)}")`,
    `mlp.theta = ${listOf(theta)}`,
    "",
    "# the points that the page trains on",
    `X = ${rows(X)}`,
    `Y = ${rows(Y)}`,
    `E, gradient = Objective(mlp, X, Y, "${loss}", l2=${inPython(settings.l2)})(mlp.theta)`,
    `print(E)  # on the page ${inPython(E)}`,
    "",
  ].join("\n");
}

/** Numbers, to the bit, as letters that an address may hold. @param {Float64Array} numbers */
function packed(numbers) {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** The numbers again. @param {string} text */
function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  return new Float64Array(bytes.buffer);
}

/** The hash of an address. @param {Shared} shared */
export function asHash({ sizes, sigmas, loss, theta, settings, low, topic, noise, share, chosen, points }) {
  const { eta, mu, batch, l2, seed } = settings;
  const told = new URLSearchParams({
    topic, noise: String(noise), share: String(share), sizes: sizes.join("-"), sigmas: sigmas.slice(1).join("-"), loss, low: String(low),
    eta: String(eta), mu: String(mu), batch: String(batch), l2: String(l2), seed: String(seed), chosen: String(chosen), theta: packed(theta),
  });
  if (points) told.set("points", packed(Float64Array.from(points.flatMap(({ x, target, held }) => [...x, target, Number(held)]))));
  return `#${told}`;
}

/** What a hash holds; null if it holds no θ, or not as many numbers as its network has. @param {string} hash @returns {Shared | null} */
export function fromHash(hash) {
  const told = new URLSearchParams(hash.slice(1));
  const [text, sizes] = [told.get("theta"), (told.get("sizes") ?? "").split("-").map(Number)];
  const real = (name) => Number(told.get(name));
  if (!text) return null;
  try {
    const numbers = told.get("points") ? unpacked(/** @type {string} */ (told.get("points"))) : null;
    const width = sizes[0] + 2;
    const points = numbers && Array.from({ length: numbers.length / width }, (_, m) => {
      const row = [...numbers.slice(m * width, (m + 1) * width)];
      return { x: row.slice(0, sizes[0]), target: row[sizes[0]], held: row[sizes[0] + 1] === 1 };
    });
    return {
      sizes, sigmas: [null, ...(told.get("sigmas") ?? "").split("-")], loss: told.get("loss") ?? "", theta: unpacked(text), points,
      settings: { eta: real("eta"), mu: real("mu"), batch: real("batch"), l2: real("l2"), seed: real("seed") },
      low: real("low"), topic: told.get("topic") ?? "", noise: real("noise"), share: real("share"), chosen: real("chosen"),
    };
  } catch {
    return null; // letters that are none of ours
  }
}

/** Whether a page can show what a link holds. @param {Shared} shared @param {import("./playground.js").PlaygroundTold} told */
export function fits({ sizes, sigmas, loss, theta, settings, topic, points }, { given, topics, tails, sigmas: known, most }) {
  const set = given.X.length && topic === GIVEN ? { inputs: given.columns.length, classes: given.classes } : topics[topic];
  if (!set) return false;
  const [inputs, outputs, output, C] = [sizes[0], Number(sizes.at(-1)), sigmas.at(-1), set.classes.length];
  const possible = sizes.every((d) => d >= 1 && d <= most.neurons) && sizes.length - 1 <= most.layers && sizes.length === sigmas.length;
  return possible && theta.length === countOf(sizes) && inputs === set.inputs && (outputs === 1 ? C < 3 : outputs === C) &&
    `${output}/${loss}/${outputs}` in tails && sigmas.slice(1, -1).every((name) => known.includes(String(name))) &&
    Object.values(settings).every(Number.isFinite) && (points ?? []).length <= most.points &&
    (points ?? []).every(({ x, target }) => [...x, target].every(Number.isFinite) && (!C || target in set.classes));
}
