// The training page: its settings, its points and its network, and what is shown of them.
import { number, short } from "../page/numbers.js";
import { element } from "../page/start.js";
import { listenTo } from "./controls.js";
import { ErrorCurve } from "./curve.js";
import { drawn, GIVEN, holdOut, matricesOf, targetOf } from "./data.js";
import { largestDifference, scalarGradient, scalarGraph } from "./graph.js";
import { activate, deltas, gradientsOf, matrices, sigmaSlope } from "./network.js";
import { NetworkPicture } from "./picture.js";
import { Plane } from "./plane.js";
import { playerDocument } from "./scalars.js";
import { fits, fromHash } from "./sharing.js";
import { fillSettings, fillSizes, fillTools } from "./settings.js";
import { startOf, Training } from "./training.js";

/**
 * What Python tells: the points given (none of a topic that the page draws), the network with its θ, and what there is.
 * @typedef {import("./data.js").Point} Point
 * @typedef {{given: {name: string, X: number[][], targets: number[], classes: string[], columns: string[], low: number},
 *   network: {sizes: number[], sigmas: (string | null)[], theta: (number | string)[]}, loss: string, heldOut: number,
 *   topics: Record<string, {inputs: number, classes: string[], hidden: number[], noise: number, words: string}>, sigmas: string[], outputs: string[],
 *   natural: Record<string, string>, signs: string[], tails: Record<string, import("./network.js").Tail>, player: import("./scalars.js").PlayerParts,
 *   most: {neurons: number, layers: number, points: number}}} PlaygroundTold
 */


const AGREE = 1e-10; // relative: what two orders of the same sums may differ by

/** Opens the page. @param {PlaygroundTold} told */
export const playground = (told) => new Playground(told);

export class Playground {
  /** @param {PlaygroundTold} told */
  constructor(told) {
    this.told = told;
    this.playing = false;
    this.frame = 0; // the next one of a training that plays
    this.plane = new Plane(element("plane"), element("outputs"), {
      choose: (k) => this.choose(k),
      move: (k, x, target) => this.edit(() => Object.assign(this.points[k], target === null ? { x } : { x, target }), k),
      add: (x, target) => this.addPoint(x, target),
      paint: (k) => this.paint(k),
      remove: (k) => this.removePoint(k),
      target: (k, target) => this.edit(() => { this.points[k].target = target; }, k),
    });
    this.picture = new NetworkPicture(element("picture-of-network"), element("formula"));
    this.curve = new ErrorCurve(element("curve"));
    this.begin();
    listenTo(this);
    addEventListener("hashchange", () => { if (this.take(location.hash)) this.buildAll(); });
    new ResizeObserver(() => { this.picture.build(this.sizes); this.draw(); }).observe(element("picture-of-network"));
    new ResizeObserver(() => this.draw()).observe(element("curve"));
    for (const changes of ["(prefers-color-scheme: dark)", "print"]) matchMedia(changes).addEventListener("change", () => this.draw());
  }

  // Where it starts.

  begin() {
    const { told } = this;
    const { given, network } = told;
    this.settings = { eta: 0.1, mu: 0.9, batch: 10, l2: 0, seed: 0 };
    this.sizes = network.sizes;
    this.loss = told.loss;
    this.low = given.low;
    this.sigmas = network.sigmas;
    const topic = given.X.length ? GIVEN : given.name;
    this.noise = told.topics[topic]?.noise ?? 0;
    this.share = told.heldOut; // of the points
    this.chosen = 0; // the place of a point, -1 where there is none
    this.takeTopic(topic);
    if (!this.take(location.hash)) this.train(this.start());
    this.buildAll();
  }

  /** What a link holds, if it fits. @param {string} hash */
  take(hash) {
    if (hash.length < 2) return false;
    const shared = fromHash(hash);
    if (!shared || !fits(shared, this.told)) {
      this.say("The link does not fit this page, which stays as it is.");
      return false;
    }
    const { sizes, sigmas, loss, theta, settings, low, topic, noise, share, chosen, points } = shared;
    Object.assign(this, { sizes, sigmas, loss, low, settings, noise, share });
    this.takeTopic(topic, points);
    this.chosen = Math.min(Math.max(0, Math.round(chosen) || 0), this.points.length - 1);
    this.train(this.start());
    this.training.begin(theta);
    return true;
  }

  get classes() {
    return this.topic === GIVEN ? this.told.given.classes : this.told.topics[this.topic].classes;
  }

  get columns() {
    return this.topic === GIVEN ? this.told.given.columns : ["x₁", "x₂"].slice(0, this.told.topics[this.topic].inputs);
  }

  /** The points of a topic, anew, or as a link has them. @param {string} topic @param {Point[] | null} points */
  takeTopic(topic, points = null) {
    this.topic = topic;
    this.edited = Boolean(points);
    const { X, targets } = this.told.given;
    this.points = points ?? (topic === GIVEN ? X.map((x, m) => ({ x: [...x], target: targets[m], held: false })) : drawn(topic, 1, this.noise));
    if (!points) holdOut(this.points, this.share, 1);
    this.chosen = Math.min(this.chosen, this.points.length - 1);
    this.plane.fit({ points: this.points, columns: this.columns });
  }

  /** @returns {import("./network.js").Shape} */
  get shape() {
    const { sizes, sigmas, loss, told } = this;
    const output = String(sigmas.at(-1));
    return { sizes, sigmas, loss, tail: told.tails[`${output}/${loss}/${sizes.at(-1)}`], natural: told.natural[loss] === output };
  }

  /** θ where the training starts: what Python gave with the seed 0, if the sizes are still the same. */
  start() {
    const { network } = this.told;
    const same = this.settings.seed === 0 && String(network.sizes) === String(this.sizes);
    return same ? Float64Array.from(network.theta, Number) : startOf(this.sizes, this.settings.seed);
  }

  /** A new training from that θ. @param {Float64Array} theta */
  train(theta) {
    this.training = new Training(this.shape, theta, this.settings);
    this.learn();
  }

  learn() {
    const { points, classes, sizes, low } = this;
    const of = (held) => matricesOf(points.filter((point) => point.held === held), classes.length, sizes.at(-1), low);
    this.training.learn(of(false), of(true));
  }

  // What is shown.

  buildAll() {
    fillSettings(this);
    fillTools(this);
    fillSizes(this);
    this.picture.build(this.sizes);
    this.plane.build(this.scene);
    this.draw();
  }

  get scene() {
    const { points, classes, columns, low, chosen, training } = this;
    return { points, classes, columns, low, chosen, outputs: (X) => activate(training.shape, training.theta, X).A.at(-1) };
  }

  draw() {
    const isChosen = this.chosen >= 0;
    element("check").hidden = !isChosen;
    element("as-python").disabled = !this.training.M;
    if (!isChosen) this.drawNoExample();
    this.plane.drawPoints(this.scene);
    this.drawTrained();
  }

  /** What a training changes. */
  drawTrained() {
    this.plane.drawNetwork(this.scene);
    this.curve.draw(this.training.kept, this.training.epoch);
    element("hint").hidden = this.training.kept.length > 1;
    this.drawNumbers();
    if (this.chosen >= 0) this.drawExample();
  }

  drawNumbers() {
    const { training } = this;
    element("at-epoch").textContent = String(training.epoch);
    element("at-E").textContent = number(training.E);
    element("at-held").textContent = training.held.X[0]?.length ? number(training.heldOut) : "none";
    element("right").textContent = this.classes.length && training.M ? `${this.share100()} % right` : "";
    const back = element("back");
    [back.max, back.value] = [training.kept.length - 1, training.epoch];
    back.setAttribute("aria-valuetext", `epoch ${training.epoch} of ${training.kept.length - 1}, E ${number(training.E)}`);
    const trouble = training.trouble || (training.M ? "" : "There is no point to learn from: add one, or choose another set.");
    if (element("trouble").textContent !== trouble) element("trouble").textContent = trouble;
    element("trouble").hidden = !trouble;
    element("play-word").textContent = this.playing ? "pause" : "play";
    element("play").classList.toggle("playing", this.playing);
    element("formula").setAttribute("aria-live", this.playing ? "off" : "polite"); // nobody hears so many numbers a second
  }

  /** Which part of the points to train on the network puts into their class, in percent. */
  share100() {
    const { training, low } = this;
    const A = /** @type {number[][]} */ (activate(training.shape, training.theta, training.X).A.at(-1));
    const right = training.Y[0].filter((y, m) => {
      if (A.length === 1) return A[0][m] > (low + 1) / 2 === y > (low + 1) / 2;
      const a = A.map((row) => row[m]);
      return training.Y[a.indexOf(Math.max(...a))]?.[m] === 1;
    });
    return Math.round((100 * right.length) / training.M);
  }

  /** The chosen point: its pass in the picture, and its gradient by both ways. */
  drawExample() {
    const { training, classes, sizes, low, columns } = this;
    const { shape, theta } = training;
    const { x, target } = this.points[this.chosen];
    const y = Array.from({ length: Number(sizes.at(-1)) }, (_, k) => targetOf(target, k, classes.length, Number(sizes.at(-1)), low));
    const [X, Y] = [x.map((v) => [v]), y.map((v) => [v])];
    const pass = activate(shape, theta, X);
    const Delta = deltas(shape, pass, Y);
    const slope = (l, i) => sigmaSlope(shape, l, pass.Z[l][i][0], pass.A[l][i][0]);
    this.picture.draw({ ...pass, b: matrices(sizes, theta).b, shape, Delta, y, columns, slope });
    this.scalar = scalarGraph(shape, theta, x, y);
    const apart = largestDifference(sizes, gradientsOf(shape, theta, X, Y), scalarGradient(this.scalar));
    element("nodes").textContent = String(this.scalar.graph.length);
    element("parameters").textContent = String(theta.length);
    element("apart").textContent = apart === 0 ? "0" : short(apart);
    const agree = apart < AGREE;
    element("verdict").textContent = agree ? (apart ? "they agree" : "they agree to the last bit") : Number.isNaN(apart) ? "no numbers: the training has diverged" : "they differ";
    element("check").classList.toggle("agree", agree);
    element("plane-words").textContent = `${this.plane.nameOf(this.chosen)}; the network says ${pass.A.at(-1)?.map(([a]) => short(a)).join(", ")}.`;
    element("plane-keys").textContent = `Arrow keys choose the next point, with Shift they move it; Delete takes it away, + adds one${classes.length ? `, 1 to ${classes.length} give it a class` : ""}.`;
  }

  drawNoExample() {
    this.picture.build(this.sizes); // without numbers
    element("plane-words").textContent = "";
  }

  say(words) {
    element("words").textContent = words;
  }

  // The points.

  choose(k) {
    this.chosen = k;
    this.draw();
  }

  /** Change points, and learn from them as they are then. @param {() => void} change @param {number} chosen */
  edit(change, chosen) {
    const n = this.points.length;
    change();
    this.edited = true;
    this.chosen = chosen;
    this.learn();
    if (this.points.length !== n) this.plane.build(this.scene);
    this.draw();
  }

  /** @param {number[]} x @param {number | null} target that of a curve */
  addPoint(x, target) {
    if (this.points.length >= this.told.most.points) return this.say(`There are ${this.points.length} points: no more fit on the page.`);
    const kind = this.plane.tool.startsWith("class") ? Number(this.plane.tool.slice(5)) : this.points[this.chosen]?.target ?? 0;
    this.edit(() => this.points.push({ x, target: target ?? kind, held: false }), this.points.length);
    return this.say(`added ${this.plane.nameOf(this.chosen)}`);
  }

  removePoint(k) {
    this.edit(() => this.points.splice(k, 1), Math.min(k, this.points.length - 2));
    this.say(`taken away; ${this.points.length} points are left`);
  }

  paint(k) {
    const kind = Number(this.plane.tool.slice(5));
    if (this.classes.length) this.edit(() => { this.points[k].target = kind; }, k);
    else this.choose(k);
  }

  // The training.

  /** @param {boolean} on */
  play(on) {
    cancelAnimationFrame(this.frame);
    this.playing = on && this.training.M > 0 && !this.training.trouble;
    this.drawNumbers();
    if (!this.playing) return;
    let [last, due, shown] = [performance.now(), 1, 0];
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const frame = (time) => {
      if (!this.playing) return;
      const rate = Number(element("speed").value);
      due = Math.min(due + ((time - last) / 1000) * rate, 20);
      last = time;
      if (rate) for (; due >= 1 && this.training.runEpoch(); due--);
      else for (const end = performance.now() + 20; performance.now() < end && this.training.runEpoch(););
      this.playing = !this.training.trouble;
      if (!calm || time - shown > 500 || !this.playing) [shown] = [time, this.drawTrained()];
      if (this.playing) this.frame = requestAnimationFrame(frame);
    };
    this.frame = requestAnimationFrame(frame);
  }

  /** @param {() => void} act */
  still(act) {
    this.playing = false;
    act();
    this.draw();
  }

  /** Other weights, or another network: the training starts anew. */
  renew() {
    this.playing = false;
    this.train(this.start());
    this.buildAll();
  }

  // The settings.

  get lossesNow() {
    const [output, outputs] = [this.sigmas.at(-1), this.sizes.at(-1)];
    const pairs = Object.keys(this.told.tails).map((key) => key.split("/")).filter(([o, , P]) => o === output && Number(P) === outputs);
    const numbers = (loss) => !(loss in this.told.natural) && !this.told.signs.includes(loss);
    return pairs.map(([, loss]) => loss).filter((loss) => this.classes.length || numbers(loss));
  }

  resize(l, by) {
    this.sizes = this.sizes.map((d, k) => (k === l ? d + by : d));
    this.renew();
    /** @type {HTMLElement} */ (element("sizes").children[l].querySelector(`button:${by > 0 ? "last" : "first"}-of-type`)).focus();
  }

  /** A hidden layer more or less, before the output. @param {number} by */
  deepen(by) {
    const L = this.sizes.length - 1;
    const sigma = L > 1 ? this.sigmas[L - 1] : "tanh";
    const middle = (list, added) => (by > 0 ? [...list.slice(0, L), added, list[L]] : [...list.slice(0, L - 1), list[L]]);
    [this.sizes, this.sigmas] = [middle(this.sizes, L > 1 ? this.sizes[L - 1] : 4), middle(this.sigmas, sigma)];
    this.renew();
  }

  /** Another output: as many neurons as it needs, a loss and targets that suit it. @param {string} output */
  takeOutput(output) {
    const C = this.classes.length;
    const outputs = !C ? 1 : C > 2 || output === "softmax" ? C : 1;
    [this.sizes, this.sigmas] = [[...this.sizes.slice(0, -1), outputs], [...this.sigmas.slice(0, -1), output]];
    const possible = this.lossesNow;
    const natural = possible.find((loss) => this.told.natural[loss] === output);
    this.takeLoss(natural ?? (possible.includes(this.loss) && !(this.loss in this.told.natural) ? this.loss : possible[0]));
  }

  takeLoss(loss) {
    this.loss = loss;
    this.low = this.classes.length && (this.told.signs.includes(loss) || this.sigmas.at(-1) === "tanh") ? -1 : 0;
    this.renew();
  }

  /** Other points, and a network that suits them: of another task also another output. @param {string} topic */
  changeTopic(topic) {
    const [before, inputs] = [this.classes.length, this.sizes[0]];
    this.chosen = 0;
    this.noise = this.told.topics[topic]?.noise ?? 0;
    this.takeTopic(topic);
    const { classes, columns, told } = this;
    if (classes.length !== before || columns.length !== inputs) {
      this.sizes = [columns.length, ...this.sizes.slice(1)];
      this.takeOutput(classes.length ? (classes.length > 2 ? "softmax" : "logistic") : "identity");
    } else this.renew();
    if (topic !== GIVEN && this.sizes.length === 3 && this.sizes[1] < told.topics[topic].hidden[0]) this.say(`${told.topics[topic].words}: easier with more neurons`);
  }

  changePoints() {
    this.takeTopic(this.topic);
    this.learn();
    fillSettings(this);
    this.plane.build(this.scene);
    this.draw();
  }

  /** Hold out as large a share of the points as is set. */
  holdOut() {
    holdOut(this.points, this.share, 1);
    this.learn();
    fillSettings(this);
    this.draw();
  }

  // What goes out.

  /** @returns {import("./sharing.js").Shared} */
  get shared() {
    const { sizes, sigmas, loss, settings, low, topic, noise, share, chosen, points, edited, training } = this;
    return { sizes, sigmas, loss, theta: training.theta, settings, low, topic, noise, share, chosen, points: edited ? points : null };
  }

  /** The graph of the chosen point, at this θ, as a player in a frame. */
  openScalars() {
    this.play(false);
    const title = `point ${this.chosen + 1}, after epoch ${this.training.epoch}: a graph of ${this.scalar.graph.length} scalars`;
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    Object.assign(frame, { title, srcdoc: playerDocument(this.scalar, this.told.player, title) });
    element("frame").replaceChildren(frame);
    element("scalars").showModal();
  }

}
