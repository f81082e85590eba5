import * as E from 'fp-ts/Either'
import { failure } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'

/** The limits of a JSON text. */
export interface Bounds {
  /** How many objects and lists are around a value. */
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
 * Says which bound a JSON text exceeds; undefined if it exceeds none. It stops at the first excess and builds nothing,
 * so that a hostile text costs next to nothing.
 */
export const excess = (json: Uint8Array, most: Bounds): string | undefined => {
  // the number of values in the list at each level; objects count names instead
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

/** The bounds of a text in a file's metadata. A text beyond them is refused before it is parsed. */
const usual: Bounds = { depth: 8, items: 10_000, names: 10_000, literal: 32 }

/** The value of a JSON text from outside, or a failure that says what is wrong with it. */
export const parseJson = (text: string): E.Either<Failure, unknown> => {
  const found = excess(new TextEncoder().encode(text), usual)
  return found === undefined
    ? E.tryCatch(
        (): unknown => JSON.parse(text),
        () => failure('format', 'is no JSON')
      )
    : E.left(failure('format', found))
}

// the closing quote of the string that begins before `at`
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
 * The number of keys in a JSON text, which are the strings before a colon. It includes repeated keys, of which
 * `JSON.parse` only keeps the last.
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
