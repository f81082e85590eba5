import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { expectAgreement } from '../support/agree.ts'
import { filled } from '../support/arbitrary.ts'

// What WebGL 1 without its extension has. A process has one GL context, so these specs have a file of their own.
const device = await t.device({ name: 'headlessgl', limits: { targets: 1 } })

const loss = (w: t.Tensor, x: t.Tensor): t.Scalar =>
  t.mean(t.square(t.silu(t.conv2d(w, { padding: 1 })(t.silu(t.conv2d(w, { padding: 1 })(x))))))

describe('[gl] a device with one render target', () => {
  it('computes large convolutions and their gradients', () => {
    const [w, x] = [t.mul(filled([8, 8, 3, 3], 'any', 1), 0.1), filled([16, 8, 14, 14], 'any', 2)]
    return expectAgreement(device, t.valueAndGrad(loss)(w, x))
  })

  it('writes one result a kernel', () => {
    const [w, x] = [t.ones([8, 8, 3, 3]), t.ones([16, 8, 14, 14])]
    expect(device.show(t.valueAndGrad(loss), w, x)).not.toMatch(/^\w+, \w+ = /m)
  })
})
