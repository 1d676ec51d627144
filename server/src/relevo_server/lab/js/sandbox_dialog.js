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
  const trouble = faultPlace("sandbox-fault");
  const element = dialog("sandbox-switches", say("sandbox.switches"), [
    h("fieldset", {}, h("legend", {}, say("sandbox.behaves")), standing),
    h("fieldset", {}, h("legend", {}, say("sandbox.next")), next),
    trouble,
  ]);

  function show() {
    const all = /** @type {Switch[]} */ (state.sandbox.switches ?? []);
    const once = all.filter((one) => one.once);
    draw(standing, all.filter((one) => !one.once).map((one) => option("checkbox", one, one.on, (now) => turn(one.name, now))));
    draw(next, [
      option("radio", { name: "none", label: "", on: false, once: true }, !once.some((one) => one.on), () => { for (const one of once) if (one.on) turn(one.name, false); }),
      ...once.map((one) => option("radio", one, one.on, () => turn(one.name, true))),
    ]);
  }

  /** @param {string} name @param {boolean} now */
  async function turn(name, now) {
    const answer = await post("/sandbox/switches", { name, on: now });
    showFault(trouble, answer.ok ? undefined : Object.values(faultsOf(answer, []))[0]);
    if (answer.ok) takeSandbox(answer.json);
    else loadSandbox();
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
