import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason } from '../../base/failure.ts'
import type { Failure } from '../../base/failure.ts'

/** No file of the data sets unpacks to more than 47 MB. */
const MOST_BYTES = 2 ** 28

const unzip = promisify(gunzip)

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** The same bytes as a plain Uint8Array instead of a Buffer. */
const plain = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** Unpacks gzipped bytes, and returns others as they are. The failure is of kind `format`, for damaged ones. */
export const unpack = (bytes: Uint8Array, name: string): TE.TaskEither<Failure, Uint8Array> =>
  isGzip(bytes)
    ? TE.tryCatch(
        async () => plain(await unzip(bytes, { maxOutputLength: MOST_BYTES })),
        (thrown) => failure('format', `${name}: damaged gzip file (${reason(thrown)}): get it again`)
      )
    : TE.right(plain(bytes))

/** The SHA-256 of some bytes, in lower-case hexadecimal. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
