// @ts-check
/** Whom the chosen account's messages reach. */

import { state } from "./store.js";

/** `here`: this server's own sandbox; `sandbox`: one beside it on this machine; `people`; "" where nobody can tell.
 *  @returns {"here"|"sandbox"|"people"|""} */
export function reach() {
  const { on, account: stoodInFor } = state.sandbox;
  const { account } = state.accounts;
  // Until the accounts came, whether a sandbox is on is all that is known.
  if (on && (!account || account.name === stoodInFor)) return "here";
  return account?.reaches ?? "";
}

/** Tell whether trying things out messages nobody. */
export function isHarmless() {
  return ["here", "sandbox"].includes(reach());
}
