// @ts-check
/** The band on top: whether messages leave this machine, and whether the stream is live. */

import { fill, h, icon, set } from "./dom.js";
import { cutWords } from "./event_words.js";
import { say } from "./language.js";
import { isHarmless, reach } from "./reach.js";
import { switchWords } from "./sandbox_dialog.js";
import { isStuck, on, state } from "./store.js";
import { tryNow } from "./stream.js";

/** @param {{switches: () => void}} open */
export function band(open) {
  const where = h("div", { class: "where" });
  const door = h("div", {});
  const knobs = h("div", { class: "knobs" });
  const lamp = h("span", { class: "lamp", "aria-hidden": "true" });
  const words = h("span", { role: "status" });
  const again = h("button", { class: "again", type: "button", hidden: true, onclick: tryNow }, say("connection.try_now"));
  const connection = h("div", { class: "connection" }, lamp, words, again);
  const element = h("header", { class: "band" }, h("h1", { class: "unseen" }, "Relevo Lab"), where, knobs, door, h("span", { class: "room" }), connection);

  function showSandbox() {
    const { url, switches } = state.sandbox;
    const whom = reach();
    const isOn = whom === "here";
    const next = switches?.find((/** @type {any} */ one) => one.once && one.on);
    set(element, { "data-sandbox": isHarmless() ? "on" : "off", "data-reach": whom });
    fill(where, isHarmless() && icon("sandbox"), h("span", {}, whom ? say(`reach.${whom}`) : "Relevo Lab"));
    fill(knobs, isOn && switches && h("button", { class: "door", type: "button", "aria-haspopup": "dialog", onclick: open.switches }, icon("preferences", "small"), h("span", {}, next ? say("sandbox.next_is", { what: switchWords(next) }) : say("sandbox.switches"))));
    fill(door, isOn && /^http:\/\//.test(url ?? "") && h("a", { class: "door", href: url, target: "_blank", rel: "noreferrer noopener" }, say("sandbox.open"), icon("open", "small")));
  }

  function showConnection() {
    const { state: now, caughtUp } = state.connection;
    set(connection, { "data-state": now });
    // Without an account nothing is followed.
    connection.hidden = isStuck();
    again.hidden = now !== "cut";
    const text = now === "live" && caughtUp ? cutWords(caughtUp) : now === "cut" ? cutText() : say(`connection.${now}`);
    if (words.textContent !== text) words.textContent = text;
  }

  on(["sandbox", "accounts"], showSandbox);
  on(["connection", "accounts"], showConnection);
  const ticking = setInterval(() => {
    if (!element.isConnected) clearInterval(ticking);
    else if (state.connection.state === "cut") showConnection();
  }, 500);
  showSandbox();
  showConnection();
  return { element };
}

function cutText() {
  const left = Math.max(0, Math.ceil((state.connection.tryAt - Date.now()) / 1000));
  return say("connection.cut", { count: left });
}
