import { Writable } from 'node:stream'
import fc from 'fast-check'
import * as t from 'tessera'
import { startPlace } from 'tessera/train'
import type { DiffusionTraining, StepRecord } from 'tessera/train'
import { describe, expect, it } from 'vitest'
import { duration, progressOn } from '../../scripts/lib/progress.ts'
import { epochLine, imagesLeft, trainingScreen } from '../../scripts/train/screen.ts'

/** A stream that is no terminal, and what was written to it. */
const paper = (): { readonly stream: NodeJS.WriteStream; readonly lines: () => readonly string[] } => {
  let text = ''
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      text += chunk.toString()
      done()
    }
  }) as NodeJS.WriteStream
  return { stream, lines: () => text.split('\n').slice(0, -1) }
}

const extents = fc.record({
  count: fc.integer({ min: 1, max: 300 }),
  epochs: fc.integer({ min: 1, max: 4 }),
  batchSize: fc.integer({ min: 1, max: 40 })
})

const trainingOf = (given: { count: number; epochs: number; batchSize: number }): DiffusionTraining => ({
  dataset: { ...t.drawDigits(t.key(0), 0), count: given.count },
  epochs: given.epochs,
  batchSize: given.batchSize,
  steps: 10,
  key: t.key(0)
})

const stepsOf = ({
  dataset: { count },
  epochs,
  batchSize: size
}: DiffusionTraining): readonly StepRecord<undefined>[] => {
  const batches = Math.ceil(count / size)
  return Array.from({ length: batches * epochs }, (_, i) => {
    const batch = (i % batches) + 1
    const images = Math.min(size, count - (batch - 1) * size)
    return {
      kind: 'step',
      step: i + 1,
      epoch: Math.floor(i / batches) + 1,
      batch,
      images,
      loss: 0.5,
      ms: 100,
      state: undefined,
      place: startPlace
    }
  })
}

describe('the screen', () => {
  it('says what the article says after an epoch', () => {
    const record = { kind: 'epoch', epoch: 20, meanLoss: 0.0304, seconds: 24, best: true } as const
    expect(epochLine(record)).toBe('Loss at epoch 20: 0.030 --> Best model ever (stored)')
    expect(epochLine({ ...record, epoch: 3, best: false })).toBe('Loss at epoch 3: 0.030')
  })

  it('knows how many images are left: all that later steps show', () => {
    fc.assert(
      fc.property(extents, (given) => {
        const training = trainingOf(given)
        const steps = stepsOf(training)
        steps.forEach((record, i) => {
          const later = steps.slice(i + 1).reduce((sum, { images }) => sum + images, 0)
          expect(imagesLeft(training, record)).toBe(later)
        })
      })
    )
  })

  it('shows durations as clocks do', () => {
    expect([0, 7_499, 59_500, 754_000, 3_723_000].map(duration)).toEqual(['0:00', '0:07', '1:00', '12:34', '1:02:03'])
  })

  it('writes a line now and then where there is no terminal, ten seconds apart at least', () => {
    fc.assert(
      fc.property(extents, fc.integer({ min: 1, max: 30_000 }), (given, ms) => {
        const { stream, lines } = paper()
        let clock = 0
        const training = trainingOf(given)
        const screen = trainingScreen(
          progressOn(stream, () => clock),
          training
        )
        const steps = stepsOf(training)
        for (const record of steps) {
          clock += ms
          screen.show(record)
          if (steps[record.step]?.epoch !== record.epoch)
            screen.show({ ...record, kind: 'epoch', meanLoss: 0.5, seconds: 1, best: false })
        }
        screen.end()
        const marks = lines().filter((line) => line.startsWith('Loss at epoch'))
        const others = lines().filter((line) => !marks.includes(line))
        expect(marks.length).toBe(training.epochs)
        expect(others.length).toBeLessThanOrEqual(clock / 10_000)
        for (const line of others) expect(line).toMatch(/^epochs \d+\/\d+.*, batches \d+\/\d+ \(loss 0\.5000.*\)$/)
      })
    )
  })

  it('tells the pace and the time left once the first step, which compiles, is over', () => {
    const { stream, lines } = paper()
    let clock = 0
    const training = trainingOf({ count: 30, epochs: 2, batchSize: 10 })
    const screen = trainingScreen(
      progressOn(stream, () => clock),
      training
    )
    for (const record of stepsOf(training).slice(0, 3)) {
      clock += 60_000
      screen.show({ ...record, ms: record.step === 1 ? 99_000 : 2000 })
    }
    expect(lines()).toEqual([
      'epochs 0/2, batches 1/3 (loss 0.5000)',
      'epochs 0/2 (0:08 left), batches 2/3 (loss 0.5000, 5.0 images/s)',
      'epochs 0/2 (0:06 left), batches 3/3 (loss 0.5000, 5.0 images/s)'
    ])
  })
})
