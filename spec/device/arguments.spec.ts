import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { gl } from '../support/gl.ts'

class Holder {
  readonly #factor: number
  constructor(factor: number) {
    this.#factor = factor
  }
  get factor(): number {
    return this.#factor
  }
}

const devices: readonly (readonly [mark: string, open: () => Promise<t.Device>])[] = [
  ['[gl]', gl],
  ['cpu', () => t.device({ name: 'cpu' })],
  ['reference', () => Promise.resolve(t.reference)]
]

describe.each(devices)('arguments of a compiled function, %s', (_, open) => {
  const [w, b] = [t.tensor([2]), t.tensor([5])]

  it('are found by their names, whatever the order of these', async () => {
    const device = await open()
    const f = device.compile((p: { readonly w: t.Tensor; readonly b: t.Tensor }) => t.add(t.mul(p.w, 10), p.b), {
      donate: [0]
    })
    const read = async (x: t.Tensor) => Array.from(await device.read(x))
    expect(await read(f({ w, b }))).toEqual([25])
    expect(await read(f({ b, w }))).toEqual([25])
    expect(await read(f({ w: b, b: w }))).toEqual([52])
  })

  it('that are no tensors are told apart, also where JSON sees no difference', async () => {
    const device = await open()
    const pairs: readonly (readonly [unknown, unknown, (x: never) => number])[] = [
      [new Map([['k', 2]]), new Map([['k', 3]]), (x: Map<string, number>) => x.get('k')!],
      [new Set([2]), new Set([3]), (x: Set<number>) => [...x][0]!],
      [new Holder(2), new Holder(3), (x: Holder) => x.factor],
      [Symbol.for('2'), Symbol.for('3'), (x: symbol) => Number(Symbol.keyFor(x))],
      [2n, 3n, (x: bigint) => Number(x)],
      [Float32Array.of(2), Float32Array.of(3), (x: Float32Array) => x[0]!]
    ]
    for (const [two, three, value] of pairs) {
      const f = device.compile((x: t.Tensor, leaf: unknown) => t.mul(x, value(leaf as never)))
      const found = await Promise.all([two, three].map(async (leaf) => (await device.read(f(w, leaf)))[0]))
      expect(found).toEqual([4, 6])
    }
  })
})
