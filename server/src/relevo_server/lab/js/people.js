// @ts-check
/** How people and their numbers are shown. */

/** `+541130946950`; other addresses as they are. @param {string|undefined} person */
export function shownPerson(person) {
  if (!person) return "";
  return /^\d{5,15}$/.test(person) ? `+${person}` : person;
}

/** Who it is: the name the provider told, else the number.
 *  @param {{person_name?: string, person?: string}|undefined} row */
export function nameOf(row) {
  return row?.person_name || shownPerson(row?.person);
}
