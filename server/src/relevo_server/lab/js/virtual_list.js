// @ts-check
/** A list of rows of one height that stays smooth at any length: only what is seen is drawn. */

import { fill, h, set } from "./dom.js";

const BEYOND = 8;
const CLOSE_TO_END = 12;

/** @template T
 *  @typedef {object} Rows
 *  @property {string} label @property {number} height
 *  @property {(item: T) => string} keyOf @property {(item: T) => HTMLElement} create
 *  @property {(element: any, item: T) => void} update @property {() => void} [onscroll] */

/** @template T @param {Rows<T>} rows */
export function virtualList({ label, height, keyOf, create, update, onscroll }) {
  const runway = h("div", { class: "runway", role: "list", "aria-label": label });
  const empty = h("div", { class: "empty", hidden: true });
  const element = h("div", { class: "scroller", "data-list": true }, runway, empty);
  /** @type {T[]} */
  let items = [];
  /** @type {Map<string, {slot: HTMLElement, row: HTMLElement}>} */
  const drawn = new Map();
  let asked = false;

  element.addEventListener("scroll", () => { later(); onscroll?.(); }, { passive: true });
  new ResizeObserver(later).observe(element);

  function later() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  }

  function draw() {
    const first = Math.max(0, Math.floor(element.scrollTop / height) - BEYOND);
    const last = Math.min(items.length, Math.ceil((element.scrollTop + element.clientHeight) / height) + BEYOND);
    const seen = items.slice(first, last);
    const keys = new Set(seen.map(keyOf));
    const focused = document.activeElement;
    for (const [key, { slot }] of drawn) {
      // The focus must not fall out of the page with its row.
      if (keys.has(key) || slot.contains(focused)) continue;
      slot.remove();
      drawn.delete(key);
    }
    let next = runway.firstElementChild;
    for (const [offset, item] of seen.entries()) {
      const place = first + offset;
      const { slot, row } = drawn.get(keyOf(item)) ?? make(item);
      update(row, item);
      slot.style.transform = `translateY(${place * height}px)`;
      set(slot, { "aria-posinset": place + 1, "aria-setsize": items.length, "data-place": place });
      // In the order they are read and tabbed through, too.
      if (slot === next) next = slot.nextElementSibling;
      else runway.insertBefore(slot, next);
    }
    if (focused instanceof HTMLElement && runway.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  /** @param {T} item */
  function make(item) {
    const row = create(item);
    const made = { slot: h("div", { class: "slot", role: "listitem" }, row), row };
    drawn.set(keyOf(item), made);
    return made;
  }

  return {
    element,
    /** Show these. @param {T[]} shown @param {Node[]} nothing what an empty list says */
    show(shown, nothing = []) {
      items = shown;
      runway.style.height = `${items.length * height}px`;
      runway.hidden = items.length === 0;
      empty.hidden = items.length > 0;
      if (items.length === 0) fill(empty, nothing);
      draw();
    },
    get length() { return items.length; },
    atEnd: () => element.scrollTop + element.clientHeight >= element.scrollHeight - CLOSE_TO_END,
    toEnd() { element.scrollTop = element.scrollHeight; draw(); },
    /** Rows were taken away from the start: what is seen stays where it is. @param {number} count */
    shift(count) { element.scrollTop -= count * height; },
    /** Which row has the focus; -1: none. */
    focused: () => Number(/** @type {HTMLElement|null} */ (document.activeElement?.closest(".slot"))?.dataset.place ?? -1),
    /** Focus a row, drawn or not. @param {number} place */
    focus(place) {
      const top = place * height;
      if (top < element.scrollTop) element.scrollTop = top;
      if (top + height > element.scrollTop + element.clientHeight) element.scrollTop = top + height - element.clientHeight;
      draw();
      runway.querySelector(`[data-place="${place}"] a`)?.focus();
    },
  };
}
