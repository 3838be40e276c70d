// Addresses as people read them.

const PLAIN = { "%2C": ",", "%3B": ";", "%3A": ":", "%2F": "/", "%3D": "=", "%2A": "*" }; // a query may have them as they are
const USUAL = "simulator"; // the page of a link that names none, as content/catalogue.py has it

/**
 * The same address, shorter: what needs no code has none, and the page that a link means without a name has none.
 * @param {string} address
 */
export function readable(address) {
  const url = new URL(address);
  if (url.searchParams.get("view") === USUAL && url.searchParams.size > 1) url.searchParams.delete("view");
  url.search = url.search.replace(/%[0-9A-F]{2}/g, (code) => PLAIN[code] ?? code);
  return url.href;
}

/**
 * Whether an address says these keys and values, and nothing else.
 * @param {string} search
 * @param {Record<string, string>} query
 */
export function saysExactly(search, query) {
  const said = new URLSearchParams(search);
  return said.size === Object.keys(query).length && Object.entries(query).every(([key, value]) => said.get(key) === value);
}
