// The film of a descent: a button stops it and lets it go on, a slider goes anywhere.
const film = document.querySelector("#film svg");
const stopper = document.getElementById("stop");
const time = /** @type {HTMLInputElement} */ (document.getElementById("time"));
film.classList.add("moves");
const motions = film.getAnimations({ subtree: true });
const lasts = Number(motions[0].effect.getTiming().duration);
let playing = true;

function play(on) {
  playing = on;
  stopper.textContent = on ? "pause" : "play";
  for (const motion of motions) on ? motion.play() : motion.pause();
  if (on) requestAnimationFrame(show);
}

function show() {
  time.value = String((1000 * (Number(motions[0].currentTime) % lasts)) / lasts);
  if (playing) requestAnimationFrame(show);
}

for (const motion of motions) motion.effect.updateTiming({ iterations: Infinity });
stopper.addEventListener("click", () => play(!playing));
time.addEventListener("input", () => {
  play(false);
  for (const motion of motions) motion.currentTime = (Number(time.value) / 1000) * lasts;
});
play(!matchMedia("(prefers-reduced-motion: reduce)").matches);
