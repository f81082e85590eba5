import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import * as t from 'tessera'
import * as node from 'tessera/node'
import { decodeCheckpoint, encodeCheckpoint, splitTensors, startPlace } from 'tessera/train'
import type { Checkpoint, RunPlace } from 'tessera/train'
import { describe, expect, it } from 'vitest'
import { inFolder, left, right } from '../data/support.ts'
import { bits, storedTensor } from '../io/tensors.ts'
import { holds, holdsOn } from '../support/property.ts'

const name = fc.stringMatching(/^[a-z][\w.]{0,6}$/).filter((text) => text !== 'training')
const tensors = fc.dictionary(name, storedTensor, { maxKeys: 4 })
const finite = fc.double({ noNaN: true, noDefaultInfinity: true })

const places: fc.Arbitrary<RunPlace> = fc
  .record({
    step: fc.nat(),
    epoch: fc.integer({ min: 1, max: 1e6 }),
    batch: fc.nat(),
    sum: finite,
    ms: finite,
    lowest: fc.option(finite, { nil: undefined })
  })
  // JSON has one zero
  .map(({ sum, ms, lowest, ...counts }) => ({ ...counts, sum: sum + 0, ms: ms + 0, ...(lowest !== undefined && { lowest: lowest + 0 }) })) // prettier-ignore

const checkpoints: fc.Arbitrary<Checkpoint> = fc.record({
  flags: fc.array(fc.string(), { maxLength: 4 }),
  images: fc.string(),
  key: fc.string(),
  params: tensors,
  optState: tensors,
  place: places,
  metadata: fc.dictionary(name, fc.string(), { maxKeys: 3 }).filter((texts) => texts.version === undefined)
})

const plain = ({ params, optState, ...rest }: Checkpoint) => ({ ...rest, params: bits(params), optState: bits(optState) }) // prettier-ignore

/** A checkpoint that says which it is. */
const numbered = (step: number): Checkpoint => ({
  flags: [],
  images: '',
  key: '',
  params: t.storeTree({ w: t.full([2], step) }),
  optState: {},
  place: { ...startPlace, step },
  metadata: {}
})

const damage = (path: string): void => {
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(path, bytes)
}

describe('a checkpoint', () => {
  it('comes back from its bytes as it was, to the bit', () =>
    holds(
      checkpoints,
      (checkpoint) => expect(plain(right(decodeCheckpoint(encodeCheckpoint(checkpoint))))).toEqual(plain(checkpoint)),
      100
    ))

  it('is a model file, too', () =>
    holds(checkpoints, (checkpoint) => {
      const { tensors: all } = right(t.decodeSafetensors(encodeCheckpoint(checkpoint)))
      const [params, optState] = splitTensors(all)
      expect([bits(params), bits(optState)]).toEqual([bits(checkpoint.params), bits(checkpoint.optState)])
    }))

  it('with a flipped bit or without its end is a failure, and never throws', () =>
    holds(fc.tuple(checkpoints, fc.nat(), fc.nat(7)), ([checkpoint, at, bit]) => {
      const bytes = encodeCheckpoint(checkpoint)
      const flipped = bytes.map((byte, i) => (i === at % bytes.length ? byte ^ (1 << bit) : byte))
      const before = plain(checkpoint)
      const after = decodeCheckpoint(flipped)
      // a few bytes are padding, which no reader looks at
      if (after._tag === 'Right') expect(plain(after.right)).toEqual(before)
      expect(left(decodeCheckpoint(bytes.subarray(0, at % bytes.length))).kind).toBe('format')
    }))

  it.each([
    [undefined, 'mismatch', 'it holds a model, and no run that could go on'],
    ['{', 'format', 'what it says of its training is damaged'],
    ['{"flags":[],"images":"","key":""}', 'format', 'what it says of its training is damaged'],
    ['{"flags":[1],"images":"","key":"","place":{"step":0,"epoch":1,"batch":0,"sum":0,"ms":0}}', 'format', 'damaged'],
    ['{"flags":[],"images":"","key":"","place":{"step":0,"epoch":0,"batch":0,"sum":0,"ms":0}}', 'format', 'damaged'],
    ['{"flags":[],"images":"","key":"","place":{"step":0.5,"epoch":1,"batch":0,"sum":0,"ms":0}}', 'format', 'damaged']
  ])('whose training is %s is refused', (training, kind, message) => {
    const file = t.encodeSafetensors({}, { metadata: training === undefined ? {} : { training } })
    const fault = left(decodeCheckpoint(file))
    expect([fault.kind, fault.message]).toEqual([kind, expect.stringContaining(message)])
  })

  it('of a later version is refused', () => {
    const { kind, message } = left(decodeCheckpoint(encodeCheckpoint({ ...numbered(1), metadata: { version: '2' } })))
    expect([kind, message]).toEqual(['mismatch', 'its format is version 2, this program reads up to 1: update it'])
  })

  it('has no names that would be taken for others', () => {
    const w = { shape: [1], data: Float32Array.of(1) }
    expect(() => encodeCheckpoint({ ...numbered(1), params: { 'optimiser.w': w } })).toThrow(
      'encodeCheckpoint: no parameter’s name begins with optimiser.: rename optimiser.w'.replace('’', "'")
    )
    expect(() => encodeCheckpoint({ ...numbered(1), metadata: { training: '' } })).toThrow(
      /^encodeCheckpoint: training/
    )
  })
})

describe('the checkpoints in a folder', () => {
  const steps = async (folder: string): Promise<readonly [step: number, instead: boolean]> => {
    const { place, insteadOf } = right(await node.loadCheckpoint(folder)())
    return [place.step, insteadOf !== undefined]
  }

  it('are the last and the one before it, whichever is whole', () =>
    holdsOn(fc.integer({ min: 1, max: 4 }), (saves) =>
      inFolder(async (folder) => {
        right(await node.startCheckpoints(folder, numbered(0))())
        for (let step = 1; step <= saves; step++) right(await node.saveCheckpoint(folder, numbered(step))())
        expect(await steps(folder)).toEqual([saves, false])
        damage(node.checkpointFile(folder))
        expect(await steps(folder)).toEqual([saves - 1, true])
        damage(node.previousCheckpointFile(folder))
        const { kind, message } = left(await node.loadCheckpoint(folder)())
        expect([kind, message.includes('; and the one before it: ')]).toEqual(['format', true])
      })
    ))

  it('survive a save after the last was damaged, once it is restored', () =>
    inFolder(async (folder) => {
      right(await node.startCheckpoints(folder, numbered(0))())
      right(await node.saveCheckpoint(folder, numbered(1))())
      damage(node.checkpointFile(folder))
      right(await node.restoreCheckpoint(folder, right(await node.loadCheckpoint(folder)()))())
      right(await node.saveCheckpoint(folder, numbered(2))())
      damage(node.checkpointFile(folder))
      expect(await steps(folder)).toEqual([0, true])
    }))

  it('begin without those of another run', () =>
    inFolder(async (folder) => {
      expect(left(await node.loadCheckpoint(folder)())).toMatchObject({ kind: 'missing' })
      right(await node.startCheckpoints(folder, numbered(7))())
      right(await node.saveCheckpoint(folder, numbered(8))())
      right(await node.startCheckpoints(folder, numbered(0))())
      expect(existsSync(node.previousCheckpointFile(folder))).toBe(false)
      expect(await steps(folder)).toEqual([0, false])
    }))
})
