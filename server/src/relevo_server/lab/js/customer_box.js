// @ts-check
/** While the sandbox is on: answer as the customer would, on their phone. */

import { API_PATH, post } from "./api.js";
import { h, icon } from "./dom.js";
import { showExchange } from "./exchange.js";
import { field } from "./field.js";
import { draft, keepDraft } from "./kept.js";
import { say } from "./language.js";
import { faultsOf, missing } from "./problems.js";
import { on, state } from "./store.js";

const PATH = "/sandbox/replies";

/** @param {{person: () => string}} given */
export function customerBox({ person }) {
  const text = field("customer-text", say("customer.label"), h("input", { class: "field", type: "text", autocomplete: "off", placeholder: say("customer.placeholder") }), { hidden: true });
  const form = h("form", { novalidate: true, "aria-label": say("customer.label"), onsubmit: send },
    h("div", { class: "pair" }, icon("sandbox"), text.element, h("button", { class: "button", type: "submit" }, say("customer.send"))));
  const element = h("div", { class: "customer", hidden: true }, form);
  let place = "";

  text.control.addEventListener("input", () => {
    keepDraft(place, { text: text.control.value });
    text.complain(undefined);
  });

  function show() {
    const here = `customer.${state.route.conversation}`;
    element.hidden = !state.sandbox.on || !state.route.conversation || state.sandbox.account !== state.accounts.account?.name;
    if (here === place) return;
    place = here;
    text.control.value = draft(place).text ?? "";
    text.complain(undefined);
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    const from = place;
    const request = { method: "POST", path: API_PATH + PATH, body: { from: person(), text: text.control.value } };
    if (!request.body.text.trim()) return complain(missing("reply"));
    const answer = await post(PATH, request.body);
    showExchange({ request, answer });
    if (!answer.ok) {
      const faults = faultsOf(answer, ["text"]);
      return complain(faults.text ?? faults.form);
    }
    keepDraft(from, {});
    if (from === place) text.control.value = "";
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
