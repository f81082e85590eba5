import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromFolder } from '../../lib/platform/node/sources.ts'
import { inFolder, left, originals, right, tinyFiles } from './support.ts'

const tiny = tinyFiles(12)

/** Reads a folder that holds these files. */
const reading = (files: Readonly<Record<string, Uint8Array>>, split: 'train' | 't10k' = 'train') =>
  inFolder(async (folder) => {
    await Promise.all(Object.entries(files).map(([name, bytes]) => writeFile(join(folder, name), bytes)))
    return { folder, result: await fromFolder(folder, 'mnist', { split })() }
  })

describe('fromFolder', () => {
  it.each([
    ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
    ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'],
    ['train-images.idx3-ubyte', 'train-labels.idx1-ubyte.gz']
  ])('reads %s and %s, gzipped or not whatever the name', async (images, labels) => {
    const { folder, result } = await reading({ [images]: tiny.images, [labels]: gzipSync(tiny.labels) })
    const dataset = right(result)
    expect(dataset).toMatchObject({ name: 'mnist', count: 12, height: 28, width: 28, source: folder })
    expect([...dataset.labels]).toStrictEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    expect(dataset.images).toStrictEqual(tiny.images.slice(16))
  })

  it('reads the test images where they are asked for', async () => {
    const { result } = await reading(
      { 't10k-images-idx3-ubyte': tiny.images, 't10k-labels-idx1-ubyte': tiny.labels },
      't10k'
    )
    expect(right(result).count).toBe(12)
  })

  it('says which folder is missing', async () => {
    const failure = left(await fromFolder('/no/such/folder', 'mnist')())
    expect(failure.kind).toBe('missing')
    expect(failure.message).toMatch(/^\/no\/such\/folder: no folder that can be read \(ENOENT.*\): name one that holds/)
  })

  it('says which file is missing', async () => {
    const { folder, result } = await reading({ 'train-images-idx3-ubyte': tiny.images })
    expect(left(result)).toStrictEqual({
      kind: 'missing',
      message: `${folder}: no train-labels-idx1-ubyte in it, gzipped or not: name the folder that holds it`
    })
  })

  it('says that labels and images do not belong together', async () => {
    const { result } = await reading({
      'train-images-idx3-ubyte': tiny.images,
      'train-labels-idx1-ubyte': tinyFiles(11).labels
    })
    expect(left(result).message).toMatch(/: 12 images but 11 labels: they belong to different files$/)
  })

  it('refuses a truncated or damaged file with one line that names it, and never throws', async () => {
    const packed = gzipSync(tiny.images)
    const damaged = fc.oneof(
      fc.nat(tiny.images.length - 1).map((length) => tiny.images.slice(0, length)),
      fc.nat(packed.length - 1).map((length) => packed.subarray(0, length)),
      fc.uint8Array({ maxLength: 64 })
    )
    await fc.assert(
      fc.asyncProperty(damaged, async (images) => {
        const { folder, result } = await reading({
          'train-images-idx3-ubyte': images,
          'train-labels-idx1-ubyte': tiny.labels
        })
        const { kind, message } = left(result)
        expect(kind).toBe('format')
        expect(message).not.toContain('\n')
        expect(message.startsWith(join(folder, 'train-images-idx3-ubyte'))).toBe(true)
      }),
      { numRuns: 40 }
    )
  })

  for (const folder of originals('mnist')) {
    it('reads the original MNIST files', async () => {
      const train = right(await fromFolder(folder, 'mnist')())
      const test = right(await fromFolder(folder, 'mnist', { split: 't10k' })())
      expect([train.count, test.count]).toStrictEqual([60_000, 10_000])
      expect([...train.labels.slice(0, 5)]).toStrictEqual([5, 0, 4, 1, 9])
      expect(train.images).toHaveLength(60_000 * 784)
    })
  }

  for (const folder of originals('fashion-mnist-900')) {
    it('reads 900 images of Fashion-MNIST', async () => {
      const dataset = right(await fromFolder(folder, 'fashion-mnist')())
      expect(dataset.count).toBe(900)
      expect(new Set(dataset.labels).size).toBe(dataset.classes.length)
    })
  }
})
