import * as E from 'fp-ts/Either'
import { failure } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'

/** What a JSON text may have at most. */
export interface Bounds {
  /** Objects and lists around a value. */
  readonly depth: number
  /** Values in one list. */
  readonly items: number
  /** Names in all objects together. */
  readonly names: number
  /** Characters of a number. */
  readonly literal: number
}

const code = (character: string): number => character.charCodeAt(0)
const [quote, backslash, colon, comma] = [code('"'), code('\\'), code(':'), code(',')]
const [brace, bracket, endBrace, endBracket] = [code('{'), code('['), code('}'), code(']')]
const spaces: readonly unknown[] = [' ', '\n', '\r', '\t'].map(code)

const endOfString = (json: Uint8Array, begin: number): number => {
  let i = begin
  while (i < json.length && json[i] !== quote) i += json[i] === backslash ? 2 : 1
  return i
}

/**
 * What a JSON text has too much of, in words; undefined if it keeps the bounds. It stops at the first excess and builds
 * nothing, so that a text that was made to harm costs next to nothing.
 */
export const excess = (json: Uint8Array, most: Bounds): string | undefined => {
  // for each level how many values its list has; an object has names instead
  const items: number[] = []
  let names = 0
  let literal = 0
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]
    literal++
    if (byte === quote) i = endOfString(json, i + 1)
    else if (byte === brace || byte === bracket) items.push(byte === brace ? -Infinity : 1)
    else if (byte === endBrace || byte === endBracket) items.pop()
    else if (byte === colon) names++
    else if (byte === comma) items.push((items.pop() ?? -Infinity) + 1)
    else if (!spaces.includes(byte)) {
      if (literal > most.literal) return `holds a number of more than ${most.literal} characters`
      continue
    }
    literal = 0
    if (items.length > most.depth) return `is nested more than ${most.depth} levels deep`
    if (names > most.names) return `holds more than ${most.names} names`
    if ((items.at(-1) ?? 0) > most.items) return `holds a list of more than ${most.items} values`
  }
  return undefined
}

/** For a text inside a file, as one of its metadata: what nobody writes there is refused before it is parsed. */
const usual: Bounds = { depth: 8, items: 10_000, names: 10_000, literal: 32 }

/** The value of a JSON text from outside, or in what way it is none. */
export const parseJson = (text: string): E.Either<Failure, unknown> => {
  const found = excess(new TextEncoder().encode(text), usual)
  return found === undefined
    ? E.tryCatch(
        (): unknown => JSON.parse(text),
        () => failure('format', 'is no JSON')
      )
    : E.left(failure('format', found))
}

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
