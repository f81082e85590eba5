import * as E from 'fp-ts/Either'
import { sha256 } from '@noble/hashes/sha2.js'
import { fail } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'

/**
 * A file's SHA-256 in the file: a text of its metadata, computed while its own 64 digits were zeros. A header that lost
 * the text's name to damage still shows its value, which no other text may have.
 */
export const digestName = 'tessera.sha256'

const digits = 64
const prefix = 'tessera-sha256:'
const pattern = /^tessera-sha256:[0-9a-f]{64}$/

/** What stands there before the file is sealed. */
export const unsealed = prefix + '0'.repeat(digits)

type Texts = Readonly<Record<string, string>>

/** Whether a text of the metadata would be taken for a digest. */
export const isReserved = (name: string, text: string): boolean => name === digestName || pattern.test(text)

const encoder = new TextEncoder()
const front = encoder.encode(`"${digestName}":"${prefix}`)

/** Where the digits begin in a header: a string can't hold its unescaped quotes, so this is found once at most. */
const digitsAt = (header: Uint8Array): number | undefined => {
  for (let i = header.indexOf(front[0]!); i >= 0; i = header.indexOf(front[0]!, i + 1))
    if (front.every((byte, k) => header[i + k] === byte)) return i + front.length
  return undefined
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const digestOf = (file: Uint8Array, at: number): string =>
  hexOf(
    sha256
      .create()
      .update(file.subarray(0, at))
      .update(encoder.encode('0'.repeat(digits)))
      .update(file.subarray(at + digits))
      .digest()
  )

/** Writes the digest into a file whose metadata hold `unsealed`. */
export const seal = (file: Uint8Array, headerEnd: number): void => {
  const at = digitsAt(file.subarray(0, headerEnd))
  if (at !== undefined) file.set(encoder.encode(digestOf(file, at)), at)
}

const damaged = (how: string): E.Either<Failure, never> =>
  fail(
    'format',
    `safetensors: the file is damaged: ${how}; take another copy of it (a program that changes such a file drops ${digestName} from its metadata)`
  )

/**
 * The metadata without the digest, where the file is what it was when it was sealed, or was never sealed, as files of
 * others.
 */
export const checkDigest = (file: Uint8Array, headerEnd: number, metadata: Texts): E.Either<Failure, Texts> => {
  const texts = Object.entries(metadata)
  const others = texts.filter(([name]) => name !== digestName)
  const astray = others.find(([name, text]) => isReserved(name, text))
  if (astray !== undefined) return damaged(`its SHA-256 stands under another name`)
  if (others.length === texts.length) return E.right(metadata)
  const at = digitsAt(file.subarray(0, headerEnd))
  return at !== undefined && metadata[digestName] === prefix + digestOf(file, at)
    ? E.right(Object.fromEntries(others))
    : damaged('its SHA-256 is not the one that it was written with')
}
