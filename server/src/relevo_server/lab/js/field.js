// @ts-check
/** A field with its label, and beside it what is wrong with it. */

import { fill, h, icon, set } from "./dom.js";

/** @param {string} id @param {string} label @param {HTMLElement & {value: string}} control @param {{hidden?: boolean}} [how] */
export function field(id, label, control, { hidden = false } = {}) {
  const fault = faultPlace(`${id}-fault`);
  set(control, { id, name: id });
  const element = h("div", { class: "part" }, h("label", { class: hidden ? "unseen" : "label", for: id }, label), control, fault);
  return {
    element,
    control,
    /** @param {import("./problems.js").Fault|undefined} what */
    complain(what) {
      set(control, { "aria-invalid": what ? "true" : null, "aria-describedby": what ? `${id}-fault` : null });
      showFault(fault, what);
    },
  };
}

/** @param {string} id */
export function faultPlace(id) {
  return h("div", { id, role: "alert" });
}

/** @param {HTMLElement} place @param {import("./problems.js").Fault|undefined} what */
export function showFault(place, what) {
  fill(place, what && h("p", { class: "fault" }, icon("warning", "small"),
    h("span", {}, h("span", { lang: what.foreign ? "en" : null }, what.reason), " ", h("span", { class: "todo" }, what.todo))));
}
