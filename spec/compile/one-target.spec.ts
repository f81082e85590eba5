import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { expectAgreement } from '../support/agree.ts'
import { filled } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { largeProduct } from '../support/naive.ts'
import { expectClose } from '../support/tolerance.ts'

// What WebGL 1 without its extension has. A process has one GL context, so these specs have a file of their own.
const device = await t.device({ name: 'headlessgl', limits: { targets: 1 } })

const loss = (w: t.Tensor, x: t.Tensor): t.Scalar =>
  t.mean(t.square(t.silu(t.conv2d(w, { padding: 1 })(t.silu(t.conv2d(w, { padding: 1 })(x))))))

describe('[gl] a device with one render target', () => {
  it('computes a network and its gradients', () => {
    const [w, x] = [t.mul(filled([4, 4, 3, 3], 'any', 1), 0.1), filled([6, 4, 7, 7], 'any', 2)]
    return expectAgreement(device, t.valueAndGrad(loss)(w, x))
  })

  it('computes large products', async () => {
    const [a, b] = [filled([128, 512], 'any', 1), filled([512, 128], 'any', 2)]
    const wanted = largeProduct(evaluate(a), evaluate(b), [128, 512, 128])
    expectClose(await device.read(t.matmul(a, b)), wanted, { terms: 512, scale: 16 * 512 })
  })

  it('writes one result a kernel', () => {
    const [w, x] = [t.ones([8, 8, 3, 3]), t.ones([16, 8, 14, 14])]
    expect(device.show(t.valueAndGrad(loss), w, x)).not.toMatch(/^\w+, \w+ = /m)
  })
})
