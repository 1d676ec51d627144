// @ts-check
/** Ask for a key, where the server wants one and none was given, or the one given does not do. */

import { apiKey, useKey } from "./api_key.js";
import { copyButton } from "./copy_button.js";
import { h, icon } from "./dom.js";
import { field } from "./field.js";
import { say } from "./language.js";
import { loadAccounts, loadSandbox } from "./loading.js";
import { state } from "./store.js";
import { tryNow } from "./stream.js";

const COMMAND = "relevo keys create lab --scope send --scope read --scope events";
/** What a browser can put into a header. */
const WRITTEN = /^[\x21-\x7e]+$/;
const STATUSES = new Set([401, 403]);

/** Tell whether an answer asks for a key, or for a better one. @param {Record<string, any>|null} answer */
export function asksForKey(answer) {
  return STATUSES.has(answer?.status) && answer?.json?.code !== "foreign_origin" && answer?.json?.code !== "foreign_host";
}

export function keyForm() {
  const key = field("api-key", say("key.label"), h("input", { class: "field mono", type: "password", autocomplete: "off", spellcheck: "false", placeholder: "rlv_…" }));
  const button = h("button", { class: "button first", type: "submit" }, say("key.open"));
  const form = h("form", { class: "key-form", novalidate: true, onsubmit: submit },
    icon("key"), h("h2", {}, say("key.title")), h("p", {}, say("key.why")), key.element, button,
    h("div", { class: "key-command" }, h("p", {}, say("key.make")), h("div", { class: "pair" }, h("code", {}, COMMAND), copyButton(say("copy.command"), () => COMMAND))));
  key.control.addEventListener("input", () => key.complain(undefined));
  if (apiKey()) complain();

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const text = key.control.value.trim();
    if (!WRITTEN.test(text)) return refuse(text ? "wrong" : "missing");
    useKey(text);
    await Promise.all([loadSandbox(), loadAccounts()]);
    if (!state.accounts.fault) tryNow();
  }

  /** Say what became of the key that was given. */
  function complain() {
    refuse(state.accounts.fault?.status === 403 ? "scope" : "refused");
  }

  /** @param {string} why */
  function refuse(why) {
    key.complain({ reason: say(`key.${why}.reason`), todo: say(`key.${why}.todo`) });
    key.control.focus();
  }

  return form;
}
