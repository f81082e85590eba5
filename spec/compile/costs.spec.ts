import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import type { Costs } from '../../lib/compile/kernel/costs.ts'
import { filled } from '../support/arbitrary.ts'
import { expectClose } from '../support/tolerance.ts'

/** Constants that no device has: each makes other plans. */
const absurd: readonly (readonly [what: string, costs: Partial<Costs>])[] = [
  ['as usual', {}],
  ['nothing costs anything', { fetch: 0, madd: 0, loop: 0, write: 0, call: 0 }],
  ['only fetches cost', { fetch: 1, madd: 0, loop: 0, write: 0, call: 0 }],
  ['only multiplying costs', { fetch: 0, madd: 1e300, loop: 0, write: 0, call: 0 }],
  ['writing costs most', { write: 1e6 }],
  ['a call costs most', { call: 1e6 }],
  ['a thousand cores of one fragment', { cores: 1000, block: 1 }]
]

// a convolution, and the gradient of its weight: with this many terms, results lie in several targets
const [x, w, dy] = [
  filled([8, 16, 16, 16], 'any', 1),
  filled([16, 16, 3, 3], 'any', 2),
  filled([8, 16, 16, 16], 'any', 3)
]
const layer = (weight: t.Tensor): t.Tensor => t.conv2d(weight, { padding: 1 })(x)
const both = () => [layer(w), t.grad((weight: t.Tensor) => t.sum(t.mul(layer(weight), dy)))(w)] as const
/** How many terms each element adds up, of products of numbers up to 4. */
const terms = [16 * 9, 8 * 16 * 16]

describe('[gl] what things are said to cost', () => {
  it('changes plans, and never values', async () => {
    const plans = new Set<string>()
    const wanted = await Promise.all(both().map((result) => t.reference.read(result)))
    for (const [, costs] of absurd) {
      using device = await t.device({ name: 'headlessgl', costs })
      plans.add(device.show(both))
      for (const [i, result] of device.compute(both()).entries())
        expectClose(await device.read(result), wanted[i]!, { terms: terms[i]!, scale: 16 * terms[i]! })
    }
    expect(plans.size).toBeGreaterThan(2)
  })
})
