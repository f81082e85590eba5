import { describe, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { expectAgreement } from '../support/agree.ts'

const gl = await t.device({ name: 'headlessgl' })
const others = [await t.device({ name: 'cpu' }), await t.device({ name: 'webasm' })]

/** Small cases that went wrong once, each with what it was about. */
const cases: Readonly<Record<string, () => readonly t.Tensor[]>> = {
  // the backend recomputed x with other rounding than the maximum had seen, and found no largest element: 0 / 0
  'the gradient of a maximum of something computed': () => {
    const f = (x: t.Tensor) => t.sum(t.max(t.sub(x, t.mean(x)), { axes: 0 }))
    return [t.grad(f)(t.tensor([[0.1, 0.7], [0.3, 0.6], [0.2, -0.5]]))] // prettier-ignore
  },
  // an index that a guard drops was read all the same
  'a function of a padded tensor': () => {
    const f = (x: t.Tensor) => t.sum(t.mul(t.exp(t.slice(x, [[1]])), t.tensor([3])))
    return [t.grad(f)(t.tensor([1, 2]))]
  },
  // two kernels of one text, one of which got a buffer that it never reads
  'a buffer whose every load is dropped': () => {
    const front = (x: t.Tensor) => t.slice(t.pad(x, [[3, 0]]), [[0, 3]])
    const y = t.tensor([4, 5, 6])
    return [t.exp(t.add(y, front(t.tensor([1, 2, 3])))), t.exp(t.add(y, front(t.zeros([3]))))]
  },
  // the driver crashed on max(max(vec4, float), constant)
  'a maximum that meets only padding': () => {
    const x = t.tensor([[1, 2, 3]])
    return [t.max(t.pad(x, [[2, 0], [3, 0]]), { axes: 0, keepDims: true })] // prettier-ignore
  },
  // a walk over the expression visited the parts it shares again and again
  'an expression that uses itself twice, forty times over': () => {
    let x: t.Tensor = t.tensor([1, 2, 3])
    for (let i = 0; i < 40; i++) x = t.mul(t.add(x, x), 0.5)
    return [x]
  }
}

describe('cases found', () => {
  it.each(Object.entries(cases))('[gl] %s', async (_, make) => expectAgreement(gl, make()))
  it.each(Object.entries(cases))('%s', async (_, make) => {
    for (const device of others) await expectAgreement(device, make())
  })
})
