// @ts-check
/** Turn a refusal of the API into words beside the field it is about: what, why, what to do. */

import { say, sayable } from "./language.js";

/** @typedef {{reason: string, todo: string, foreign?: boolean}} Fault */
/** @typedef {Record<string, Fault>} Faults `form` is about the whole. */

/** Which field a problem of this code is about. @type {Record<string, string>} */
const FIELD = { invalid_address: "to", unknown_account: "account", unsupported_content: "text", window_closed: "text", opted_out: "text", body_too_large: "text" };
/** What the server calls them, and what the form does. @type {Record<string, string>} */
const NAMES = { "content.body": "text", from: "to" };
const MISSING = /missing|at least 1 character|blank/;
const LONG = /at most/;
const WEB = /https\?:/;
const NUMBER = /valid number|greater than|less than/;
/** The right that a key lacks. */
const SCOPE = /scope '(\w+)'/;
/** Told of a body that cannot be read; all others are told of one that breaks a rule. */
const READ = new Set(["invalid_body", "invalid_parameter"]);

/** @param {import("./api.js").Answer} answer @param {string[]} fields those the form has
 *  @param {(told: string) => string} [fieldOf] which of them a place of the server's is @returns {Faults} */
export function faultsOf(answer, fields, fieldOf = (told) => told) {
  if (answer.status === 0) return { form: { reason: say("fault.network.reason"), todo: say("fault.network.todo") } };
  const problem = answer.json ?? {};
  /** @type {Faults} */
  const faults = {};
  for (const { field, reason } of problem.errors ?? []) {
    const name = NAMES[field] ?? fieldOf(field);
    const place = [name, FIELD[problem.code]].find((one) => fields.includes(one)) ?? "form";
    faults[place] ??= READ.has(problem.code) ? fieldFault(name, reason) : ruleFault(problem, answer, reason);
  }
  if (Object.keys(faults).length) return faults;
  const name = FIELD[problem.code] ?? "form";
  return { [fields.includes(name) ? name : "form"]: codeFault(problem, answer) };
}

/** What is wrong with a field that was left empty. @param {string} field @returns {Fault} */
export function missing(field) {
  return { reason: say(`fault.${field}.missing.reason`), todo: say(`fault.${field}.missing.todo`) };
}

/** What a rule of ours or the provider's says of a field, in our words where we have some.
 *  @param {Record<string, any>} problem @param {import("./api.js").Answer} answer @param {string} reason @returns {Fault} */
function ruleFault(problem, answer, reason) {
  if (sayable(`fault.${problem.code}.reason`)) return codeFault(problem, answer);
  return { reason: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`, todo: "", foreign: true };
}

/** What is wrong with any field that was left empty. @returns {Fault} */
export function emptyField() {
  return { reason: say("fault.field.missing.reason"), todo: say("fault.field.missing.todo") };
}

/** @param {string} field @param {string} reason @returns {Fault} */
function fieldFault(field, reason) {
  const kind = MISSING.test(reason) ? "missing" : LONG.test(reason) ? "long" : WEB.test(reason) ? "web" : NUMBER.test(reason) ? "number" : "wrong";
  const key = `fault.${field}.${kind}`;
  if (sayable(`${key}.reason`)) return { reason: say(`${key}.reason`), todo: say(`${key}.todo`) };
  if (sayable(`fault.field.${kind}.reason`)) return { reason: say(`fault.field.${kind}.reason`), todo: say(`fault.field.${kind}.todo`) };
  return { reason: `${field}: ${reason}.`, todo: say("fault.field.todo"), foreign: true };
}

/** @param {Record<string, any>} problem @param {import("./api.js").Answer} answer @returns {Fault} */
function codeFault(problem, answer) {
  const key = `fault.${problem.code}`;
  const scope = SCOPE.exec(problem.detail ?? "")?.[1] ?? "";
  if (sayable(`${key}.reason`)) return { reason: say(`${key}.reason`, { scope }), todo: say(`${key}.todo`) };
  return { reason: problem.detail ?? `HTTP ${answer.status} ${answer.statusText}`, todo: say("fault.other.todo"), foreign: Boolean(problem.detail) };
}
