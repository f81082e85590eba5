import * as t from '../../lib/index.ts'

/** What moves the elements of x [p, q] (element i is i modulo 1009), and which of them is then where. */
const moves: Readonly<
  Record<string, (x: t.Tensor, p: number, q: number) => readonly [y: t.Tensor, from: (i: number) => number]>
> = {
  'where they are': (x) => [t.add(x, 1), (i) => i],
  flat: (x, p, q) => [t.add(t.reshape(x, [p * q]), 1), (i) => i],
  'flat and backwards': (x, p, q) => [t.add(t.flip(t.reshape(x, [p * q]), { axes: 0 }), 1), (i) => p * q - 1 - i],
  'under other axes and turned': (x, p, q) => [
    t.add(t.transpose(t.reshape(x, [q, p])), 1),
    (i) => (i % q) * p + Math.floor(i / q)
  ],
  'with something before them': (x, p, q) => [
    t.add(t.pad(t.reshape(x, [p * q]), [[3, 2]]), 1),
    (i) => (i < 3 || i >= p * q + 3 ? -1 : i - 3)
  ],
  'every third': (x, p, q) => [t.add(t.slice(t.reshape(x, [p * q]), [[1, p * q, 3]]), 1), (i) => 1 + 3 * i]
}

/** 2^22, 2^23 and 2^24, a little less and more, as prime, odd and even axes. */
export const largeShapes: readonly (readonly [number, number])[] = [
  [1027, 4095],
  [3, 1398101],
  [2053, 4099],
  [8388617, 1],
  [4099, 4093],
  [3, 5592407]
]

/** Counts from 0 to 1008, over and over. (`Float32Array.from` takes fifteen times as long.) */
const counting = (length: number): Float32Array => {
  const numbers = new Float32Array(length)
  for (let i = 0; i < length; i++) numbers[i] = i % 1009
  return numbers
}

/** What is wrong with a device's elements of a large tensor, in words; nothing where all are right. */
export const misplaced = async (device: t.Device, [p, q]: readonly [number, number]): Promise<readonly string[]> => {
  using x = device.compute(t.mul(t.tensor(counting(p * q), [p, q]), 1))
  const wrong: string[] = []
  for (const [name, move] of Object.entries(moves)) {
    const [y, from] = move(x, p, q)
    const found = await device.read(y)
    const off = found.findIndex((v, i) => v !== (from(i) < 0 ? 1 : (from(i) % 1009) + 1))
    if (off >= 0) wrong.push(`[${p},${q}] ${name}: element ${off} is ${found[off]}`)
  }
  return wrong
}
