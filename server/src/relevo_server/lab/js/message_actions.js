// @ts-check
/** What can be done with a message: quote it, react to it, and in a sandbox react as the customer. */

import { API_PATH, post } from "./api.js";
import { answerAsCustomer, canBeCustomer } from "./customer.js";
import { showExchange } from "./exchange.js";
import { showFault } from "./field.js";
import { gather } from "./gathering.js";
import { say } from "./language.js";
import { openMenu } from "./menu.js";
import { faultsOf } from "./problems.js";
import { takeSent } from "./records.js";
import { changed, state } from "./store.js";

/** @typedef {Record<string, any>} Json */

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const PATH = "/messages";

/** @param {HTMLElement} opener @param {string} id */
export function offerActions(opener, id) {
  const message = state.messages.get(id);
  if (!message?.provider_message_id) return;
  const complain = (/** @type {import("./api.js").Answer} */ answer) => {
    const place = opener.closest(".message")?.querySelector(".said");
    if (place) showFault(place, answer.ok ? undefined : Object.values(faultsOf(answer, []))[0]);
  };
  openMenu(opener, say("message.actions"), [
    ...(state.capabilities.has("reaction") ? [reactions(say("react.ours"), message, "out", complain)] : []),
    ...(canBeCustomer() ? [reactions(say("react.theirs"), message, "in", complain)] : []),
    { choices: state.capabilities.has("reply") ? [{ label: say("quote.this"), icon: "quote", act: () => { state.quote = id; changed("quote"); } }] : [] },
  ]);
}

/** @param {string} title @param {Json} message @param {"out"|"in"} direction whose
 *  @param {(answer: import("./api.js").Answer) => void} complain */
function reactions(title, message, direction, complain) {
  const now = reactionOf(message, direction);
  return {
    title, inRow: true,
    choices: EMOJI.map((emoji) => {
      const given = emoji === now;
      const content = { type: "reaction", target: message.provider_message_id, emoji: given ? "" : emoji };
      return {
        label: say(given ? "react.take_back" : "react.with", { emoji }), emoji, checked: given,
        act: async () => complain(await (direction === "out" ? reactOurselves(message, content) : answerAsCustomer(message, { content }))),
      };
    }),
  };
}

/** @param {Json} message @param {"out"|"in"} direction */
function reactionOf(message, direction) {
  const thread = (state.threads.get(message.conversation_id)?.ids ?? []).flatMap((id) => state.messages.get(id) ?? []);
  return gather(thread).belongings.get(message.id)?.reactions.find((one) => one.message.direction === direction)?.emoji;
}

/** @param {Json} message @param {Json} content */
async function reactOurselves(message, content) {
  const body = { account: message.account, to: message.to ?? message.sender, content };
  const answer = await post(PATH, body);
  showExchange({ request: { method: "POST", path: API_PATH + PATH, body }, answer });
  if (answer.ok) takeSent(answer.json);
  return answer;
}
