// @ts-check
/** Write a message and send it: to the person of the conversation, or to anybody. */

import { API_PATH, post } from "./api.js";
import { go } from "./address.js";
import { fill, h, icon, set } from "./dom.js";
import { showExchange, showNext } from "./exchange.js";
import { faultPlace, field, showFault } from "./field.js";
import { draft, keepDraft } from "./kept.js";
import { say } from "./language.js";
import { loadConversations } from "./loading.js";
import { shownPerson } from "./people.js";
import { faultsOf, missing } from "./problems.js";
import { takeSent } from "./records.js";
import { on, state } from "./store.js";

const PATH = "/messages";

/** @param {{person: () => string}} given */
export function composer({ person }) {
  const to = field("to", say("composer.to"), h("input", { class: "field", type: "text", inputmode: "tel", autocomplete: "off", spellcheck: "false", placeholder: "541130946950" }));
  const text = field("text", say("composer.text"), h("textarea", { class: "field", rows: "1", "data-composer": true }), { hidden: true });
  const account = h("div", { class: "part" });
  const addressed = h("div", { class: "addressed" }, to.element, account);
  const whole = faultPlace("form-fault");
  const button = h("button", { class: "button first", type: "submit" }, icon("send", "small"), say("composer.send"));
  const form = h("form", { novalidate: true, "aria-label": say("composer.label"), onsubmit: send },
    addressed, h("div", { class: "pair" }, text.element, button), whole);
  const element = h("div", { class: "composer" }, form);
  let place = "";
  let busy = false;

  for (const { control } of [to, text]) control.addEventListener("input", typed);
  text.control.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  function typed() {
    keepDraft(place, { to: isNew() ? to.control.value : "", text: text.control.value });
    complain({});
    tell();
  }

  function tell() {
    showNext(text.control.value.trim() || (isNew() && to.control.value) ? request() : null, request());
  }

  function isNew() { return state.route.view === "new"; }
  function recipient() { return isNew() ? to.control.value.trim() : person(); }
  function request() {
    return { method: "POST", path: API_PATH + PATH, body: { account: state.accounts.account?.name, to: recipient(), text: text.control.value } };
  }

  function show() {
    const here = isNew() ? "new" : (state.route.conversation ?? "new");
    addressed.hidden = !isNew();
    set(text.control, { placeholder: isNew() ? say("composer.text") : say("composer.to_person", { person: shownPerson(person()) }) });
    fill(account, h("span", { class: "label" }, say("account.label")), h("span", { class: "hint mono" }, `${state.accounts.account?.name ?? ""} · ${state.provider}`));
    if (here !== place) {
      place = here;
      const kept = draft(place);
      to.control.value = kept.to ?? "";
      text.control.value = kept.text ?? "";
      complain({});
    }
    tell();
  }

  /** @param {import("./problems.js").Faults} faults */
  function complain(faults) {
    to.complain(faults.to);
    text.complain(faults.text);
    showFault(whole, faults.form);
    (faults.to && isNew() ? to : faults.text ? text : null)?.control.focus();
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    if (busy) return;
    const asked = request();
    /** @type {import("./problems.js").Faults} */
    const empty = {};
    if (!asked.body.to) empty.to = missing("to");
    if (!asked.body.text.trim()) empty.text = missing("text");
    if (Object.keys(empty).length) return complain(empty);
    busy = true;
    button.setAttribute("aria-disabled", "true");
    const answer = await post(PATH, asked.body);
    busy = false;
    button.removeAttribute("aria-disabled");
    showExchange({ request: asked, answer });
    if (!answer.ok) return complain(faultsOf(answer, isNew() ? ["to", "text"] : ["text"]));
    sent(answer.json, place);
  }

  /** @param {Record<string, any>} row @param {string} from */
  function sent(row, from) {
    keepDraft(from, {});
    if (takeSent(row)) loadConversations();
    if (from === place) {
      to.control.value = "";
      text.control.value = "";
      complain({});
    }
    if (isNew()) go({ view: "conversations", conversation: row.conversation_id });
    tell();
    text.control.focus();
  }

  on(["route", "accounts", "conversations", "messages"], show);
  show();
  return {
    element,
    /** @param {{to: string, text: string}} example */
    offer(example) {
      to.control.value = example.to;
      text.control.value = example.text;
      typed();
      text.control.focus();
    },
    focus: () => (isNew() && !to.control.value ? to : text).control.focus(),
  };
}
