// @ts-check
/** The sandbox's switches: how it behaves, and what goes wrong with the next message. */

import { post } from "./api.js";
import { dialog } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { faultPlace, showFault } from "./field.js";
import { say, sayable } from "./language.js";
import { loadSandbox, takeSandbox } from "./loading.js";
import { faultsOf } from "./problems.js";
import { on, state } from "./store.js";

/** @typedef {{name: string, label: string, on: boolean, once: boolean}} Switch */

export function sandboxDialog() {
  const standing = h("div", { class: "switches" });
  const next = h("div", { class: "switches" });
  /** The switch that was refused, and why. @type {{name: string, fault: import("./problems.js").Fault|undefined}} */
  let refused = { name: "", fault: undefined };
  const element = dialog("sandbox-switches", say("sandbox.switches"), [
    h("fieldset", {}, h("legend", {}, say("sandbox.behaves")), standing),
    h("fieldset", {}, h("legend", {}, say("sandbox.next")), next),
  ]);

  function show() {
    const all = /** @type {Switch[]} */ (state.sandbox.switches ?? []);
    const once = all.filter((one) => one.once);
    draw(standing, all.filter((one) => !one.once).flatMap((one) => withFault(one.name, option("checkbox", one, one.on, (now) => turn(one.name, now)))));
    draw(next, [
      ...withFault("none", option("radio", { name: "none", label: "", on: false, once: true }, !once.some((one) => one.on), () => { for (const one of once) if (one.on) turn(one.name, false, "none"); })),
      ...once.flatMap((one) => withFault(one.name, option("radio", one, one.on, () => turn(one.name, true)))),
    ]);
  }

  /** Turn a switch; what is wrong with that stands beside it, or beside another. @param {string} name @param {boolean} now @param {string} [beside] */
  async function turn(name, now, beside = name) {
    const answer = await post("/sandbox/switches", { name, on: now });
    refused = { name: beside, fault: answer.ok ? undefined : Object.values(faultsOf(answer, []))[0] };
    if (answer.ok) takeSandbox(answer.json);
    else await loadSandbox();
    show();
  }

  /** @param {string} name @param {HTMLElement} control */
  function withFault(name, control) {
    if (refused.name !== name || !refused.fault) return [control];
    const place = faultPlace("sandbox-fault");
    control.querySelector("input")?.setAttribute("aria-describedby", place.id);
    showFault(place, refused.fault);
    return [control, place];
  }

  on(["sandbox"], show);
  show();
  return element;
}

/** Say what a switch does. @param {Switch} one */
export function switchWords({ name, label }) {
  const key = `sandbox.switch.${name}`;
  return sayable(key) ? say(key) : label;
}

/** Keep the focus where it is. @param {HTMLElement} place @param {HTMLElement[]} options */
function draw(place, options) {
  const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.id;
  const inside = place.contains(document.activeElement);
  fill(place, options);
  if (inside && focused) document.getElementById(focused)?.focus();
}

/** @param {"checkbox"|"radio"} type @param {Switch} one @param {boolean} isOn @param {(now: boolean) => void} turned */
function option(type, one, isOn, turned) {
  const control = h("input", { type, id: `switch-${one.name}`, name: type === "radio" ? "sandbox-next" : one.name, checked: isOn, onchange: () => turned(control.checked) });
  return h("label", { class: "switch" }, control, h("span", { lang: sayable(`sandbox.switch.${one.name}`) ? null : "en" }, switchWords(one)));
}
