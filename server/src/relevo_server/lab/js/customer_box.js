// @ts-check
/** While the sandbox is on: answer as the customer would, on their phone, with words or a sample of any kind. */

import { canBeCustomer, writeAsCustomer } from "./customer.js";
import { h, icon, set } from "./dom.js";
import { field } from "./field.js";
import { draft, keepDraft } from "./kept.js";
import { say } from "./language.js";
import { openMenu } from "./menu.js";
import { faultsOf, missing } from "./problems.js";
import { on, state } from "./store.js";

/** What a person sends besides words: files are the sandbox's own samples.
 *  @type {Record<string, (words: string) => Record<string, any>>} */
const SAMPLES = {
  image: (words) => ({ id: "sample", ...(words ? { caption: words } : {}) }),
  video: (words) => ({ id: "sample", ...(words ? { caption: words } : {}) }),
  audio: () => ({ id: "sample", voice: true }),
  document: (words) => ({ id: "sample", filename: "sample.pdf", ...(words ? { caption: words } : {}) }),
  sticker: () => ({ id: "sample" }),
  location: () => ({ latitude: -34.6037, longitude: -58.3816, name: "Obelisco", address: "Av. 9 de Julio, Buenos Aires" }),
  contacts: () => ({ contacts: [{ name: "Ana Ferreyra", phones: [{ number: "+54 9 11 5555 0101" }] }] }),
};

/** @param {{person: () => string}} given */
export function customerBox({ person }) {
  const text = field("customer-text", say("customer.label"), h("input", { class: "field", type: "text", autocomplete: "off", placeholder: say("customer.placeholder") }), { hidden: true });
  const more = h("button", { class: "button bare icon-only", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": say("customer.more"), title: say("customer.more"), onclick: offer }, icon("new"));
  const pair = h("div", { class: "pair" }, icon("sandbox"), text.element, more, h("button", { class: "button", type: "submit" }, say("customer.send")));
  const form = h("form", { novalidate: true, "aria-label": say("customer.label"), onsubmit: send }, pair);
  const element = h("div", { class: "customer", hidden: true }, form);
  let place = "";

  text.control.addEventListener("input", () => {
    keepDraft(place, { text: text.control.value });
    text.complain(undefined);
  });

  function show() {
    const here = `customer.${state.route.conversation}`;
    element.hidden = !state.sandbox.on || !state.route.conversation || state.sandbox.account !== state.accounts.account?.name;
    more.hidden = !canBeCustomer();
    set(pair, { "data-more": canBeCustomer() });
    if (here === place) return;
    place = here;
    text.control.value = draft(place).text ?? "";
    text.complain(undefined);
  }

  function offer() {
    openMenu(more, say("customer.more"), [{
      title: say("customer.samples"),
      choices: Object.entries(SAMPLES).map(([kind, make]) => ({ label: say(`kind.${kind}`), icon: kind, act: () => write({ content: { type: kind, ...make(text.control.value.trim()) } }) })),
    }]);
  }

  /** @param {Event} event */
  function send(event) {
    event.preventDefault();
    if (!text.control.value.trim()) return complain(missing("reply"));
    write({ text: text.control.value });
  }

  /** @param {Record<string, any>} said */
  async function write(said) {
    const from = place;
    const answer = await writeAsCustomer({ from: person(), ...said });
    if (!answer.ok) {
      const faults = faultsOf(answer, ["text"]);
      return complain(faults.text ?? faults.form);
    }
    keepDraft(from, {});
    if (from !== place) return;
    text.control.value = "";
    text.complain(undefined);
  }

  /** @param {import("./problems.js").Fault|undefined} what */
  function complain(what) {
    text.complain(what);
    text.control.focus();
  }

  on(["route", "sandbox", "accounts"], show);
  show();
  return { element };
}
