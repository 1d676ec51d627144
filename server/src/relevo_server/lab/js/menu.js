// @ts-check
/** A small menu beside what opened it: arrows move, Enter chooses, Esc leaves. */

import { h, icon } from "./dom.js";

const GAP = 4;
const EDGE = 8;

/** @typedef {{label: string, icon?: string, emoji?: string, checked?: boolean, act: () => void}} Choice */
/** @typedef {{title?: string, inRow?: boolean, choices: Choice[]}} Group */

/** @param {HTMLElement} opener @param {string} label @param {Group[]} groups */
export function openMenu(opener, label, groups) {
  const menu = h("div", { class: "menu", role: "menu", popover: "auto", "aria-label": label }, groups.filter(({ choices }) => choices.length).map(groupOf));
  const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("[role^=menuitem]")]);
  let chosen = /** @type {Choice|null} */ (null);

  /** @param {Group} group */
  function groupOf({ title = "", inRow = false, choices }) {
    return h("div", { class: "menu-group", role: "group", "aria-label": title || label, "data-row": inRow },
      title && h("p", { class: "menu-title", "aria-hidden": "true" }, title),
      h("div", { class: "menu-items", role: "none" }, choices.map(itemOf)));
  }
  /** @param {Choice} choice */
  function itemOf(choice) {
    const { label: name, emoji = "", checked } = choice;
    return h("button", {
      class: "menu-item", type: "button", tabindex: "-1", role: checked === undefined ? "menuitem" : "menuitemradio", "aria-checked": checked,
      "aria-label": emoji ? name : null, title: emoji ? name : null, onclick: () => { chosen = choice; menu.hidePopover(); },
    }, choice.icon && icon(choice.icon, "small"), emoji || name);
  }
  /** @param {number} step */
  function move(step) {
    const now = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    items[(now + step + items.length) % items.length]?.focus();
  }

  menu.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => move(1), ArrowRight: () => move(1), ArrowUp: () => move(-1), ArrowLeft: () => move(-1),
      Home: () => items[0]?.focus(), End: () => items.at(-1)?.focus(), Escape: () => menu.hidePopover(), Tab: () => menu.hidePopover(),
    };
    event.stopPropagation();
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  menu.addEventListener("toggle", (/** @type {any} */ event) => {
    if (event.newState !== "closed") return;
    const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body;
    menu.remove();
    opener.setAttribute("aria-expanded", "false");
    if (hadFocus) opener.focus();
    chosen?.act();
  });
  document.body.append(menu);
  menu.showPopover();
  place(menu, opener);
  opener.setAttribute("aria-expanded", "true");
  (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0])?.focus();
}

/** Above its opener if there is room, else below, and inside the page. @param {HTMLElement} menu @param {HTMLElement} opener */
function place(menu, opener) {
  const at = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const above = at.top - height - GAP;
  menu.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE))}px`;
  menu.style.top = `${above >= EDGE ? above : Math.max(EDGE, Math.min(at.bottom + GAP, innerHeight - height - EDGE))}px`;
}
