// @ts-check
/** While a sandbox is on: do what the customer would, on their phone. */

import { API_PATH, post } from "./api.js";
import { showExchange } from "./exchange.js";
import { state } from "./store.js";

const PATH = "/sandbox/replies";

/** Tell whether the account shown is the sandbox's, and its people can do more than write text. */
export function canBeCustomer() {
  const { on, account, switches } = state.sandbox;
  return Boolean(on && switches && account === state.accounts.account?.name);
}

/** Let the person write. @param {Record<string, any>} body @returns {Promise<import("./api.js").Answer>} */
export async function writeAsCustomer(body) {
  const request = { method: "POST", path: API_PATH + PATH, body };
  const answer = await post(PATH, body);
  showExchange({ request, answer });
  return answer;
}

/** Let the person of a message answer it. @param {Record<string, any>} message @param {Record<string, any>} said */
export function answerAsCustomer(message, said) {
  return writeAsCustomer({ from: message.to ?? message.sender, ...said });
}
