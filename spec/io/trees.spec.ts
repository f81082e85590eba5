import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { left, right } from '../data/support.ts'
import { devices } from '../support/gl.ts'

const tensors = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }).chain((shape) =>
  fc
    .array(fc.float({ noDefaultInfinity: true, noNaN: true }), {
      minLength: shape.reduce((a, b) => a * b, 1),
      maxLength: shape.reduce((a, b) => a * b, 1)
    })
    .map((values) => t.tensor(Float32Array.from(values), shape))
)
const leaf = fc.record({ w: tensors, b: tensors })
const trees = fc.record({ layers: fc.array(leaf, { minLength: 1, maxLength: 3 }), scale: tensors })

describe('trees in files', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const stored = t.storeTree(tree)
        expect(Object.keys(stored)).toEqual(Object.keys(t.flattenTree(tree)))
        const file = right(t.decodeSafetensors(t.encodeSafetensors(stored)))
        expect(t.storeTree(right(t.restoreTree(file.tensors, tree)))).toEqual(stored)
      })
    )
  })

  it('want each tensor in its place, in its shape, and no other', () => {
    fc.assert(
      fc.property(trees, fc.nat(), (tree, dice) => {
        const stored = t.storeTree(tree)
        const names = Object.keys(stored)
        const name = names[dice % names.length]!
        const { [name]: one, ...others } = stored
        const refused = (given: Readonly<Record<string, t.Stored>>) => left(t.restoreTree(given, tree))
        expect(refused(others)).toEqual({ kind: 'mismatch', message: `${name} is missing` })
        expect(refused({ ...stored, other: one! })).toEqual({ kind: 'mismatch', message: 'other has no place here' })
        const longer = { shape: [...one!.shape, 1], data: one!.data }
        expect(refused({ ...stored, [name]: longer }).message).toMatch(`${name} has the shape`)
        const short = { shape: one!.shape, data: new Float32Array(one!.data.length + 1) }
        expect(refused({ ...stored, [name]: short }).message).toMatch(/holds \d+ numbers/)
      })
    )
  })

  it('take no name of an object for a tensor', () => {
    expect(left(t.restoreTree({}, { constructor: t.zeros([1]) })).message).toBe('constructor is missing')
  })
})

describe.each(devices)('trees of a device, %s', (_, open) => {
  it('keep their bits', async () => {
    const device = await open()
    const x = Float32Array.of(0.1, -1e-30, 3.4e38, 1 / 3, 0)
    const tree = device.compute({ a: [t.tensor(x, [5])] })
    expect(t.storeTree(tree)).toEqual({ 'a.0': { shape: [5], data: x } })
  })
})
