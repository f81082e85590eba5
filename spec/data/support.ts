import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import type { Failure } from '../../lib/base/failure.ts'
import { writeIdx } from '../../lib/data/idx.ts'

export const words = fc.record({ hi: fc.nat(0xffffffff), lo: fc.nat(0xffffffff) })

/** IDX files of `count` images of one gray level each (the image's number) and labels 0 … 9 in turn. */
export const tinyFiles = (
  count: number,
  height = 28,
  width = height
): { readonly images: Uint8Array; readonly labels: Uint8Array } => ({
  images: writeIdx({
    shape: [count, height, width],
    data: Uint8Array.from({ length: count * height * width }, (_, i) => Math.floor(i / (height * width)))
  }),
  labels: writeIdx({ shape: [count], data: Uint8Array.from({ length: count }, (_, i) => i % 10) })
})

/** Runs `use` with a new folder, which is gone afterwards. */
export const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-spec-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The result, or an error that shows the failure. */
export const right = <A>(result: E.Either<Failure, A>): A => {
  if (E.isRight(result)) return result.right
  throw new Error(`expected a result, got the failure ${result.left.kind}: ${result.left.message}`)
}

/** The failure, or an error where there is a result. */
export const left = <A>(result: E.Either<Failure, A>): Failure => {
  if (E.isLeft(result)) return result.left
  throw new Error('expected a failure, got a result')
}

/** A folder of original files that may lie beside the checkout: none or one, to make specs from. */
export const originals = (name: string): readonly string[] =>
  [join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data', name)].filter((path) => existsSync(path))
