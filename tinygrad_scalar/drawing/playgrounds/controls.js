// What the controls do, by mouse and by keys; and what goes out.
import { changeTheme, element } from "../page/start.js";
import { asHash, asJson, asPython } from "./sharing.js";

/** @typedef {import("./playground.js").Playground} Playground */

/** Let every control do what it says. @param {Playground} page */
export function listenTo(page) {
  const on = (id, kind, act) => element(id).addEventListener(kind, act);
  const clicks = {
    play: () => page.play(!page.playing),
    step: () => page.still(() => page.training.step()),
    epoch: () => page.still(() => page.training.runEpoch()),
    again: () => page.still(() => page.training.again()),
    reseed: () => { page.settings.seed += 1; page.renew(); },
    fewer: () => page.deepen(-1),
    more: () => page.deepen(1),
    theme: () => { changeTheme(); page.draw(); },
    copy: () => copyText(),
    open: () => page.openScalars(),
  };
  for (const [id, act] of Object.entries(clicks)) on(id, "click", act);
  for (const [id, kind] of [["as-json", "JSON"], ["as-python", "Python"], ["as-link", "link"]]) on(id, "click", () => exportAs(page, kind));
  for (const [name, most] of [["eta", Infinity], ["mu", 0.999], ["l2", Infinity]]) on(name, "input", () => takeNumber(page, String(name), Number(most)));
  on("batch", "change", (event) => { page.settings.batch = Number(event.target.value); page.training.place = 0; });
  on("sigma", "change", (event) => { page.sigmas = page.sigmas.map((name, l) => (l && l < page.sigmas.length - 1 ? event.target.value : name)); page.renew(); });
  on("output", "change", (event) => page.takeOutput(event.target.value));
  on("loss", "change", (event) => page.takeLoss(event.target.value));
  on("topic", "change", (event) => page.changeTopic(event.target.value));
  on("noise", "input", (event) => { page.noise = Number(event.target.value); page.changePoints(); });
  on("share", "input", (event) => { page.share = Number(event.target.value); page.holdOut(); });
  on("back", "input", (event) => page.still(() => page.training.back(Number(event.target.value))));
  document.addEventListener("keydown", (event) => pressKey(event));
}

/** A number from its field, if it is one that can be. @param {Playground} page @param {string} name @param {number} most */
function takeNumber(page, name, most) {
  const field = element(name);
  const value = field.value === "" ? NaN : Number(field.value);
  const possible = value >= 0 && value <= most;
  field.setAttribute("aria-invalid", String(!possible));
  if (!possible) return;
  page.settings[name] = value;
  page.draw();
}

/** Keys that work everywhere but in fields. @param {any} event */
function pressKey(event) {
  if (event.target.closest("input, select, textarea, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  const id = { " ": "play", s: "step", e: "epoch", r: "again" }[event.key];
  if (!id || (event.key === " " && event.target.closest("button, [role=button]"))) return;
  event.preventDefault();
  if (!event.repeat || id !== "play") element(id).click(); // a key that is held starts and stops nothing again and again
}

/** θ as "JSON", "Python" or "link", in a window of its own. @param {Playground} page @param {string} kind */
function exportAs(page, kind) {
  const { training, shared } = page;
  const texts = {
    JSON: () => asJson(shared, training.E, training.epoch),
    Python: () => asPython(shared, training.X, training.Y, training.E),
    link: () => location.href.split("#")[0] + asHash(shared),
  };
  const words = {
    JSON: "θ in the order of MLP.theta: layer by layer W row by row, then b.",
    Python: "It builds this network, and prints the same E.",
    link: location.protocol === "about:" ? "This page stands in a frame and has no address of its own: save it as a file, and put what follows # behind that file's address." : "It opens this page as it is now: settings, points and θ.",
  };
  element("export-title").textContent = `θ as ${kind}`;
  element("text").value = texts[kind]();
  element("export-words").textContent = words[kind];
  if (kind === "link" && location.protocol !== "about:") history.replaceState(null, "", asHash(shared));
  element("export").showModal();
  element("text").select();
  element("text").scrollTop = 0;
}

async function copyText() {
  element("text").select();
  try {
    await navigator.clipboard.writeText(element("text").value);
  } catch {
    document.execCommand("copy"); // a frame may not use the other
  }
  element("export-words").textContent = "copied";
}
