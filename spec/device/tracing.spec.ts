import { afterAll, describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { gl } from '../support/gl.ts'

// what leaves a traced function otherwise than by its result
let tensor: t.Tensor = t.scalar(0)
let key = t.key(0)
const escape = (x: t.Tensor, k: t.Key): t.Tensor => {
  tensor = t.mul(x, 2)
  key = t.split(k)[1]!
  return t.add(x, t.normal(k, x.shape))
}

const cpu = await t.device({ name: 'cpu' })
afterAll(() => cpu.dispose())
const backends = [
  ['[gl]', gl],
  ['on cpu', () => Promise.resolve(cpu)]
] as const

const [x, k] = [t.tensor([1, 2]), t.key(7)]

describe.each(backends)('a placeholder that leaks, %s,', (_, open) => {
  const leaks = async (): Promise<t.Device> => {
    const device = await open()
    device.compile(escape)(x, k)
    return device
  }
  const named = /belongs to "escape", whose trace has ended/

  it.each([
    ['another function', (y: t.Tensor) => t.add(y, tensor)],
    ['another function as its only result', (_y: t.Tensor) => tensor],
    ['another function deep in a tree', (y: t.Tensor) => ({ list: [{ y, leak: tensor }] })],
    ['the gradient of another function', (y: t.Tensor) => t.grad((z: t.Tensor) => t.sum(t.mul(z, tensor)))(y)]
  ] as const)('is refused by %s', async (_where, f: (y: t.Tensor) => unknown) => {
    const device = await leaks()
    expect(() => device.compile(f)(t.tensor([5, 6]))).toThrow(named)
    expect(() => device.show(f, t.tensor([5, 6]))).toThrow(named)
    expect(() => device.profile(f, t.tensor([5, 6]))).toThrow(named)
  })

  it('is refused as the argument of a function, of its own too', async () => {
    const device = await leaks()
    expect(() => device.compile((y: t.Tensor) => t.neg(y))(tensor)).toThrow(named)
    expect(() => device.compile(escape)(tensor, k)).toThrow(named)
    expect(() => device.compile(escape)(x, key)).toThrow(named)
  })

  it('is refused by later traces of its own function', async () => {
    const device = await open()
    const traced: t.Tensor[] = []
    const again = (y: t.Tensor): t.Tensor => {
      traced.push(y)
      return t.sum(traced[0]!)
    }
    const f = device.compile(again)
    expect(await device.read(f(t.tensor([1, 2])))).toEqual(Float32Array.of(3))
    // another shape is another trace, whose argument would be read in place of the first one's
    expect(() => f(t.tensor([3, 4, 5]))).toThrow('the argument 0 [2] belongs to "again", whose trace has ended')
  })

  it('is refused where it is computed or read, here and on the reference', async () => {
    const device = await leaks()
    const { reference } = t
    for (const other of [device, reference]) {
      expect(() => other.compute({ a: x, b: tensor })).toThrow(named)
      await expect(other.read(t.add(tensor, 1))).rejects.toThrow(named)
      await expect(other.read(t.normal(key, [2]))).rejects.toThrow(named)
    }
  })

  it.each([
    ['drawn from in another function', (other: t.Key) => t.add(t.normal(other, [2]), t.normal(key, [2]))],
    ['returned by another function', (_other: t.Key) => key]
  ] as const)('as a key is refused, %s', async (_where, f: (other: t.Key) => unknown) => {
    const device = await leaks()
    expect(() => device.compile(f)(t.key(1))).toThrow(named)
  })

  it('as a key has no bits', async () => {
    await leaks()
    expect(() => t.bits(key, 1)).toThrow(named)
  })

  it('is named by its text where its function has no name', async () => {
    const device = await open()
    device.compile((y: t.Tensor) => (tensor = t.neg(y)))(x)
    await expect(device.read(tensor)).rejects.toThrow(/belongs to the function `\(y\) => tensor = .*`, whose trace/)
  })

  it('through a pullback is refused', async () => {
    const device = await open()
    let pullback = (ct: t.Tensor): t.Tensor => ct
    const outer = (y: t.Tensor): t.Tensor => {
      const [value, back] = t.vjp((z: t.Tensor) => t.square(z), y)
      pullback = back
      return t.add(value, back(t.ones([2])))
    }
    expect(await device.read(device.compile(outer)(x))).toEqual(Float32Array.of(3, 8))
    await expect(device.read(pullback(t.ones([2])))).rejects.toThrow('belongs to "outer"')
  })
})

describe.each(backends)('while a function is traced, %s,', (_, open) => {
  it('a compiled function becomes part of it, whichever device that was compiled for', async () => {
    const device = await open()
    const inner = (a: t.Tensor, b: t.Tensor): t.Tensor => t.add(t.mul(a, b), 1)
    const wanted = await t.reference.read(t.square(inner(x, t.tensor([3, 4]))))
    for (const other of [device, cpu, t.reference, await gl()]) {
      const f = other.compile(inner)
      const outer = device.compile((a: t.Tensor, b: t.Tensor) => t.square(f(a, b)))
      expect(Array.from(await device.read(outer(x, t.tensor([3, 4]))))).toEqual([...wanted])
      // one plan, without a result in between
      const { calls } = device.stats()
      outer(x, t.tensor([3, 4]))
      expect(device.stats().calls).toBe(calls + 1)
    }
  })

  it('a compiled function may read what that one was given, by itself and in a gradient', async () => {
    const device = await open()
    const outer = device.compile((y: t.Tensor) => {
      const scaled = device.compile((z: t.Tensor) => t.mul(z, y))
      return t.grad((z: t.Tensor) => t.sum(scaled(t.square(z))))(t.tensor([3, 4]))
    })
    expect(await device.read(outer(x))).toEqual(Float32Array.of(6, 16))
  })

  it('a donated argument of an inner function stays', async () => {
    const device = await open()
    const inner = device.compile((y: t.Tensor) => t.mul(y, 3), { donate: [0] })
    const kept = device.compute(t.mul(x, 1))
    const outer = device.compile((y: t.Tensor) => t.add(inner(y), inner(kept)))
    expect(await device.read(outer(x))).toEqual(Float32Array.of(6, 12))
    expect(await device.read(kept)).toEqual(Float32Array.of(1, 2))
  })

  it('its arguments have no numbers', async () => {
    const device = await open()
    const named = 'the argument 0 [2] belongs to "asks", which is being traced'
    for (const other of [device, t.reference, cpu]) {
      const asks = (y: t.Tensor): t.Tensor => other.compute(t.neg(y))
      expect(() => device.compile(asks)(x)).toThrow(named)
    }
  })

  it('a read of its arguments fails, and the trace with it', async () => {
    const device = await open()
    const named = 'read: the argument 0 [2] belongs to "asks", which is being traced'
    for (const other of [device, t.reference, cpu]) {
      const reads: Promise<unknown>[] = []
      const asks = (y: t.Tensor): t.Tensor => {
        reads.push(other.read(y))
        return y
      }
      expect(() => device.compile(asks)(x)).toThrow(named)
      await expect(reads[0]).rejects.toThrow(named)
    }
  })

  it('what does not depend on its arguments can be computed and read', async () => {
    const device = await open()
    const reads: Promise<t.Numbers>[] = []
    const f = device.compile((y: t.Tensor) => {
      const table = device.compute(t.square(t.iota([2])))
      reads.push(device.read(table))
      return t.add(y, table)
    })
    expect(await device.read(f(x))).toEqual(Float32Array.of(1, 3))
    expect(await reads[0]).toEqual(Float32Array.of(0, 1))
  })

  it('an error of its own passes, and leaves no trace open', async () => {
    const device = await open()
    const fails = device.compile((_y: t.Tensor): t.Tensor => {
      throw new RangeError('mine')
    })
    expect(() => fails(x)).toThrow(RangeError)
    expect(await device.read(device.compile((y: t.Tensor) => t.neg(y))(x))).toEqual(Float32Array.of(-1, -2))
    expect(await device.read(device.compute(t.neg(x)))).toEqual(Float32Array.of(-1, -2))
  })

  it.each([
    ['a promise', (y: t.Tensor) => Promise.resolve(t.neg(y))],
    [
      'a generator',
      function* (y: t.Tensor) {
        yield t.neg(y)
      }
    ]
  ] as const)('it must not give %s', async (_what, f: (y: t.Tensor) => unknown) => {
    const device = await open()
    expect(() => device.compile(f)(x)).toThrow('gives a promise or a generator: it must be a function that computes')
  })
})

describe.each(backends)('the result of a compiled function, %s,', (_, open) => {
  it('may hold keys, with the bits that they have outside', async () => {
    const device = await open()
    const step = device.compile((from: t.Key) => {
      const [now, next] = t.split(from)
      return { numbers: t.normal(now!, [3]), next: next! }
    })
    for (const seed of [1, 2]) {
      const [now, next] = t.split(t.key(seed))
      const found = step(t.key(seed))
      expect(await device.read(found.numbers)).toEqual(await device.read(t.normal(now!, [3])))
      expect(t.bits(found.next, 4)).toEqual(t.bits(next!, 4))
    }
  })

  it('frees what was computed for its call alone, and keeps what it passes on', async () => {
    const device = await open()
    const f = device.compile((a: t.Tensor, b: t.Tensor) => [t.add(a, b), b] as const)
    const base = device.compute(t.mul(x, 1))
    const call = () => f(t.mul(base, 2), t.mul(base, 3))
    call()
    const { live } = device.stats()
    const [sum, passed] = call()
    expect(device.stats().live).toBe(live + 2)
    expect(await device.read(sum)).toEqual(Float32Array.of(5, 10))
    expect(await device.read(passed)).toEqual(Float32Array.of(3, 6))
  })
})
