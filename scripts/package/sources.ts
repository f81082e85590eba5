// What users write, and what it prints.

export const imports = `
import * as t from 'tessera'
import * as node from 'tessera/node'
import * as models from 'tessera/models'
import * as train from 'tessera/train'
import * as metrics from 'tessera/metrics'
import * as laws from 'tessera/laws'

for (const module of [t, node, models, train, metrics, laws]) if (Object.keys(module).length === 0) throw new Error('empty')
const loss = (x) => t.sum(t.square(t.sigmoid(x)))
const x = t.tensor([0, 1, -2])
for (const name of ['reference', 'cpu', 'webasm']) {
  const device = await t.device({ name })
  const [gradient] = [await device.read(t.grad(loss)(x))]
  console.log(name, Array.from(gradient, (v) => v.toFixed(5)).join(' '))
}
process.exit(0)
`

const gradient = '0.25000 0.28747 0.02503'
export const importsPrint = ['reference', 'cpu', 'webasm'].map((name) => `${name} ${gradient}`).join('\n')

export const requires = `
const t = require('tessera')
const { unet } = require('tessera/models')
t.reference.read(t.add(t.tensor([1]), unet({ steps: 10 }).config.steps)).then(([sum]) => console.log(sum))
`
export const requiresPrint = '11'

export const peers = `
import * as t from 'tessera'
import * as node from 'tessera/node'
const gl = await t.openDevice({ name: 'headlessgl' })()
const canvas = node.loadCanvas()
console.log(gl._tag, /run: npm install gl/.test(gl.left.message))
console.log(canvas._tag, /run npm install canvas/.test(canvas.left.message))
const { name } = await t.device()
console.log(name)
process.exit(0)
`
export const peersPrint = 'Left true\nLeft true\nwebasm'

export const types = `
import * as t from 'tessera'
import * as node from 'tessera/node'
import { unet } from 'tessera/models'
import { trainStep } from 'tessera/train'
import { frechet, momentsOf } from 'tessera/metrics'
import { mixture } from 'tessera/laws'

const x: t.Tensor<readonly [2, 3]> = t.zeros([2, 3])
const rows: t.Tensor = t.sum(x, { axes: 1 })
const model = unet({ steps: 10 })
export const loss = t.loss(t.linearSchedule({ steps: 10 }), model.apply)
export const step = trainStep(loss, t.adam({ lr: 1e-3 }))
const opened = await t.openDevice()()
if (opened._tag === 'Right') {
  using device: t.Device = opened.right
  const numbers: ArrayLike<number> = await device.read(rows)
  export_(numbers)
} else export_(opened.left.message satisfies string)
const written = await node.writeAtomic('file', new Uint8Array(1))()
if (written._tag === 'Left') export_(written.left satisfies t.Failure)
// @ts-expect-error: the shapes don't fit
t.add(t.zeros([2, 3]), t.zeros([4, 5]))
// @ts-expect-error: a failure has no such property: it is no any
opened._tag === 'Left' && opened.left.nothing
// @ts-expect-error: a tensor is no any either, and its values are an array of ndarray
x.nothing
export const distance: number = frechet(momentsOf([1, 2], 1), momentsOf([2, 3], 1))
export { mixture }
declare function export_(value: unknown): void
`
