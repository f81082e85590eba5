import * as E from 'fp-ts/Either'
import { sha256 } from '@noble/hashes/sha2.js'
import { fail } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'

/**
 * The metadata text that holds a file's SHA-256, computed with zeros in place of its own 64 digits. If damage destroys
 * the name of the text, its value still shows that the file was sealed, because no other text may have this form.
 */
export const digestName = 'tessera.sha256'

const digits = 64
const prefix = 'tessera-sha256:'
const pattern = /^tessera-sha256:[0-9a-f]{64}$/

/** The value of the text before the file is sealed. */
export const unsealed = prefix + '0'.repeat(digits)

type Texts = Readonly<Record<string, string>>

/** Whether a metadata text has the name or the form of a digest. */
export const isReserved = (name: string, text: string): boolean => name === digestName || pattern.test(text)

const encoder = new TextEncoder()
const front = encoder.encode(`"${digestName}":"${prefix}`)

/** The position of the digits in a header. A JSON string can't contain unescaped quotes, so there is at most one. */
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

/** The metadata without the digest, if the file is as it was sealed, or was never sealed, like the files of others. */
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
