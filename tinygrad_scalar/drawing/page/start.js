// A page's data say what kind of page it is; the modules that a page carries say which kinds it can be.

/** The element of an id. @param {string} id @returns {any} */
export const element = (id) => document.getElementById(id);

/** Put a text into a field: what stood there, possible or not, is gone. @param {string} text */
export function fill(field, text) {
  field.value = text;
  field.setAttribute("aria-invalid", "false");
}

/** Light instead of dark or dark instead of light, whatever the system prefers. */
export function changeTheme() {
  const { dataset } = document.documentElement;
  const now = dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  dataset.theme = now === "dark" ? "light" : "dark";
}

/**
 * Opens the page.
 * @template T
 * @param {Record<string, (told: any) => T>} kinds what opens each kind that this script knows
 */
export function start(kinds) {
  const told = JSON.parse(element("data").textContent);
  return kinds[told.kind](told);
}
