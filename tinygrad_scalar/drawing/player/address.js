// The address of the page holds what one sees: #12&by=neuron&example=3&n5=0.25 is step 12, by neuron, on example 3, with
// 0.25 in the node n5.

import { nodeKey } from "./told.js";

const PAUSE = 300; // milliseconds: browsers refuse addresses that change too often

/** @param {string} hash @returns {{step: number, by: string, example: number, numbers: [number, number][]}} */
export function readAddress(hash) {
  const [first, ...rest] = hash.slice(1).split("&");
  const items = rest.map((item) => item.split("="));
  const said = Object.fromEntries(items);
  const numbers = items.filter(([key, x]) => /^n\d+$/.test(key) && x && !Number.isNaN(x === "NaN" ? 0 : Number(x)));
  return {
    step: Math.max(1, Math.trunc(Number(first)) || 1) - 1,
    by: said.by ?? "",
    example: Math.max(1, Math.trunc(Number(said.example)) || 1) - 1,
    numbers: numbers.map(([key, x]) => [Number(key.slice(1)) - 1, Number(x)]),
  };
}

/** @param {import("./live.js").Live} live @param {number} now */
export function addressOf(live, now) {
  const origin = live.origin();
  const changed = live.leaves.filter((k) => !Object.is(live.data[k], origin[k]));
  return [
    `#${now + 1}`,
    ...(live.by === live.usual ? [] : [`by=${live.by}`]),
    ...(live.example ? [`example=${live.example + 1}`] : []),
    ...changed.map((k) => `${nodeKey(k)}=${live.data[k]}`),
  ].join("&");
}

let waiting = 0;

/** Write the address, once nothing has changed for a moment; where a frame has none of its own, it stays as it is. */
export function writeAddress(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (location.protocol !== "about:" && location.hash !== text()) history.replaceState(null, "", text());
  }, PAUSE);
}
