import { extname } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as node from 'tessera/node'
import { fail, failure, reason } from 'tessera'
import type { Failure } from 'tessera'

/** What is to be taken off each tensor's name, and what is then put before it. */
export interface Renaming {
  readonly strip?: string
  readonly prefix?: string
}

/** A kind of file to write. */
interface Target {
  readonly encode: (file: t.ModelFile) => Uint8Array
  readonly keepsMetadata: boolean
}

const pytorch: Target = { encode: ({ tensors }) => t.encodePyTorch(tensors), keepsMetadata: false }
const safetensors: Target = {
  encode: ({ tensors, metadata }) => t.encodeSafetensors(tensors, { metadata }),
  keepsMetadata: true
}

const targets: Readonly<Record<string, Target>> = { '.pt': pytorch, '.pth': pytorch, '.safetensors': safetensors }

const targetOf = (path: string): E.Either<Failure, Target> =>
  E.fromNullable(failure('usage', `${path}: its name must end in ${Object.keys(targets).join(', ')}`))(
    targets[extname(path).toLowerCase()]
  )

const renamed =
  ({ strip = '', prefix = '' }: Renaming) =>
  (file: t.ModelFile): E.Either<Failure, t.ModelFile> => {
    const other = Object.keys(file.tensors).find((name) => !name.startsWith(strip))
    if (other !== undefined)
      return fail('mismatch', `--strip ${strip}: the name ${JSON.stringify(other)} does not begin like that`)
    const named = Object.entries(file.tensors).map(([name, x]) => [prefix + name.slice(strip.length), x] as const)
    return E.right({ ...file, tensors: Object.fromEntries(named) })
  }

// such as a name that the other format cannot hold
const encoded = ({ encode }: Target, file: t.ModelFile): E.Either<Failure, Uint8Array> =>
  E.tryCatch(
    () => encode(file),
    (thrown) => failure('format', reason(thrown))
  )

interface Converted {
  readonly file: t.ModelFile
  readonly bytes: Uint8Array
}

const converted = (content: Uint8Array, target: Target, renaming: Renaming): E.Either<Failure, Converted> =>
  pipe(
    t.decodeModel(content),
    E.flatMap(renamed(renaming)),
    E.bindTo('file'),
    E.bind('bytes', ({ file }) => encoded(target, file))
  )

const formats = { safetensors: 'a safetensors file', pytorch: 'a .pt file of PyTorch' } as const

/** What was read, what was written, and what could not be kept. */
const report = (from: string, to: string, { keepsMetadata }: Target, { file, bytes }: Converted): readonly string[] => {
  const { format, under, tensors, metadata } = file
  const texts = keepsMetadata ? [] : Object.keys(metadata)
  return [
    `Read ${from}: ${formats[format]}${under === undefined ? '' : `, the state dict under ${JSON.stringify(under)}`}`,
    `Wrote ${to}: ${Object.keys(tensors).length} tensors, ${bytes.length} bytes`,
    ...(texts.length === 0 ? [] : [`A .pt file has no place for the metadata, which stays behind: ${texts.join(', ')}`])
  ]
}

/**
 * Writes the tensors of a model file as another one, of the kind that its name says; gives lines that say what became
 * of it. The file is whole or not there at all.
 */
export const convert = (from: string, to: string, renaming: Renaming): TE.TaskEither<Failure, readonly string[]> =>
  pipe(
    TE.fromEither(targetOf(to)),
    TE.bindTo('target'),
    TE.bind('content', () => node.readBytes(from)),
    TE.bind('done', ({ content, target }) =>
      pipe(
        TE.fromEither(converted(content, target, renaming)),
        TE.mapLeft(({ kind, message }) => failure(kind, `${from}: ${message}`))
      )
    ),
    TE.tap(({ done: { bytes } }) => node.writeAtomic(to, bytes)),
    TE.map(({ target, done }) => report(from, to, target, done))
  )
