import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { filled } from '../support/arbitrary.ts'
import { gl } from '../support/gl.ts'
import { allowance, expectClose } from '../support/tolerance.ts'

const devices: readonly (readonly [mark: string, open: () => Promise<t.Device>])[] = [
  ['[gl]', gl],
  ['cpu', () => t.device({ name: 'cpu' })]
]

/** A little network's training step: its weights, their gradients, noise from a key. */
const weights = () => ({ a: filled([6, 5], 'any', 1), b: filled([5, 3], 'any', 2), bias: filled([3], 'any', 3) })
type Weights = ReturnType<typeof weights>
const loss = (w: Weights, x: t.Tensor, key: t.Key): t.Scalar => {
  const hidden = t.silu(t.matmul(t.add(x, t.normal(key, x.shape)), w.a))
  return t.mean(t.square(t.softmax(t.add(t.matmul(hidden, w.b), w.bias))))
}
const trained = (w: Weights, x: t.Tensor, key: t.Key): Weights =>
  t.zipTree(w, t.grad(loss)(w, x, key), (p, g) => t.sub(p, t.mul(g, 0.1)))
const batch = (i: number) => filled([7, 6], 'any', 10 + i)

describe.each(devices)('what a device counts, %s', (mark, open) => {
  it('makes one program of equal kernels', async () => {
    const device = await open()
    const layer = (x: t.Tensor) => t.tanh(t.mul(x, 1.25))
    const x = filled([9, 3], 'any', 1)
    device.compute(layer(layer(device.compute(layer(x)))))
    const { programs } = device.stats()
    for (let i = 0; i < 5; i++) device.compute(layer(filled([9, 3], 'any', i)))
    expect(device.stats().programs).toBe(programs)
  })

  it('makes no new texture in the steady state', async () => {
    const device = await open()
    const step = device.compile(trained, { donate: [0] })
    let w = device.compute(t.mapTree(weights(), (x) => t.mul(x, 1)))
    const counts: t.Stats[] = []
    for (let i = 0; i < 40; i++) {
      w = step(w, batch(i), t.foldIn(t.key(5), i))
      counts.push(device.stats())
    }
    const [early, late] = [counts[4]!, counts.at(-1)!]
    expect(late.programs).toBe(early.programs)
    expect(late.live).toBe(early.live)
    // the backends without textures leave their arrays to the garbage collector
    if (mark === '[gl]') expect([late.created, late.bytes]).toEqual([early.created, early.bytes])
  })

  it('gives back at once what a result was disposed for', async () => {
    const device = await open()
    const f = device.compile((x: t.Tensor) => ({ sum: t.sum(x), twice: t.mul(x, 2) }))
    const x = device.compute(t.mul(batch(0), 1))
    for (let i = 0; i < 3; i++) t.tensorsOf(f(x)).forEach((y) => y[Symbol.dispose]())
    const { live } = device.stats()
    const result = f(x)
    expect(device.stats().live).toBe(live + 2)
    t.tensorsOf(result).forEach((y) => y[Symbol.dispose]())
    expect(device.stats().live).toBe(live)
    await expect(device.read(result.sum)).rejects.toThrow('read: the tensor [] was disposed or donated')
  })

  it('disposes results that are the same numbers one by one', async () => {
    const device = await open()
    const f = device.compile((x: t.Tensor) => [t.add(x, 2), t.add(x, 2)] as const)
    const x = device.compute(t.mul(batch(0), 1))
    // without a wait in between, in which others' textures may be collected
    const { live } = device.stats()
    const [a, b] = f(x)
    expect(device.stats().live).toBe(live + 1)
    a[Symbol.dispose]()
    expect(device.stats().live).toBe(live + 1)
    expect(await device.read(b)).toEqual(await device.read(t.add(x, 2)))
    await expect(device.read(a)).rejects.toThrow('was disposed')
  })

  it('keeps nothing of what no result needs', async () => {
    const device = await open()
    // only the padding of a sum is read
    const f = device.compile((x: t.Tensor) =>
      t.add(t.slice(t.pad(t.sum(t.exp(x), { axes: 0 }), [[3, 0]]), [[0, 3]]), 1)
    )
    const x = device.compute(t.mul(batch(0), 1))
    f(x)[Symbol.dispose]()
    const { live } = device.stats()
    for (let i = 0; i < 5; i++) f(x)[Symbol.dispose]()
    expect(device.stats().live).toBe(live)
  })

  it('copies the numbers of a host tensor once, when they come again', async () => {
    const device = await open()
    const f = device.compile((w: Weights, x: t.Tensor) => t.matmul(x, w.a))
    const [w, x] = [weights(), device.compute(t.mul(batch(0), 1))]
    for (let i = 0; i < 4; i++) f(w, x)[Symbol.dispose]()
    const { live, created } = device.stats()
    for (let i = 0; i < 10; i++) f(w, x)[Symbol.dispose]()
    expect(device.stats().live).toBe(live)
    if (mark === '[gl]') expect(device.stats().created).toBe(created)
  })

  it('frees what nobody holds any more', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const device = await open()
    const many = () => Array.from({ length: 60 }, (_, i) => device.compute(t.add(batch(i), 1))).length
    const { live } = device.stats()
    expect(many()).toBe(60)
    while (device.stats().live > live + 30) {
      collect()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(device.stats().live).toBeLessThanOrEqual(live + 30)
  })
})

describe.each(devices)('compiled functions, %s', (_, open) => {
  it('are traced once for the shapes of their arguments', async () => {
    const device = await open()
    let traces = 0
    const f = device.compile((x: t.Tensor, by: number, key: t.Key) => {
      traces++
      return t.add(t.mul(x, by), t.mul(0, t.normal(key, x.shape)))
    })
    const call = async (shape: readonly number[], by: number, seed: number) =>
      device.read(f(t.add(t.zeros(shape), 1), by, t.key(seed)))
    expect(await call([2], 3, 0)).toEqual(Float32Array.of(3, 3))
    await call([2], 3, 1)
    expect(traces).toBe(1)
    expect(await call([2], 4, 1)).toEqual(Float32Array.of(4, 4))
    expect(traces).toBe(2)
    await call([3], 4, 1)
    expect(traces).toBe(3)
    await call([2], 3, 7)
    expect(traces).toBe(3)
  })

  it('draw other numbers for another key', async () => {
    const device = await open()
    const f = device.compile((key: t.Key) => t.normal(key, [3]))
    for (const seed of [1, 2, 1])
      expect(await device.read(f(t.key(seed)))).toEqual(await device.read(t.normal(t.key(seed), [3])))
  })

  it('give a tree of the same form', async () => {
    const device = await open()
    const x = t.tensor([1, 2])
    const f = device.compile((tree: { readonly list: readonly t.Tensor[]; readonly name: string }) => ({
      ...tree,
      sum: t.sum(tree.list[0]!),
      same: tree.list
    }))
    const result = f({ list: [x, t.scalar(3)], name: 'n' })
    expect(result.name).toBe('n')
    expect(result.same.length).toBe(2)
    expect(await device.read(result.sum)).toEqual(Float32Array.of(3))
    expect(await device.read(result.list[1]!)).toEqual(Float32Array.of(3))
  })

  it('tell trees of another form apart', async () => {
    const device = await open()
    const x = t.tensor([1, 2])
    const f = device.compile((tree: unknown) => ({ tree, is: Array.isArray(tree) ? 'a list' : 'a record' }))
    expect(f([x]).is).toBe('a list')
    expect(f({ 0: x }).is).toBe('a record')
    const count = device.compile((tree: Readonly<Record<string, readonly t.Tensor[]>>) => Object.keys(tree).length)
    expect([count({}), count({ a: [] }), count({ a: [], b: [] })]).toEqual([0, 1, 2])
  })

  it('take arguments that are expressions', async () => {
    const device = await open()
    const f = device.compile((a: t.Tensor, b: t.Tensor) => t.add(a, b))
    const x = t.add(t.tensor([1, 2]), 1)
    expect(await device.read(f(x, t.mul(x, 2)))).toEqual(Float32Array.of(6, 9))
  })
})

describe.each(devices)('donation, %s', (_, open) => {
  const computed = (device: t.Device) => device.compute(t.mul(t.tensor([1, 2, 3]), 2))

  it('ends the life of a tensor', async () => {
    const device = await open()
    const f = device.compile((x: t.Tensor, y: t.Tensor) => t.add(x, y), { donate: [0] })
    const [x, y] = [computed(device), computed(device)]
    expect(await device.read(f(x, y))).toEqual(Float32Array.of(4, 8, 12))
    await expect(device.read(x)).rejects.toThrow('read: the tensor [3] was disposed or donated')
    expect(() => f(x, y)).toThrow('was disposed or donated')
    expect(await device.read(y)).toEqual(Float32Array.of(2, 4, 6))
  })

  it('hands on what a function merely passes on', async () => {
    const device = await open()
    const f = device.compile((x: t.Tensor) => ({ same: x, more: t.add(x, 1) }), { donate: [0] })
    const x = computed(device)
    const { same, more } = f(x)
    expect(await device.read(same)).toEqual(Float32Array.of(2, 4, 6))
    expect(await device.read(more)).toEqual(Float32Array.of(3, 5, 7))
    await expect(device.read(x)).rejects.toThrow('was disposed or donated')
  })

  it('leaves a tensor alone that stands at two places', async () => {
    const device = await open()
    const f = device.compile((x: t.Tensor, y: t.Tensor) => t.add(x, y), { donate: [0] })
    const x = computed(device)
    expect(await device.read(f(x, x))).toEqual(Float32Array.of(4, 8, 12))
    expect(await device.read(x)).toEqual(Float32Array.of(2, 4, 6))
  })

  it('takes what the function has no use for', async () => {
    const device = await open()
    const f = device.compile((x: t.Tensor, _: t.Tensor) => t.add(x, 1), { donate: [1] })
    const [x, y] = [computed(device), computed(device)]
    const { live } = device.stats()
    f(x, y)[Symbol.dispose]()
    expect(device.stats().live).toBe(live - 1)
    await expect(device.read(y)).rejects.toThrow('was disposed or donated')
  })

  it('of one of two tensors of the same numbers leaves the other', async () => {
    const device = await open()
    const twice = device.compile((x: t.Tensor) => [t.mul(x, 3), t.mul(x, 3)] as const)
    const next = device.compile((x: t.Tensor) => t.add(x, 1), { donate: [0] })
    const [a, b] = twice(computed(device))
    expect(await device.read(next(a))).toEqual(Float32Array.of(7, 13, 19))
    expect(await device.read(b)).toEqual(Float32Array.of(6, 12, 18))
    await expect(device.read(a)).rejects.toThrow('was disposed or donated')
  })

  it('of tensors of the same numbers lets none be reused before the last of them was read', async () => {
    const device = await open()
    const same = device.compile((x: t.Tensor) => [t.mul(x, 3), t.mul(x, 3)] as const)
    // the second is read between two readings of the first: what is computed last must not be written to where that lies
    const f = device.compile(
      ([a, b]: readonly [t.Tensor, t.Tensor]) => {
        const more = t.add(t.sum(a), b)
        return [more, t.add(a, t.sum(more))] as const
      },
      { donate: [0] }
    )
    const { live } = device.stats()
    const given = same(computed(device))
    const [more, sum] = f(given)
    expect(await device.read(more)).toEqual(Float32Array.of(42, 48, 54))
    expect(await device.read(sum)).toEqual(Float32Array.of(150, 156, 162))
    for (const x of given) await expect(device.read(x)).rejects.toThrow('was disposed or donated')
    for (const x of [more, sum]) x[Symbol.dispose]()
    expect(device.stats().live).toBeLessThanOrEqual(live + 1)
  })

  it('of tensors of the same numbers hands on the one that is passed on', async () => {
    const device = await open()
    const same = device.compile((x: t.Tensor) => [t.mul(x, 3), t.mul(x, 3)] as const)
    const f = device.compile(([a, b]: readonly [t.Tensor, t.Tensor]) => [a, t.add(t.sum(a), b)] as const, {
      donate: [0]
    })
    const [passed, more] = f(same(computed(device)))
    expect(await device.read(passed)).toEqual(Float32Array.of(6, 12, 18))
    expect(await device.read(more)).toEqual(Float32Array.of(42, 48, 54))
  })

  it('leaves the numbers of the host alone', async () => {
    const device = await open()
    const f = device.compile((x: t.Tensor) => t.add(x, 1), { donate: [0] })
    const x = t.tensor([1, 2])
    for (let i = 0; i < 3; i++) expect(await device.read(f(x))).toEqual(Float32Array.of(2, 3))
  })
})

describe.each(devices)('numbers, %s', (_, open) => {
  it('can be read again and again, each time a copy', async () => {
    const device = await open()
    const x = device.compute(t.mul(t.tensor([1, 2]), 2))
    const first = await device.read(x)
    first[0] = 99
    expect(await device.read(x)).toEqual(Float32Array.of(2, 4))
    expect(await device.read(t.add(x, 1))).toEqual(Float32Array.of(3, 5))
    const big = device.compute(t.mul(t.iota([300, 300]), 1))
    expect(await device.read(big)).toEqual(await device.read(big))
  })

  it('are copied from the array they were given in', async () => {
    const device = await open()
    const data = Float32Array.of(1, 2)
    const x = t.tensor(data, [2])
    data[0] = 99
    expect(await device.read(x)).toEqual(Float32Array.of(1, 2))
  })

  it('come as an array, an ndarray or nested', async () => {
    const device = await open()
    const x = t.add(t.iota([2, 3], { axis: 1 }), 1)
    expect(await device.read(x, 'nested')).toEqual([
      [1, 2, 3],
      [1, 2, 3]
    ])
    const array = await device.read(x, 'ndarray')
    expect([array.shape, array.get(1, 2)]).toEqual([[2, 3], 3])
    expect(await device.read(t.full([], 4), 'nested')).toBe(4)
  })

  it('go with a block that uses them', async () => {
    const device = await open()
    const { live } = device.stats()
    {
      using x = device.compute(t.mul(batch(0), 3))
      expect(device.stats().live).toBe(live + 1)
      expect(x.shape).toEqual([7, 6])
    }
    expect(device.stats().live).toBe(live)
  })

  it('of one device serve another', async () => {
    const device = await open()
    using other = await t.device({ name: 'cpu' })
    const x = device.compute(t.mul(t.tensor([1, 2]), 2))
    expect(await other.read(t.add(x, 1))).toEqual(Float32Array.of(3, 5))
    expect(await t.reference.read(t.add(other.compute(t.neg(x)), 1))).toEqual(Float64Array.of(-1, -3))
  })
})

const everywhere = [...devices, ['the reference', () => Promise.resolve(t.reference)] as const]
describe.each(everywhere)('deep and wide graphs, %s', (_, open) => {
  const links = 20_000

  it('run through twenty thousand nodes and back', async () => {
    const device = await open()
    const chain = (x: t.Scalar): t.Scalar => {
      let y: t.Scalar = x
      for (let i = 0; i < links; i++) y = t.add(t.mul(y, 0.9999), 1e-4)
      return y
    }
    const decay = Math.fround(0.9999) ** links
    const [y, dy] = device.compute(t.valueAndGrad(chain)(t.scalar(3)))
    // each of the steps rounds to 2⁻²³ of a value that stays below 3
    const allowed = [allowance({ terms: links, scale: 3 * Math.sqrt(links) })]
    expectClose(await device.read(dy), [decay], allowed)
    expectClose(await device.read(y), [1 + 2 * decay], allowed)
  })

  it('read more tensors than a kernel has inputs', async () => {
    const device = await open()
    const many = Array.from({ length: 70 }, (_, i) => t.tensor([i, 1, 2 * i]))
    const total = many.reduce((a, b) => t.add(a, t.mul(b, 2)))
    expect(Array.from(await device.read(total))).toEqual([4830, 139, 9660])
    expect((await device.read(t.concat(many)))[3 * 69]).toBe(69)
    const all = t.grad((xs: readonly t.Tensor[]) => t.sum(t.square(t.stack(xs))))(many)
    expect(Array.from(await device.read(all[69]!))).toEqual([138, 2, 276])
  })
})

describe('an optimiser’s step, [gl]', () => {
  it('is a kernel for every two tensors of one shape, as far as Adam’s three results go into eight', async () => {
    const device = await gl()
    const optimiser = t.adam<readonly t.Tensor[]>()
    const step = device.compile((params: readonly t.Tensor[], grads: readonly t.Tensor[]) =>
      optimiser.update(grads, optimiser.init(params), params)
    )
    const tensors = (count: number, seed: number) =>
      Array.from({ length: count }, (_, i) => filled([5, 6], 'any', seed + i))
    const callsFor = (count: number): number => {
      const before = device.stats().calls
      t.tensorsOf(step(tensors(count, 1), tensors(count, 20))).forEach((x) => x[Symbol.dispose]())
      return device.stats().calls - before
    }
    const alone = callsFor(1)
    expect([2, 3, 4, 7].map((count) => callsFor(count) - alone)).toEqual([0, 1, 1, 3])
  })

  it('has the reference’s numbers in each of them', async () => {
    const device = await gl()
    const optimiser = t.adam<readonly t.Tensor[]>({ lr: 0.1 })
    const [params, grads] = [1, 30].map((seed) => [0, 1, 2, 3, 4].map((i) => filled([5, 6], 'any', seed + i)))
    const stepped = () => t.tensorsOf(optimiser.update(grads!, optimiser.init(params!), params!))
    const computed = device.compute(stepped())
    for (const [i, x] of stepped().entries())
      expectClose(await device.read(computed[i]!), await t.reference.read(x), { scale: 4, terms: 64 })
  })
})
