import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failure } from '../../lib/base/failure.ts'
import { printable } from '../../lib/base/printable.ts'
import { raise } from '../../lib/base/raise.ts'
import { quote } from '../../lib/io/quote.ts'

/** Every character of Unicode that a terminal acts on instead of showing it, by number. */
const acts = (c: number): boolean =>
  (c < 0x20 && c !== 9 && c !== 10) ||
  (c >= 0x7f && c <= 0x9f) ||
  [0x61c, 0x200e, 0x200f, 0x2028, 0x2029].includes(c) ||
  (c >= 0x202a && c <= 0x202e) ||
  (c >= 0x2066 && c <= 0x2069)

const isSafe = (text: string): boolean => !Array.from(text).some((c) => acts(c.codePointAt(0)!))

const texts = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b',
      '\u009b',
      '\u007f',
      '\u202e',
      '\u2066',
      '\u200f',
      '\u061c',
      '\u2028',
      '\r',
      '\n',
      '\t',
      'a'
    ),
    fc.integer({ min: 0, max: 0x2fff }).map((c) => String.fromCodePoint(c)),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })
  )
})

describe('what a terminal acts on', () => {
  it('is spelt out, and all else stays as it is', () => {
    for (let c = 0; c < 0x11000; c++) {
      const one = String.fromCodePoint(c)
      const spelt = acts(c) ? `\\u${c.toString(16).padStart(4, '0')}` : one
      if (printable(one) !== spelt) expect([c, printable(one)]).toEqual([c, spelt])
    }
  })

  it('is in no message of a failure or an error, whatever text is in it', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(isSafe(failure('missing', `no such file: ${text}`).message)).toBe(true)
        expect(isSafe(quote(text))).toBe(true)
        expect(() => raise('op', text)).toThrow()
        try {
          raise('op', text)
        } catch (thrown) {
          expect(isSafe((thrown as Error).message)).toBe(true)
        }
      })
    )
  })
})
