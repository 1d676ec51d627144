// @ts-check
/** Draw relay lines: under a message, long above its detail, tiny in lists. */

import { fill, h, set } from "./dom.js";
import { say } from "./language.js";
import { offset } from "./times.js";
import { STEPS } from "./trail.js";

/** @typedef {import("./trail.js").Line} Line */

/** Say a line in words. @param {Line} line */
export function lineInWords(line) {
  const name = say(`status.${line.status}`);
  const when = line.offset === undefined || line.status === "queued" ? "" : ` ${offset(line.offset)}`;
  return `${name}${when}${line.again ? `, ${say("relay.again", { attempt: (line.attempt ?? 0) + 1 })}` : ""}`;
}

/** @param {Line} line */
export function tinyLine(line) {
  return drawInto(h("span", { class: "relay tiny", role: "img" }), line, lineInWords(line));
}

/** @param {HTMLElement} element @param {Line} line */
export function updateTinyLine(element, line) {
  drawInto(element, line, lineInWords(line));
}

/** A line with the last step's name and offset under it. @param {Line} line */
export function notedLine(line) {
  const element = h("span", { class: "noted" }, h("span", { class: "relay", "aria-hidden": "true" }), h("span", { class: "relay-note" }, h("span")));
  updateNotedLine(element, line);
  return element;
}

/** @param {any} element @param {Line} line */
export function updateNotedLine(element, line) {
  const [relay, note] = element.children;
  drawInto(relay, line);
  set(note, { "data-status": line.status });
  note.style.setProperty("--at", `${(line.far / (STEPS.length - 1)) * 100}%`);
  const when = line.offset === undefined || line.status === "queued" ? "" : ` ${offset(line.offset)}`;
  const more = noteOf(line);
  const words = `${line.status} ${when} ${more}`;
  if (note.dataset.words === words) return;
  note.dataset.words = words;
  fill(note.firstElementChild, h("b", {}, say(`status.${line.status}`)), when, more && ` · ${more}`);
}

/** @param {Line} line */
function noteOf(line) {
  if (line.status === "unknown") return say("relay.in_doubt");
  if (line.again) return say("relay.again", { attempt: (line.attempt ?? 0) + 1 });
  return (line.attempt ?? 1) > 1 ? say("relay.attempt", { attempt: line.attempt ?? 1 }) : "";
}

/** The line that heads a message's detail, each step with its name and offset. @param {Line} line */
export function longLine(line) {
  return h(
    "div",
    { class: "relay-long", role: "img", "aria-label": lineInWords(line) },
    drawInto(h("div", { class: "relay" }), line),
    h("div", { class: "names", "aria-hidden": "true" }, line.stops.map((stop) =>
      h("div", { "data-lit": stop.state !== "pending" && stop.state !== "passed" },
        h("span", { class: "name" }, nameOf(stop, line)),
        h("span", { class: "offset" }, offsetOf(stop, line)),
      ))),
  );
}

/** @param {import("./trail.js").Stop} stop @param {Line} line */
function nameOf(stop, line) {
  return say(`status.${["failed", "stopped", "doubt"].includes(stop.state) ? line.status : stop.step}`);
}

/** @param {import("./trail.js").Stop} stop @param {Line} line */
function offsetOf(stop, line) {
  const ms = ["failed", "stopped", "doubt"].includes(stop.state) ? line.offset : stop.offset;
  return ms === undefined ? "" : offset(ms).replace("+", "");
}

/** @template {HTMLElement} T @param {T} relay @param {Line} line @param {string} [label] @returns {T} */
function drawInto(relay, line, label) {
  if (!relay.firstElementChild) {
    relay.append(h("span", { class: "way" }), ...STEPS.map((step) => h("span", { class: "stop", "data-step": step })));
  }
  if (label !== undefined) set(relay, { "aria-label": label, title: label });
  const [way, ...stops] = /** @type {HTMLElement[]} */ ([...relay.children]);
  way?.style.setProperty("--far", String(line.far / (STEPS.length - 1)));
  for (const [place, stop] of stops.entries()) set(stop, { "data-state": line.stops[place]?.state });
  return relay;
}
