// @ts-check
/** Offer the account's templates while one is named, and the languages each has. */

import { get } from "./api.js";
import { fill, h, set } from "./dom.js";
import { state } from "./store.js";

/** @typedef {{name: string, language: string, status?: string}} Template */

const USABLE = "APPROVED";

/** Where the provider can list them. @param {{name: HTMLInputElement, language: HTMLInputElement}} fields @param {() => void} typed */
export function templateNames({ name, language }, typed) {
  const names = h("datalist", { id: "template-names" });
  const languages = h("datalist", { id: "template-languages" });
  /** @type {Template[]} */
  let known = [];
  set(name, { list: names.id });
  set(language, { list: languages.id });

  function offer() {
    const spoken = known.filter((one) => one.name === name.value).map((one) => one.language);
    fill(languages, spoken.map((value) => h("option", { value })));
    if (spoken.length === 1 && !language.value && spoken[0]) {
      language.value = spoken[0];
      typed();
    }
  }

  async function load() {
    const account = state.accounts.account?.name;
    if (!account || !state.capabilities.has("templates")) return;
    const answer = await get(`/accounts/${encodeURIComponent(account)}/templates`);
    known = (answer.json?.items ?? []).filter((/** @type {Template} */ one) => !one.status || one.status === USABLE);
    fill(names, [...new Set(known.map((one) => one.name))].map((value) => h("option", { value })));
    offer();
  }

  name.addEventListener("change", offer);
  load();
  return [names, languages];
}
