// Gradient descent with momentum on batches, and every epoch of it kept: one can go back to any, and on from there.
import { shuffled, uniformFrom } from "./data.js";
import { countOf, gradientsOf, meanLoss, weightsOf } from "./network.js";

/**
 * @typedef {import("./network.js").Shape} Shape
 * @typedef {import("./network.js").Matrix} Matrix
 * @typedef {{eta: number, mu: number, batch: number, l2: number, seed: number}} Settings a batch of 0 is all examples
 * @typedef {{theta: Float64Array, v: Float64Array, E: number, held: number}} Snapshot
 */

const MOST_NUMBERS = 2e7; // that are kept of a training, 160 MB

/** θ for a start: weights uniform on ±√(6/(fan_in + fan_out)) (Glorot & Bengio 2010), biases 0. @param {number[]} sizes @param {number} seed */
export function startOf(sizes, seed) {
  const uniform = uniformFrom(seed);
  const theta = new Float64Array(countOf(sizes));
  let at = 0;
  for (let l = 1; l < sizes.length; l++) {
    const limit = Math.sqrt(6 / (sizes[l - 1] + sizes[l]));
    for (const end = at + sizes[l] * sizes[l - 1]; at < end; at++) theta[at] = (2 * uniform() - 1) * limit;
    at += sizes[l];
  }
  return theta;
}

export class Training {
  /** @param {Shape} shape @param {Float64Array} theta @param {Settings} settings */
  constructor(shape, theta, settings) {
    this.shape = shape;
    this.settings = settings;
    this.penalised = weightsOf(shape.sizes);
    this.start = Float64Array.from(theta);
    /** @type {Matrix} */ this.X = [[]];
    /** @type {Matrix} */ this.Y = [[]];
    /** @type {{X: Matrix, Y: Matrix}} */ this.held = { X: [[]], Y: [[]] };
    this.again();
  }

  /** Other examples to learn from and to be tested with; an epoch that has begun begins anew. @param {{X: Matrix, Y: Matrix}} examples @param {{X: Matrix, Y: Matrix}} held */
  learn(examples, held) {
    Object.assign(this, examples);
    this.held = held;
    this.place = 0;
    if (this.kept.length === 1) this.kept[0] = this.snapshot(this.kept[0]);
  }

  /** Back to the start: the same θ, no velocity, nothing kept. */
  again() {
    this.theta = Float64Array.from(this.start);
    this.v = new Float64Array(this.theta.length);
    this.epoch = 0;
    this.place = 0; // in the order of this epoch
    /** @type {number[]} */ this.drawn = []; // that order, once the epoch has begun
    this.trouble = "";
    /** @type {Snapshot[]} */ this.kept = [this.snapshot()];
  }

  /** On from that θ as the first that is kept; the start stays what it is. @param {Float64Array} theta */
  begin(theta) {
    this.theta = Float64Array.from(theta);
    this.kept = [this.snapshot()];
  }

  get M() {
    return this.X[0]?.length ?? 0;
  }

  get E() {
    return this.errorAt(this.theta);
  }

  get heldOut() {
    return this.heldOutAt(this.theta);
  }

  /** E, with the penalty (λ/2M) Σ w². @param {Float64Array} theta */
  errorAt(theta) {
    const squares = theta.reduce((sum, w, k) => sum + this.penalised[k] * w * w, 0);
    return meanLoss(this.shape, theta, this.X, this.Y) + (this.settings.l2 / (2 * this.M)) * squares;
  }

  /** E on the points held out, without a penalty. @param {Float64Array} theta */
  heldOutAt(theta) {
    return meanLoss(this.shape, theta, this.held.X, this.held.Y);
  }

  /** What is kept, with E of the points as they are now. @param {{theta: Float64Array, v: Float64Array}} at */
  snapshot({ theta, v } = this) {
    return { theta: Float64Array.from(theta), v: Float64Array.from(v), E: this.errorAt(theta), held: this.heldOutAt(theta) };
  }

  /** The examples of this epoch, in the order that the seed gives them. */
  get order() {
    return shuffled(this.M, Math.imul(this.settings.seed + 1, 0x9e3779b1) + this.epoch);
  }

  /** The gradient of E on some examples; the penalty keeps the M of all. @param {number[]} batch */
  gradient(batch) {
    const part = (A) => A.map((row) => batch.map((m) => row[m]));
    const g = gradientsOf(this.shape, this.theta, part(this.X), part(this.Y));
    const ridge = this.settings.l2 / this.M;
    return ridge ? g.map((d, k) => d + ridge * this.penalised[k] * this.theta[k]) : g;
  }

  /** v ← μ v − η ∂E/∂θ, θ ← θ + v, on the next batch; false where that is impossible. */
  step() {
    if (this.trouble || !this.M) return false;
    if (this.kept.length > this.epoch + 1) this.kept.length = this.epoch + 1; // it goes on from here
    const { eta, mu, batch } = this.settings;
    const size = batch || this.M;
    if (!this.place) this.drawn = this.order;
    const g = this.gradient(this.drawn.slice(this.place, this.place + size));
    const v = this.v.map((speed, k) => mu * speed - eta * g[k]);
    const theta = this.theta.map((w, k) => w + v[k]);
    [this.v, this.theta] = [v, theta];
    this.place += size;
    if (this.place >= this.M || !theta.every(Number.isFinite)) this.close();
    return !this.trouble;
  }

  /** The end of an epoch, of one that diverges too: it is kept. */
  close() {
    this.place = 0;
    this.epoch += 1;
    const snapshot = this.snapshot();
    this.kept.push(snapshot);
    if (!Number.isFinite(snapshot.E) || !this.theta.every(Number.isFinite)) this.stop();
    else if (this.kept.length * this.theta.length * 2 > MOST_NUMBERS) this.trouble = `${this.epoch} epochs are kept, and there is no room for more: go back, or start again.`;
  }

  stop() {
    this.trouble = `The training has diverged in epoch ${this.epoch || 1}: E is no number any more. Go back with the slider, take a smaller η, and go on from there.`;
  }

  /** All batches that are left of this epoch. */
  runEpoch() {
    const { epoch } = this;
    while (this.epoch === epoch && this.step());
    return !this.trouble;
  }

  /** θ and the velocity as they were at the end of an epoch, to the bit; the later ones wait until a step is made. @param {number} epoch */
  back(epoch) {
    const { theta, v } = this.kept[epoch];
    [this.theta, this.v] = [Float64Array.from(theta), Float64Array.from(v)];
    [this.epoch, this.place, this.trouble] = [epoch, 0, ""];
    if (!this.theta.every(Number.isFinite)) this.stop();
  }
}
