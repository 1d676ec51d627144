// @ts-check
/** Use by keyboard alone: `/` search, `n` new, `j` and `k` through lists, `Esc` back, `?` the keys. */

import { go, goUp } from "./address.js";
import { state } from "./store.js";

/** @typedef {{element: HTMLElement, length: number, focused: () => number, focus: (place: number) => void}} Rows */

/** @param {{lists: () => Rows[], showKeys: () => void, focusComposer: () => void}} page the page as it is now */
export function listenToKeys(page) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const field = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("input, textarea, select"));
    if (event.key === "Escape") return leave(field, event);
    if (field) return;
    /** @type {Record<string, () => void>} */
    const keys = { "/": search, n: () => write(page), j: () => move(page.lists(), 1), k: () => move(page.lists(), -1), "?": page.showKeys };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function search() {
  const fields = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('[data-search]:not([data-search="false"])')]);
  const seen = fields.find((field) => field.checkVisibility());
  if (seen) return seen.select();
  // A narrow page shows the list on a page of its own.
  go({ view: "conversations", conversation: undefined });
  requestAnimationFrame(() => requestAnimationFrame(() => fields[0]?.select()));
}

/** @param {{focusComposer: () => void}} page */
function write(page) {
  go({ view: "new" });
  requestAnimationFrame(() => requestAnimationFrame(page.focusComposer));
}

/** Step through the messages if the focus is there, else through the list that has it, else the first one seen.
 *  @param {Rows[]} lists @param {number} step */
function move(lists, step) {
  const thread = document.activeElement?.closest(".thread");
  if (thread) return moveInThread(thread, step);
  const seen = lists.filter(({ element, length }) => length && element.checkVisibility());
  const list = seen.find(({ element }) => element.contains(document.activeElement)) ?? seen[0];
  if (!list) return;
  const now = list.focused();
  const start = now < 0 ? currentPlace(list) : now + step;
  list.focus(Math.min(list.length - 1, Math.max(0, start)));
}

/** Begin at what is open. @param {Rows} list */
function currentPlace({ element }) {
  return Number(/** @type {HTMLElement|null} */ (element.querySelector("[aria-current=true]")?.closest(".slot"))?.dataset.place ?? 0);
}

/** @param {Element} thread @param {number} step */
function moveInThread(thread, step) {
  const links = [...thread.querySelectorAll(".message:not(.draft)")].map(linkOf);
  const now = links.findIndex((link) => link?.closest(".message")?.contains(document.activeElement));
  links[Math.min(links.length - 1, Math.max(0, now + step))]?.focus();
}

/** The way to a message's detail. @param {Element} message @returns {HTMLElement|null} */
function linkOf(message) {
  return message.querySelector(".trace") ?? message.querySelector(".foot a");
}

/** @param {HTMLElement|null} field @param {Event} event */
function leave(field, event) {
  if (field) {
    event.preventDefault();
    return field.blur();
  }
  const { message, event: opened } = state.route;
  goUp();
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const bubble = message && document.querySelector(`.message[data-id="${CSS.escape(message)}"]`);
    if (bubble) linkOf(bubble)?.focus();
    if (opened) /** @type {HTMLElement|null} */ (document.querySelector(`a.event[href*="${CSS.escape(opened)}"]`))?.focus();
  }));
}
