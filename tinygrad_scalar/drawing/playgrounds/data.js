// Points to learn, drawn anew from a seed; and what the network is told of them.

/**
 * A point: one input or two, its target (the number of its class, or a number), and whether it is held out.
 * @typedef {{x: number[], target: number, held: boolean}} Point
 */

export const GIVEN = "given"; // the points that Python gave, as a set among others

/** Numbers from 0 to 1, the same for the same seed (mulberry32). @param {number} seed */
export function uniformFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers from N(0, 1) (Box & Muller 1958). @param {() => number} uniform */
const normalFrom = (uniform) => () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

/** 0 to n − 1 in an order that the seed decides (Fisher & Yates). @param {number} n @param {number} seed */
export function shuffled(n, seed) {
  const uniform = uniformFrom(seed);
  const order = Array.from({ length: n }, (_, k) => k);
  for (let k = n - 1; k > 0; k--) {
    const other = Math.floor(uniform() * (k + 1));
    [order[k], order[other]] = [order[other], order[k]];
  }
  return order;
}

const COUNT = 200; // points in a set
const CURVE = 60; // of the curve

// Each maker gives the k-th of n points without noise: its inputs, and its target.
const makers = {
  xor: (uniform) => {
    const [x, y] = [uniform() * 2 - 1, uniform() * 2 - 1];
    return [[x + 0.1 * Math.sign(x), y + 0.1 * Math.sign(y)], x * y > 0 ? 0 : 1]; // the axes stay free
  },
  circles: (uniform, k) => {
    const [radius, angle] = [k % 2 ? 0.45 * Math.sqrt(uniform()) : 0.8 + 0.3 * uniform(), 2 * Math.PI * uniform()];
    return [[radius * Math.cos(angle), radius * Math.sin(angle)], k % 2];
  },
  spirals: (uniform, k, n) => {
    const t = 0.1 + 0.9 * (Math.floor(k / 2) / (n / 2));
    const angle = 3.2 * Math.PI * t + (k % 2) * Math.PI;
    return [[1.1 * t * Math.sin(angle), 1.1 * t * Math.cos(angle)], k % 2];
  },
  moons: (uniform, k) => {
    const angle = Math.PI * uniform();
    const [x, y] = k % 2 ? [1 - Math.cos(angle), 0.5 - Math.sin(angle)] : [Math.cos(angle), Math.sin(angle)];
    return [[x - 0.5, y - 0.25], k % 2];
  },
  three: (uniform, k) => {
    const [angle, radius] = [(2 * Math.PI * (k % 3)) / 3 + Math.PI / 2, 0.35 * Math.sqrt(uniform())];
    const around = 2 * Math.PI * uniform();
    return [[0.7 * Math.cos(angle) + radius * Math.cos(around), 0.7 * Math.sin(angle) + radius * Math.sin(around)], k % 3];
  },
  curve: (uniform, k, n) => {
    const x = -1 + (2 * k) / (n - 1);
    return [[x], 0.8 * Math.sin(Math.PI * x)];
  },
};

/** The points of a set, with noise of that standard deviation. @param {string} name @param {number} seed @param {number} noise @returns {Point[]} */
export function drawn(name, seed, noise) {
  const uniform = uniformFrom(seed);
  const normal = normalFrom(uniform);
  const n = name === "curve" ? CURVE : COUNT;
  return Array.from({ length: n }, (_, k) => {
    const [x, target] = makers[name](uniform, k, n);
    const moved = x.length > 1 ? x.map((v) => v + noise * normal()) : x;
    return { x: moved, target: x.length > 1 ? target : target + noise * normal(), held: false };
  });
}

/** Hold out that share of the points, chosen by the seed; one at least is left to learn from. @param {Point[]} points @param {number} share @param {number} seed */
export function holdOut(points, share, seed) {
  const most = Math.min(Math.round(points.length * share), points.length - 1);
  shuffled(points.length, seed ^ 0x5eed).forEach((place, k) => {
    points[place].held = k < most;
  });
}

/** What the network is given: X, and Y, examples in columns; two classes are `low` and 1. @param {Point[]} points @param {number} classes how many, 0 of a regression @param {number} outputs @param {number} low */
export function matricesOf(points, classes, outputs, low) {
  const X = (points[0]?.x ?? []).map((_, j) => points.map(({ x }) => x[j]));
  const Y = Array.from({ length: outputs }, (_, k) => points.map(({ target }) => targetOf(target, k, classes, outputs, low)));
  return { X, Y };
}

/** y_k of a point. @param {number} target @param {number} k @param {number} classes @param {number} outputs @param {number} low */
export function targetOf(target, k, classes, outputs, low) {
  if (!classes) return target;
  return target === (outputs > 1 ? k : 1) ? 1 : low;
}
