// @ts-check
/** What belongs to an earlier message: reactions to it, later versions of it, that it was taken back. Pure. */

/** @typedef {Record<string, any>} Json */
/** @typedef {{emoji: string, message: Json}} Reaction */
/** @typedef {{reactions: Reaction[], edit?: Json, revoke?: Json, quoted?: Json}} Belonging */

const TO_ANOTHER = new Set(["reaction", "edit", "revoke"]);
const GONE_WRONG = new Set(["failed", "expired", "cancelled", "unknown"]);

/** Put what belongs to a message with it. @param {Json[]} messages oldest first
 *  @returns {{own: Json[], belongings: Map<string, Belonging>}} what stands for itself, and what belongs to it by id */
export function gather(messages) {
  const known = new Map(messages.filter((one) => one.provider_message_id).map((one) => [one.provider_message_id, one]));
  /** @type {Map<string, Belonging>} */
  const belongings = new Map();
  const of = (/** @type {Json} */ message) => {
    const there = belongings.get(message.id) ?? { reactions: [] };
    belongings.set(message.id, there);
    return there;
  };
  const own = messages.filter((message) => {
    const { content } = message;
    const target = TO_ANOTHER.has(content?.type) ? known.get(content.target) : undefined;
    // One of ours that did not get through has to be seen for itself.
    if (target && !GONE_WRONG.has(message.status)) {
      add(of(target), message);
      return false;
    }
    const quoted = known.get(message.reply_to);
    if (quoted) of(message).quoted = quoted;
    return true;
  });
  return { own, belongings };
}

/** @param {Belonging} belonging @param {Json} message */
function add(belonging, message) {
  const { content, direction } = message;
  if (content.type !== "reaction") {
    belonging[/** @type {"edit"|"revoke"} */ (content.type)] = message;
    return;
  }
  belonging.reactions = belonging.reactions.filter((one) => one.message.direction !== direction);
  if (content.emoji) belonging.reactions.push({ emoji: content.emoji, message });
}
