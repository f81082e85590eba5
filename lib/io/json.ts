// the quote that closes the string which begins before `at`
const closingQuote = (json: string, at: number): number => {
  let i = at
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1
  return i
}

const afterSpace = (json: string, at: number): number => {
  let i = at
  while (json[i] === ' ' || json[i] === '\n' || json[i] === '\r' || json[i] === '\t') i++
  return i
}

/**
 * How many keys a JSON text has, repeated ones too, which `JSON.parse` hides: it keeps the last. They
 * are the strings before a colon.
 *
 * @param json valid JSON
 */
export const keysIn = (json: string): number => {
  let keys = 0
  for (let start = json.indexOf('"'); start >= 0;) {
    const next = closingQuote(json, start + 1) + 1
    if (json[afterSpace(json, next)] === ':') keys++
    start = json.indexOf('"', next)
  }
  return keys
}
