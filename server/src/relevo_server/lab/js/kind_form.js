// @ts-check
/** The fields of the kind that is being composed, above the message box. */

import { fill, h, icon } from "./dom.js";
import { field } from "./field.js";
import { KINDS } from "./kinds.js";
import { say, sayable } from "./language.js";
import { templateNames } from "./template_names.js";

/** @typedef {ReturnType<typeof field>} Field */

/** @param {{typed: () => void, leave: () => void}} given */
export function kindForm({ typed, leave }) {
  const element = h("div", { class: "kind-form", hidden: true });
  /** @type {Map<string, Field>} */
  let fields = new Map();
  let shown = "text";
  /** @type {HTMLElement[]} */
  let offers = [];

  function controls() { return Object.fromEntries([...fields].map(([name, { control }]) => [name, control])); }

  return {
    element,
    /** Show the fields of a kind with these values. @param {string} kind @param {Record<string, string>} values */
    show(kind, values) {
      const asked = KINDS[kind]?.fields ?? [];
      const fresh = kind !== shown;
      if (fresh) fields = new Map(asked.map((one) => [one.name, fieldOf(kind, one, typed)]));
      shown = kind;
      for (const [name, { control }] of fields) control.value = values[name] ?? "";
      if (fresh) offers = kind === "template" ? templateNames(/** @type {any} */ (controls()), typed) : [];
      element.hidden = kind === "text";
      fill(element, kind !== "text" && [
        h("div", { class: "kind-head" }, icon(kind, "small"), h("span", { id: "kind-name" }, say(`kind.${kind}`)), h("span", { class: "room" }),
          h("button", { class: "button bare icon-only", type: "button", "aria-label": say("kind.leave"), title: say("kind.leave"), onclick: leave }, icon("close", "small"))),
        fields.size > 0 && h("div", { class: "kind-fields", role: "group", "aria-labelledby": "kind-name", "data-kind": kind }, [...fields.values()].map(({ element: one }) => one), offers),
      ]);
    },
    values: () => Object.fromEntries([...fields].map(([name, { control }]) => [name, control.value])),
    /** @param {import("./problems.js").Faults} faults @returns {Field|undefined} the first that something is wrong with */
    complain(faults) {
      for (const [name, one] of fields) one.complain(faults[name]);
      return [...fields].find(([name]) => faults[name])?.[1];
    },
    first: () => [...fields.values()][0],
  };
}

/** @param {string} kind @param {import("./kinds.js").Asked} asked @param {() => void} typed */
function fieldOf(kind, { name, type = "text", optional = false, example = "" }, typed) {
  const own = `kind.${kind}.${name}`;
  const label = say(sayable(own) ? own : `kind.field.${name}`);
  const hint = `kind.${kind}.${name}.hint`;
  const common = { class: "field", autocomplete: "off", placeholder: sayable(hint) ? say(hint) : example || null, oninput: typed };
  const control = type === "lines" ? h("textarea", { ...common, rows: "3" })
    : h("input", { ...common, type: type === "url" ? "url" : "text", inputmode: type === "decimal" ? "text" : null, spellcheck: type === "text" ? null : "false" });
  return field(`content-${name}`, optional ? say("kind.optional", { label }) : label, control);
}
