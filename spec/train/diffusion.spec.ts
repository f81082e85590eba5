import fc from 'fast-check'
import { diffusionTraining, imagesOf, type DiffusionTraining } from 'tessera/train'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { evaluate } from '../support/float64.ts'
import { holds } from '../support/property.ts'

const dataset = t.drawDigits(t.key(3), 40)
const base = { dataset, epochs: 3, batchSize: 16, steps: 50 }
const at = { epoch: 2, batch: 1 }
const batch = t.batchAt(
  dataset,
  Uint32Array.from({ length: 16 }, (_, i) => 2 * i)
)
const inputsOf = (more: Partial<DiffusionTraining>, seed = 0) =>
  diffusionTraining({ ...base, key: t.key(seed), ...more }).inputs(batch, at)
const [width, pixels] = [dataset.width, dataset.width * dataset.height]

/** Each row of each image from right to left. */
const mirror = (images: ArrayLike<number>): readonly number[] =>
  Array.from(images, (_, i) => images[i - (i % width) + width - 1 - (i % width)]!)

describe('what a step of training gets', () => {
  it('is the same whatever else is asked for: images, timesteps and noise', () => {
    const plain = inputsOf({}).map(evaluate)
    expect(plain).toHaveLength(3)
    expect(
      inputsOf({ labels: { none: 10 } })
        .map(evaluate)
        .slice(0, 3)
    ).toEqual(plain)
    expect(inputsOf({ flips: true }).map(evaluate).slice(1)).toEqual(plain.slice(1))
    expect(inputsOf({ offsetNoise: 0.1 }).map(evaluate).slice(0, 2)).toEqual(plain.slice(0, 2))
  })

  it('is labels of which a part says nothing', () => {
    holds(fc.tuple(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true })), ([seed, drop]) => {
      const labels = [...evaluate(inputsOf({ labels: { none: 10, drop } }, seed)[3]!)]
      labels.forEach((label, i) => expect([batch.labels[i], 10]).toContain(label))
      if (drop === 0) expect(labels).toEqual([...batch.labels])
      if (drop === 1) expect(new Set(labels)).toEqual(new Set([10]))
      const most = [...evaluate(inputsOf({ labels: { none: 10, drop: 1 } }, seed)[3]!)]
      expect(most.every((label) => label === 10)).toBe(true)
    })
  })

  it('drops a tenth of the labels by default', () => {
    const dropped = Array.from({ length: 60 }, (_, seed) => [...evaluate(inputsOf({ labels: { none: 10 } }, seed)[3]!)])
    const share = dropped.flat().filter((label) => label === 10).length / (60 * 16)
    // three standard deviations of 960 throws
    expect(Math.abs(share - 0.1)).toBeLessThan(3 * Math.sqrt((0.1 * 0.9) / 960))
  })

  it('is images of which half are mirrored', () => {
    const original = evaluate(imagesOf(dataset, batch))
    const mirrored = mirror(original)
    let turned = 0
    for (let seed = 0; seed < 30; seed++) {
      const seen = evaluate(inputsOf({ flips: true }, seed)[0])
      for (let n = 0; n < 16; n++) {
        const image = [...seen.slice(n * pixels, (n + 1) * pixels)]
        const wasTurned = String(image) === String(mirrored.slice(n * pixels, (n + 1) * pixels))
        if (!wasTurned) expect(image).toEqual([...original.slice(n * pixels, (n + 1) * pixels)])
        turned += wasTurned ? 1 : 0
      }
    }
    expect(Math.abs(turned / 480 - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / 480))
    // the batch that was given stays as it is
    expect(evaluate(imagesOf(dataset, batch))).toEqual(original)
  })

  it('is noise with an offset, one number for each image', () => {
    const [plain, offset] = [evaluate(inputsOf({})[2]), evaluate(inputsOf({ offsetNoise: 0.5 })[2])]
    const differences = Array.from(offset, (v, i) => v - plain[i]!)
    const each = Array.from({ length: 16 }, (_, n) => differences.slice(n * pixels, (n + 1) * pixels))
    for (const image of each) expect(Math.max(...image) - Math.min(...image)).toBeLessThan(1e-12)
    const offsets = each.map((image) => image[0]! / 0.5)
    expect(new Set(offsets).size).toBe(16)
    // of 16 standard normal numbers the sum of squares is 16 ± 5.7
    expect(Math.abs(offsets.reduce((sum, v) => sum + v * v, 0) - 16)).toBeLessThan(3 * Math.sqrt(32))
  })

  it('says what is wrong', () => {
    expect(() => inputsOf({ offsetNoise: -1 })).toThrow('diffusionTraining: offsetNoise is not negative: -1')
    expect(() => inputsOf({ flip: true } as never)).toThrow('diffusionTraining: there is no option flip')
    expect(() => inputsOf({ labels: { none: 10, drop: 2 } })).toThrow('dropLabels: rate is from 0 to 1, not 2')
  })
})
