// @ts-check
/** Above the composer, while the account's messages wait: why, and how they go on. */

import { post } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { reasonOf } from "./error_words.js";
import { faultPlace, showFault } from "./field.js";
import { say } from "./language.js";
import { refreshAccounts } from "./loading.js";
import { faultsOf } from "./problems.js";
import { on, state } from "./store.js";
import { clock } from "./times.js";

const GRACE_MS = 300;

export function accountHint() {
  const words = h("div", { class: "waiting" });
  const trouble = faultPlace("account-fault");
  const element = h("div", { class: "account-hint", role: "status", hidden: true }, words, trouble);
  let told = "";
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let again;

  function show() {
    const { account } = state.accounts;
    const now = JSON.stringify([account?.name, account?.state, account?.pause_error, account?.blocked_until]);
    if (now === told) return;
    told = now;
    clearTimeout(again);
    // Nobody tells when a block is over.
    if (account?.state === "blocked") again = setTimeout(refreshAccounts, Date.parse(account.blocked_until) - Date.now() + GRACE_MS);
    element.hidden = !["paused", "blocked"].includes(account?.state);
    showFault(trouble, undefined);
    if (element.hidden || !account) return fill(words);
    const error = account.state === "paused" && account.pause_error;
    fill(words, icon("clock", "small"),
      h("p", {}, account.state === "paused" ? say("account.paused") : say("account.blocked", { until: clock(account.blocked_until) }), error && " ", error && h("span", { lang: "en" }, reasonOf(error))),
      h("button", { class: "button", type: "button", onclick: resume }, say("account.resume")));
  }

  async function resume() {
    const answer = await post(`/accounts/${encodeURIComponent(state.accounts.account?.name)}/resume`, {});
    showFault(trouble, answer.ok ? undefined : Object.values(faultsOf(answer, []))[0]);
    if (answer.ok) refreshAccounts();
  }

  on(["accounts"], show);
  show();
  return { element };
}
