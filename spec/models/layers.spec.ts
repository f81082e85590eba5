import { describe, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { applyAttention, applyPictureAttention, attention } from '../../models/layers.ts'
import { filled } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { differences } from '../support/laws.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'

const [n, length, channels] = [2, 5, 6]
const params = {
  qkv: { weight: filled([3 * channels, channels], 'any', 1), bias: filled([3 * channels], 'any', 2) },
  out: { weight: filled([channels, channels], 'any', 3), bias: filled([channels], 'any', 4) }
}
// small, because softmax makes e^error of an error in a score
const x = t.mul(filled([n, length, channels], 'any', 5), 0.2)

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
const rows = (values: Float64Array, width: number): readonly (readonly number[])[] =>
  Array.from({ length: values.length / width }, (_, i) => [...values.slice(i * width, (i + 1) * width)])
const affine = (v: readonly number[], { weight, bias }: { readonly weight: t.Tensor; readonly bias: t.Tensor }) => {
  const offsets = evaluate(bias)
  return rows(evaluate(weight), v.length).map((row, i) => dot(row, v) + offsets[i]!)
}

/** Attention one token at a time, as its formula says. */
const attended = (tokens: readonly (readonly number[])[], heads: number): readonly number[] => {
  const each = channels / heads
  const parts = tokens.map((token) => affine(token, params.qkv))
  const part = (i: number, which: number, head: number) =>
    parts[i]!.slice(which * channels + head * each, which * channels + (head + 1) * each)
  return tokens.flatMap((_, i) => {
    const found = Array.from({ length: heads }, (__, head) => {
      const scores = tokens.map((___, j) => Math.exp(dot(part(i, 0, head), part(j, 1, head)) / Math.sqrt(each)))
      const all = scores.reduce((sum, s) => sum + s, 0)
      return Array.from({ length: each }, (___, c) => dot(scores.map((s) => s / all), tokens.map((____, j) => part(j, 2, head)[c]!))) // prettier-ignore
    })
    return affine(found.flat(), params.out)
  })
}

describe.each([1, 2, 3])('self-attention of %d heads', (heads) => {
  const layer = applyAttention(params, heads)

  it('is what its formula says', () => {
    const tokens = rows(evaluate(x), channels)
    const expected = [attended(tokens.slice(0, length), heads), attended(tokens.slice(length), heads)].flat()
    expectClose(evaluate(layer(x)), expected, { unit: unit64, scale: 64, terms: 3 * channels })
  })

  it('[gl] is the same there', async () => {
    expectClose(await (await gl()).read(layer(x)), evaluate(layer(x)), { unit, scale: 64, terms: 3 * channels })
  })
})

describe('attention over pictures', () => {
  const picture = filled([2, channels, 3, 4], 'any', 6)

  it('changes nothing before it is trained', () => {
    const still = applyPictureAttention(attention(channels)(t.key(0)))
    expectClose(evaluate(still(picture)), evaluate(picture), { unit: unit64 })
  })

  it('has the gradient of its values', () => {
    const norm = { weight: t.ones([channels]), bias: t.zeros([channels]) }
    differences(([a]) => applyPictureAttention({ ...params, norm })(a!), [picture], 7)
  })
})
