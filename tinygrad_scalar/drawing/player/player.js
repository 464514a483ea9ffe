// Shows one step at a time. All numbers and words come from the page; here is only what to show when.
const { picture, names, steps } = JSON.parse(document.getElementById("data").textContent);
const element = (id) => document.getElementById(id);
const inPicture = (key) => document.getElementById(picture + key);
const root = document.documentElement;
const [sections, equations] = [[...document.querySelectorAll("#steps > li")], [...document.querySelectorAll(".equation")]];
const cards = [...document.querySelectorAll("#picture .card")].map((card) => {
  const number = (kind) => card.querySelector(`text.f-${kind}`);
  return { card, key: card.id.slice(picture.length), value: number("value"), gradient: number("gradient") };
});
const labels = [...document.querySelectorAll("#picture .label")];
const stepsBackward = steps.filter((step) => step.backward).length;
const firstBackward = steps.length - stepsBackward;
let now = 0;
let timer = 0;

function show(at) {
  now = Math.max(0, Math.min(at, steps.length - 1));
  const step = steps[now];
  root.classList.toggle("backward", step.backward);
  sections.forEach((section, k) => { section.hidden = k !== now; });
  showPicture(step);
  showEquations(step);
  const [k, n] = step.backward ? [now - firstBackward + 1, stepsBackward] : [now + 1, firstBackward];
  const where = `${step.backward ? "backward" : "forward"} ${k}/${n}`;
  element("where").textContent = where;
  element("words").textContent = `${where}. ${step.words}`;
  element("slider").value = now;
  element("slider").setAttribute("aria-valuetext", where);
  element("forward").setAttribute("aria-pressed", !step.backward);
  element("backward").setAttribute("aria-pressed", step.backward);
  element("first").disabled = element("previous").disabled = now === 0;
  element("last").disabled = element("next").disabled = now === steps.length - 1;
}

function showPicture(step) {
  const values = Object.assign({}, ...steps.slice(0, now + 1).map((earlier) => earlier.values));
  const gradients = Object.assign({}, ...steps.slice(0, now + 1).map((earlier) => earlier.gradients));
  const near = new Set(Object.keys(step.gradients));
  for (const { card, key, value, gradient } of cards) {
    card.classList.toggle("now", key === step.node);
    card.classList.toggle("near", near.has(key) && key !== step.node);
    card.classList.toggle("to-come", !(key in values));
    value.textContent = values[key] ?? "·";
    const told = [["value", values[key]], ["gradient", gradients[key]]].filter(([, number]) => number);
    card.setAttribute("aria-label", [names[key], ...told.map((pair) => pair.join(" "))].join(", "));
    if (gradient) {
      gradient.textContent = gradients[key] ?? "·";
      gradient.classList.toggle("to-come", !(key in gradients));
    }
  }
  const known = new Set(steps.slice(0, now + 1).flatMap((earlier) => (earlier.backward ? [] : earlier.edges)));
  for (const label of labels) label.classList.toggle("known", known.has(label.id.slice(picture.length, -1)));
  document.querySelectorAll("#picture .flow").forEach((one) => one.classList.remove("flow"));
  for (const key of step.edges) {
    inPicture(key)?.classList.add("flow");
    inPicture(key + "l")?.classList.add("flow");
  }
  if (step.node) bringIntoView(inPicture(step.node));
}

function bringIntoView(card) {
  const [frame, box] = [element("picture"), card.getBoundingClientRect()];
  const around = frame.getBoundingClientRect();
  const missing = (low, high, from, to) => (low < from || high > to ? (low + high - from - to) / 2 : 0);
  frame.scrollBy({
    left: missing(box.left - 60, box.right + 60, around.left, around.right),
    top: missing(box.top - 30, box.bottom + 30, around.top, around.bottom),
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}

function showEquations(step) {
  document.querySelectorAll(".matrix .on").forEach((cell) => cell.classList.remove("on"));
  equations.forEach((equation) => { equation.hidden = true; });
  element("none").hidden = step.equations.length > 0;
  for (const [k, marks] of step.equations) {
    equations[k].hidden = false;
    const matrices = equations[k].querySelectorAll(".matrix");
    for (const [matrix, row, column] of marks) {
      [...matrices[matrix].rows].forEach((cells, i) => [...cells.cells].forEach((cell, j) => {
        if ((row < 0 || i === row) && (column < 0 || j === column)) cell.classList.add("on");
      }));
    }
  }
}

function play(on) {
  clearInterval(timer);
  timer = 0;
  root.classList.toggle("playing", on);
  element("play").setAttribute("aria-label", on ? "pause" : "play");
  if (!on) return;
  if (now === steps.length - 1) show(0);
  timer = setInterval(() => {
    show(now + 1);
    if (now === steps.length - 1) play(false);
  }, 1600 / Number(element("speed").value));
}

function go(at) {
  play(false);
  show(at);
}

// A node leads to its step in this pass; from there, to its step in the other.
function stepOf(key) {
  const of = (backward) => {
    const own = steps.findIndex((step) => step.backward === backward && step.node === key && step.edges.length);
    if (own >= 0) return own;
    return backward ? steps.findLastIndex((step) => key in step.gradients) : steps.findIndex((step) => key in step.values);
  };
  const { backward } = steps[now];
  const [here, there] = [of(backward), of(!backward)];
  return here < 0 || (here === now && there >= 0) ? there : here;
}

for (const { card, key, value } of cards) {
  card.setAttribute("tabindex", "0");
  card.setAttribute("role", "button");
  card.addEventListener("click", () => go(stepOf(key)));
  card.addEventListener("keydown", (event) => { if (event.key === "Enter") go(stepOf(key)); });
}
const clicks = {
  first: () => go(0), previous: () => go(now - 1), play: () => play(!timer), next: () => go(now + 1),
  last: () => go(steps.length - 1), forward: () => go(0), backward: () => go(firstBackward),
  matrix: () => element("matrix").setAttribute("aria-pressed", !root.classList.toggle("alone")),
  theme: () => {
    const dark = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = dark === "dark" ? "light" : "dark";
  },
};
for (const [id, act] of Object.entries(clicks)) element(id).addEventListener("click", act);
element("slider").max = steps.length - 1;
element("slider").addEventListener("input", (event) => go(Number(event.target.value)));
element("speed").addEventListener("change", () => { if (timer) play(true); });
const keys = { ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last", " ": "play" };
document.addEventListener("keydown", (event) => {
  const own = event.target.closest("select, input") || (event.key === " " && event.target.closest("button"));
  if (own || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  clicks[keys[event.key]]();
});
let printedFrom = 0;
addEventListener("beforeprint", () => { printedFrom = now; go(steps.length - 1); });
addEventListener("afterprint", () => show(printedFrom));
const natural = document.querySelector("#picture > svg").getAttribute("width");
element("picture").style.setProperty("--natural", `${natural}px`);
show((Number(location.hash.slice(1)) || 1) - 1); // backprop.html#12 opens at step 12
