// @ts-check
/** What can be composed: of each kind its fields, and the content they make. Pure. */

/** @typedef {Record<string, string>} Fields */
/** @typedef {{name: string, type?: "url"|"text"|"decimal"|"lines", optional?: boolean, example?: string}} Asked */
/** @typedef {object} Kind
 *  @property {"body"|"caption"|null} words what the message box is for it; null: it has no words
 *  @property {boolean} [wordless] the words may be left out
 *  @property {Asked[]} fields @property {(fields: Fields) => Record<string, any>} make
 *  @property {[RegExp, string][]} [places] which field a place in the content is written in */

/** @type {Asked} */
const LINK = { name: "link", type: "url", example: "https://" };
const MOST_BUTTONS = 3;

/** In the order they are offered. @type {Record<string, Kind>} */
export const KINDS = {
  text: { words: "body", fields: [], make: ({ text }) => ({ body: text }) },
  image: { words: "caption", wordless: true, fields: [LINK], make: ({ link, text }) => some({ link, caption: text }) },
  video: { words: "caption", wordless: true, fields: [LINK], make: ({ link, text }) => some({ link, caption: text }) },
  audio: { words: null, fields: [LINK], make: ({ link }) => some({ link }) },
  document: {
    words: "caption", wordless: true, fields: [LINK, { name: "filename", optional: true }],
    make: ({ link, filename, text }) => some({ link, filename, caption: text }),
  },
  sticker: { words: null, fields: [LINK], make: ({ link }) => some({ link }) },
  location: {
    words: null,
    fields: [{ name: "latitude", type: "decimal", example: "-34.6037" }, { name: "longitude", type: "decimal", example: "-58.3816" }, { name: "name", optional: true }, { name: "address", optional: true }],
    make: ({ latitude, longitude, name, address }) => some({ latitude: number(latitude), longitude: number(longitude), name, address }),
  },
  contacts: {
    words: null, fields: [{ name: "name" }, { name: "phone", optional: true, example: "+54 11 3094 6950" }],
    make: ({ name, phone }) => ({ contacts: [some({ name, phones: phone ? [{ number: phone }] : [] })] }),
    places: [[/phones/, "phone"], [/contacts/, "name"]],
  },
  buttons: {
    words: "body", fields: Array.from({ length: MOST_BUTTONS }, (_, place) => ({ name: `button${place + 1}`, optional: place > 0 })),
    make: (fields) => ({ body: fields.text, buttons: buttonTitles(fields).map((title, place) => ({ id: idOf(title, place), title })) }),
    places: [[/buttons\.0/, "button1"], [/buttons\.1/, "button2"], [/buttons\.2/, "button3"], [/buttons/, "button1"]],
  },
  list: {
    words: "body", fields: [{ name: "button" }, { name: "rows", type: "lines" }],
    make: ({ text, button, rows }) => ({ body: text, button, sections: [{ rows: lines(rows).map(rowOf) }] }),
    places: [[/sections/, "rows"]],
  },
  link: { words: "body", fields: [{ name: "label" }, { name: "url", type: "url", example: "https://" }], make: ({ text, label, url }) => ({ body: text, label, url }) },
  location_request: { words: "body", fields: [], make: ({ text }) => ({ body: text }) },
  template: {
    words: null, fields: [{ name: "name", example: "order_update" }, { name: "language", example: "es_AR" }, { name: "parameters", type: "lines", optional: true }],
    make: ({ name, language, parameters }) => ({ name, language, ...parametersOf(parameters) }),
    places: [[/components/, "parameters"]],
  },
};

/** The content that the fields of a kind make. @param {string} kind @param {Fields} fields */
export function contentOf(kind, fields) {
  return { type: kind, ...(KINDS[kind] ?? KINDS.text)?.make(fields) };
}

/** Which fields are empty that must not be. @param {string} kind @param {Fields} fields @returns {string[]} */
export function emptyFields(kind, fields) {
  const { words, wordless, fields: asked } = /** @type {Kind} */ (KINDS[kind]);
  const needed = asked.filter(({ optional }) => !optional).map(({ name }) => name);
  if (words && !wordless) needed.push("text");
  return needed.filter((name) => !fields[name]?.trim());
}

/** Which field a server's word for a place in the content is about: `content.buttons.buttons.1.title` is `button2`.
 *  @param {string} kind @param {string} told */
export function fieldOf(kind, told) {
  if (!told.startsWith("content.")) return told;
  const [, first = "", ...rest] = told.replace(/\[(\d*)\]/g, ".$1").split(".");
  // Our own reading of a body names the kind before the field; a provider's check does not.
  const place = first === kind && rest.length && !/^\d/.test(rest[0] ?? "") ? rest.join(".") : [first, ...rest].join(".");
  const { words, places = [] } = /** @type {Kind} */ (KINDS[kind]);
  if (place === words) return "text";
  return places.find(([pattern]) => pattern.test(place))?.[1] ?? place.split(".")[0] ?? "";
}

/** Leave out what is empty. @param {Record<string, any>} values */
function some(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ""));
}

/** What is no number is sent as it was written: the answer says so. @param {string|undefined} text */
function number(text = "") {
  const read = Number(text.replace(",", "."));
  return text.trim() && Number.isFinite(read) ? read : text;
}

/** @param {string|undefined} text */
function lines(text = "") {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** @param {Fields} fields */
function buttonTitles(fields) {
  return Array.from({ length: MOST_BUTTONS }, (_, place) => fields[`button${place + 1}`]?.trim() ?? "").filter(Boolean);
}

/** `Small | for two` @param {string} line @param {number} place */
function rowOf(line, place) {
  const [title = "", description = ""] = line.split("|").map((part) => part.trim());
  return some({ id: idOf(title, place), title, description });
}

/** @param {string} title @param {number} place */
function idOf(title, place) {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return plain || String(place + 1);
}

/** One value a line; all of them `name=value`, and they are named. @param {string|undefined} text */
function parametersOf(text) {
  const values = lines(text);
  if (!values.length) return {};
  const named = values.map((line) => /^([a-z_][a-z0-9_]*)=(.*)$/.exec(line));
  return { parameters: named.every(Boolean) ? Object.fromEntries(named.map((found) => [found?.[1], found?.[2]])) : values };
}
