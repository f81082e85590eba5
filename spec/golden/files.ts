import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { NamedTensor } from '../../models/index.ts'

/** Values that PyTorch computed for the U-Net; they lie beside the checkout where the project is developed. */
const folder = resolve('../shared/golden')

export const hasGolden = existsSync(folder)

interface Entry {
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/** The tensors of a safetensors file, all float32: read without the library's own reader. */
export const goldenFile = (name: string): Readonly<Record<string, NamedTensor>> => {
  const bytes = readFileSync(resolve(folder, `${name}.safetensors`))
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const entries = JSON.parse(bytes.toString('utf8', 8, start)) as Readonly<Record<string, Entry>>
  const tensor = ({ shape, data_offsets: [from, to] }: Entry): NamedTensor => {
    const data = new Float32Array((to - from) / 4)
    data.forEach((_, i) => (data[i] = bytes.readFloatLE(start + from + 4 * i)))
    return { shape, data }
  }
  return Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, tensor(entry)]))
}
