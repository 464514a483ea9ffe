// A page's data say what kind of page it is; the modules that a page carries say which kinds it can be.

/** The element of an id. @param {string} id @returns {any} */
export const element = (id) => document.getElementById(id);

/**
 * Opens the page.
 * @template T
 * @param {Record<string, (told: any) => T>} kinds what opens each kind that this script knows
 */
export function start(kinds) {
  const told = JSON.parse(element("data").textContent);
  return kinds[told.kind](told);
}
