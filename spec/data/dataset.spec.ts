import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sources } from '../../lib/data/catalogue.ts'
import { epochBatches, limit, normalise } from '../../lib/data/dataset.ts'
import { parseIdx } from '../../lib/data/idx.ts'
import { labelled } from '../../lib/data/labelled.ts'
import { key as keyOf, known } from '../../lib/core/key.ts'
import { permutationValues } from '../../lib/random/threefry.ts'
import { left, right, tinyFiles, words } from './support.ts'

const tiny = (count: number, side = 28) => {
  const files = tinyFiles(count, side)
  return { images: right(parseIdx(files.images)), labels: right(parseIdx(files.labels)) }
}

const dataset = (count: number) => right(labelled(sources.mnist, 'here', tiny(count).images, tiny(count).labels))

describe('normalise', () => {
  it('takes 0, 255 to -1, 1, and every byte to (v / 255 - 0.5) · 2', () => {
    const values = normalise(Uint8Array.from({ length: 256 }, (_, v) => v))
    expect([values[0], values[255]]).toStrictEqual([-1, 1])
    // three float32 roundings of values of at most 1
    values.forEach((value, v) => expect(Math.abs(value - (v / 255 - 0.5) * 2)).toBeLessThanOrEqual(3 * 2 ** -24))
  })

  it('rises with the byte', () => {
    fc.assert(
      fc.property(fc.nat(254), (v) => {
        const [a, b] = normalise(Uint8Array.of(v, v + 1))
        expect(b).toBeGreaterThan(a!)
      })
    )
  })
})

describe('limit', () => {
  it('keeps the first images and labels', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 40 }), (count, n) => {
        const cut = limit(n)(dataset(count))
        expect(cut.count).toBe(Math.min(n, count))
        expect(cut.labels).toStrictEqual(dataset(count).labels.slice(0, n))
        expect(cut.images).toStrictEqual(dataset(count).images.slice(0, n * 784))
      }),
      { numRuns: 20 }
    )
  })

  it.each([0, -1, 1.5, NaN])('refuses %d', (n) => {
    expect(() => limit(n)(dataset(3))).toThrow(`limit: the number of images is a whole number of at least 1, not ${n}`)
  })
})

describe('epochBatches', () => {
  it('has every image once, with its label, in batches of the size but for the last', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), (order, count, size) => {
        const data = dataset(count)
        const batches = [...epochBatches(data, known(order), { batch: size })]
        expect(batches.flatMap(({ indices }) => [...indices])).toStrictEqual([...permutationValues(order, count)])
        expect(batches.slice(0, -1).every((batch) => batch.size === size)).toBe(true)
        expect(batches.at(-1)!.size).toBe(count % size || Math.min(size, count))
        for (const batch of batches) {
          expect([...batch.labels]).toStrictEqual([...batch.indices].map((index) => data.labels[index]))
          expect(batch.images).toStrictEqual(
            normalise(Uint8Array.from({ length: batch.size * 784 }, (_, i) => batch.indices[Math.floor(i / 784)]!))
          )
        }
      }),
      { numRuns: 30 }
    )
  })

  it('has 469 batches of 60,000 images, the last of 96', () => {
    const data = {
      ...dataset(1),
      count: 60_000,
      labels: new Uint8Array(60_000),
      images: new Uint8Array(60_000),
      height: 1,
      width: 1
    }
    const sizes = Array.from(epochBatches(data, keyOf(0), { batch: 128 }), (batch) => batch.size)
    expect([sizes.length, sizes[0], sizes[467], sizes[468]]).toStrictEqual([469, 128, 128, 96])
  })

  it('makes batches when they are asked for, the same ones again', () => {
    const batches = epochBatches(dataset(20), keyOf(2), { batch: 6 })
    const [first] = batches
    const [again] = batches
    expect(again).toStrictEqual(first)
    const other = [...epochBatches(dataset(20), keyOf(3), { batch: 6 })]
    expect(other.map(({ indices }) => indices)).not.toStrictEqual([...batches].map(({ indices }) => indices))
  })

  it.each([0, -1, 2.5])('refuses a batch size of %d', (size) => {
    expect(() => epochBatches(dataset(3), keyOf(0), { batch: size })).toThrow(
      `epochBatches: batch is a whole number of at least 1, not ${size}`
    )
  })
})

describe('a data set of images of another size', () => {
  const sizes = fc.record({
    height: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 40 }),
    count: fc.integer({ min: 1, max: 12 }),
    batch: fc.integer({ min: 1, max: 5 })
  })

  it('is read and batched, if its source says so', () => {
    fc.assert(
      fc.property(sizes, words, ({ height, width, count, batch }, order) => {
        const files = tinyFiles(count, height, width)
        const [images, labels] = [right(parseIdx(files.images)), right(parseIdx(files.labels))]
        const data = right(labelled({ ...sources.mnist, height, width }, 'here', images, labels))
        expect(data).toMatchObject({ count, height, width })
        for (const { images: values, indices, size } of epochBatches(data, known(order), { batch })) {
          expect(values.length).toBe(size * height * width)
          const each = Array.from(indices, (index) => Array<number>(height * width).fill(index))
          expect(values).toStrictEqual(normalise(Uint8Array.from(each.flat())))
        }
      })
    )
  })

  it('is refused by a source that says otherwise', () => {
    const files = tinyFiles(3, 20, 12)
    const read = (height: number, width: number) => labelled({ ...sources.mnist, height, width }, 'F', right(parseIdx(files.images)), right(parseIdx(files.labels))) // prettier-ignore
    expect(right(read(20, 12)).count).toBe(3)
    expect(left(read(12, 20)).message).toBe('F: the images must be 12×20: [3,20,12]')
  })
})

describe('labelled', () => {
  const five = tiny(5)
  it.each([
    [tiny(4).images, five.labels, '4 images but 5 labels: they belong to different files'],
    [five.labels, five.labels, 'the images must be of rank 3, count × height × width: [5]'],
    [five.images, five.images, 'the labels must be of rank 1: [5,28,28]'],
    [tiny(5, 32).images, five.labels, 'the images must be 28×28: [5,32,32]'],
    [tiny(0).images, tiny(0).labels, 'the files hold no image'],
    [five.images, { shape: [5], data: Uint8Array.of(0, 1, 10, 3, 4) }, 'label 10 of image 2 is none of the 10 classes']
  ])('says what does not fit', (images, labels, message) => {
    expect(left(labelled(sources.mnist, 'F', images, labels))).toStrictEqual({
      kind: 'format',
      message: `F: ${message}`
    })
  })
})
