import * as E from 'fp-ts/Either'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { decodeSafetensors, encodeSafetensors } from '../../lib/io/safetensors.ts'
import { fromNamed, toNamed, unet, type Loaded, type Named } from '../../models/index.ts'

const model = unet({ steps: 12 })
const params = model.init(t.key(5))
const named = toNamed(model, params)

const loaded = (given: Named): Loaded => {
  const result = fromNamed(given)
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}
const refused = (given: Named): string => {
  const result = fromNamed(given)
  if (E.isRight(result)) throw new Error('it was not refused')
  expect(result.left.kind).toBe('mismatch')
  expect(result.left.message).not.toContain('\n')
  return result.left.message
}
/** Bytes by bytes: half a million numbers take an equality check of elements seconds. */
const expectSame = (actual: Named, expected: Named): void => {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(actual[name]!.shape, name).toEqual(shape)
    expect(Buffer.compare(bytes(actual[name]!.data), bytes(data)), name).toBe(0)
  }
}
const bytes = (data: Float32Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

const without = (name: string): Named => Object.fromEntries(Object.entries(named).filter(([key]) => key !== name))

describe('toNamed', () => {
  it('names 173 tensors', () => {
    expect(Object.keys(named)).toHaveLength(173)
    expect(named['time_embed.weight']?.shape).toEqual([12, 100])
  })

  it('has the numbers of the parameters', async () => {
    for (const [name, x] of Object.entries(t.flattenTree(params)))
      expect([...named[name]!.data], name).toEqual([...(await t.reference.read(x))])
  })

  it('computes what is not computed yet', () => {
    const doubled = toNamed(
      model,
      t.mapTree(params, (x) => t.mul(x, 2))
    )
    expect([...doubled['te1.2.bias']!.data]).toEqual([...named['te1.2.bias']!.data].map((v) => 2 * v))
  })
})

describe('fromNamed', () => {
  it('brings back what toNamed wrote', () => {
    const back = loaded(named)
    expect(back.model.config).toEqual(model.config)
    expectSame(toNamed(back.model, back.params), named)
  })

  it('brings it back through the bytes of a file', () => {
    const file = decodeSafetensors(encodeSafetensors(named))
    if (E.isLeft(file)) throw new Error(file.left.message)
    const back = loaded(file.right.tensors)
    expectSame(toNamed(back.model, back.params), named)
  })

  it("reads the names of the article's own files", () => {
    const back = loaded(Object.fromEntries(Object.entries(named).map(([name, x]) => [`network.${name}`, x])))
    expectSame(toNamed(back.model, back.params), named)
  })

  it("uses the file's time embedding", () => {
    const table = { shape: [3, 100], data: new Float32Array(300).fill(0.5) }
    const { model: other } = loaded({ ...named, 'time_embed.weight': table })
    expect(other.config.steps).toBe(3)
    expect(toNamed(other, params)['time_embed.weight']).toEqual(table)
  })

  it('says what is wrong', () => {
    expect(refused(without('te1.2.bias'))).toBe('model file: te1.2.bias is missing')
    expect(refused({})).toBe('model file: time_embed.weight (and 172 more) is missing')
    const number = { shape: [1], data: Float32Array.of(1) }
    expect(refused({ ...named, extra: number })).toBe('model file: extra has no place here')
    expect(refused({ ...named, 'network.te1.2.bias': named['te1.2.bias']! })).toBe(
      'model file: network.te1.2.bias is there without the prefix, too: keep one of them'
    )
    expect(refused({ ...named, 'b1.0.conv1.weight': number })).toBe(
      'model file: b1.0.conv1.weight has the shape [1], here it is [10,1,3,3]'
    )
    expect(refused({ ...named, 'time_embed.weight': { shape: [12, 64], data: new Float32Array(768) } })).toBe(
      'model file: time_embed.weight has the shape [12,64], here it is [12,100]'
    )
  })

  it('refuses odd shapes of the time embedding', () => {
    for (const shape of [[], [0, 100], [1.5, 100], [100]])
      expect(refused({ ...named, 'time_embed.weight': { shape, data: new Float32Array(100) } })).toContain(
        'model file: time_embed.weight has the shape'
      )
  })

  it('refuses data that do not fill their shape', () => {
    expect(refused({ ...named, 'te1.2.bias': { shape: [1], data: new Float32Array(2) } })).toBe(
      'model file: te1.2.bias holds 2 numbers, its shape [1] wants 1'
    )
  })
})
