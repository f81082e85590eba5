import { describe, expect, it } from 'vitest'
import { simplify } from '../../lib/compile/graph/simplify.ts'
import { twoStageLoops, twoStageSums } from '../../lib/compile/graph/two-stage.ts'
import { compile, type Target } from '../../lib/compile/index.ts'
import { defaultCosts } from '../../lib/compile/kernel/costs.ts'
import { withLayoutOnce } from '../../lib/compile/kernel/layout-change.ts'
import { lower } from '../../lib/compile/kernel/lower.ts'
import { absorb } from '../../lib/compile/schedule/absorb.ts'
import { choose } from '../../lib/compile/schedule/choose.ts'
import { defer } from '../../lib/compile/schedule/defer.ts'
import { withLifetimes } from '../../lib/compile/schedule/liveness.ts'
import { materialise } from '../../lib/compile/schedule/materialise.ts'
import { showPlan, showStored } from '../../lib/compile/schedule/show.ts'
import { argumentRow, sumKeep } from '../../lib/core/primitives.ts'
import { showGraph } from '../../lib/core/show.ts'
import { node } from '../../lib/core/tensor.ts'
import * as t from '../../lib/index.ts'

/** A placeholder. */
const leaf = (position: number, ...shape: readonly number[]): t.Tensor => node(argumentRow, { shape, position })

const limits = { inputs: 14, costs: defaultCosts }
const target: Target = {
  ...limits,
  targets: 8,
  textureSize: 8192,
  source: ({ shape }) => ({ text: `a program for ${shape.join('x')}`, uniforms: [] })
}

const x = leaf(0, 8, 6)
const y = leaf(1, 8, 6)

describe('simplify', () => {
  it('drops what changes nothing, computes constants and keeps equal expressions once', () => {
    const twice = t.add(t.exp(t.mul(x, 1)), t.exp(t.add(x, 0)))
    expect(showGraph(simplify([t.mul(t.reshape(t.reshape(twice, [48]), [8, 6]), t.full([8, 6], 2))])))
      .toMatchInlineSnapshot(`
      "a = argument 0 : [8,6]
      b = exp a : [8,6]
      c = add b b : [8,6]
      d = full 2 : [8,6]
      e = mul c d : [8,6]
      return e"
    `)
  })

  it('keeps NaN: x - x is not 0', () => {
    expect(showGraph(simplify([t.sub(x, x)]))).toMatchInlineSnapshot(`
      "a = argument 0 : [8,6]
      b = value : []
      c = reshape b [1,1] : [1,1]
      d = expand c [8,6] : [8,6]
      e = mul a d : [8,6]
      return e"
    `)
  })
})

describe('two stages', () => {
  it('split a sum of few results, so that every core has work', () => {
    expect(showGraph(twoStageSums([sumKeep(leaf(0, 4, 512, 512))], defaultCosts))).toMatchInlineSnapshot(`
      "a = argument 0 : [4,512,512]
      b = sum a [0,2] : [1,512,1]
      c = permute b [1,0,2] : [512,1,1]
      d = barrier c : [512,1,1]
      e = sum d [0] : [1,1,1]
      f = permute e [1,0,2] : [1,1,1]
      return f"
    `)
  })

  it('leave a sum of many results alone', () => {
    const sums = [sumKeep(leaf(0, 512, 512, 4), 2)]
    expect(twoStageSums(sums, defaultCosts)).toEqual(sums)
  })

  it('bound the loops of a very long reduction', () => {
    expect(showGraph(twoStageLoops([sumKeep(leaf(0, 40_000))]))).toMatchInlineSnapshot(`
      "a = argument 0 : [40000]
      b = slice a [0] [36864] [1] : [36864]
      c = reshape b [9,4096] : [9,4096]
      d = sum c [1] : [9,1]
      e = reshape d [9] : [9]
      f = barrier e : [9]
      g = pad f [0] [1] [0] : [10]
      h = slice a [36864] [3136] [1] : [3136]
      i = sum h [0] : [1]
      j = barrier i : [1]
      k = pad j [9] [0] [0] : [10]
      l = add g k : [10]
      m = barrier l : [10]
      n = sum m [0] : [1]
      return n"
    `)
  })
})

describe('materialise', () => {
  it('stores what a reduction reads of another one, and what is dear and read twice', () => {
    const shifted = t.sub(x, t.max(x, { axes: 1, keepDims: true }))
    const graph = simplify([t.div(t.exp(shifted), t.sum(t.exp(shifted), { axes: 1, keepDims: true }))])
    expect(showStored(graph, materialise(graph, limits))).toMatchInlineSnapshot(`
      "* a = argument 0 : [8,6]
      * b = max a [1] : [8,1]
        c = expand b [8,6] : [8,6]
        d = sub a c : [8,6]
      * e = exp d : [8,6]
      * f = sum e [1] : [8,1]
        g = expand f [8,6] : [8,6]
      * h = div e g : [8,6]
        return h"
    `)
  })
})

describe('absorb', () => {
  it('takes back a buffer that costs more than computing it where it is read', () => {
    const e = t.exp(x)
    const graph = simplify([t.add(e, y), t.mul(e, y)])
    const stored = materialise(graph, limits)
    const { stored: kept } = absorb(graph, stored, limits)
    expect(showStored(graph, stored)).toMatchInlineSnapshot(`
      "* a = argument 0 : [8,6]
      * b = exp a : [8,6]
      * c = argument 1 : [8,6]
      * d = add b c : [8,6]
      * e = mul b c : [8,6]
        return d, e"
    `)
    expect(showStored(graph, kept)).toMatchInlineSnapshot(`
      "* a = argument 0 : [8,6]
        b = exp a : [8,6]
      * c = argument 1 : [8,6]
      * d = add b c : [8,6]
      * e = mul b c : [8,6]
        return d, e"
    `)
  })
})

describe('defer', () => {
  it('computes last what only small results need', () => {
    const gradient = t.matmul(x, leaf(2, 6, 400_000))
    const [first, second] = [t.mul(t.sum(gradient, { axes: 1 }), 0.1), t.add(leaf(3, 5), leaf(4, 5))]
    const graph = simplify([first, second])
    const stored = materialise(graph, limits)
    expect([...defer(graph, stored)].map(String)).toMatchInlineSnapshot(`
      [
        "add[5]",
      ]
    `)
    const marks = (print: string) =>
      print
        .split('\n')
        .map((line) => line[0])
        .join('')
    const print = showStored(graph, stored, defer(graph, stored))
    expect(marks(print)).toBe(marks(showStored(graph, stored)).replace(/\*(?= *$)/, '+'))
  })
})

describe('choose', () => {
  it('says which buffers a layout change would need, and changes nothing', () => {
    const [images, weights] = [leaf(0, 64, 16, 28, 28), leaf(1, 32, 16, 3, 3)]
    const [convolved] = simplify([t.conv2d(weights, { padding: 1 })(images)])
    const stored = materialise([convolved!], limits)
    const kernel = lower([convolved!], (s) => s !== convolved && stored.has(s))
    const { needs, tiling } = choose(kernel, 8, defaultCosts, withLayoutOnce())
    expect(needs.map((s) => `${String(s)} of ${String(s.inputs[0])}`)).toMatchInlineSnapshot(`
      [
        "barrier[16,32,3,3] of permute[16,32,3,3]",
      ]
    `)
    expect(tiling?.tile).toMatchInlineSnapshot(`
      [
        1,
        2,
        2,
        2,
      ]
    `)
  })
})

describe('schedule', () => {
  it('fuses what reads the same inputs, and computes equal small results together', () => {
    const [w, b] = [leaf(0, 7), leaf(1, 7)]
    const [gw, gb] = [leaf(2, 7), leaf(3, 7)]
    const plan = compile([t.sub(w, t.mul(gw, 0.1)), t.sub(b, t.mul(gb, 0.1)), t.sum(x), t.sum(t.square(x))], target)
    expect(showPlan(plan)).toMatchInlineSnapshot(`
      "a = argument[7]
      b = argument[7]
      c = argument[7]
      d = argument[7]
      e = argument[8,6]
      f, g = sub + sub a b c d : [7]  #0
      h, i = reshape sum + reshape sum e : []  #1
      return f, g, h, i"
    `)
  })
})

describe('lifetimes', () => {
  it('free a buffer after its last reader, and drop buffers without readers', () => {
    const calls = [0, 1, 2, 3].map(
      (i) => ({ kind: 'whole', roots: [leaf(i, 1)], kernel: lower([x], () => true) }) as const
    )
    // buffer i + 1 is made by call i; nothing reads what call 2 makes
    const inputs = [[0], [0, 1], [1], [2]]
    const steps = withLifetimes(calls, [4], (call, needed) => {
      const i = calls.indexOf(call as (typeof calls)[number])
      if (!needed.has(i + 1)) return undefined
      const source = () => ({ text: '', uniforms: [] })
      return { source, shape: [1], inputs: inputs[i]!, outputs: [i + 1], targets: 1, name: String(i), flops: 0 }
    })
    expect(steps.map(({ name, free }) => [name, free])).toEqual([
      ['0', []],
      ['1', [0, 1]],
      ['3', [2]]
    ])
  })
})
