import fc from 'fast-check'
import * as t from 'tessera'
import * as layers from '../../models/layers.ts'
import type { AffineParams } from '../../models/layers.ts'
import { tryAll } from './trial.ts'
import type { Trial } from './trial.ts'

// Training steps of networks of many shapes on one device with little room, each held against the reference.

/** What makes one network another. */
interface Design {
  readonly batch: number
  readonly channels: readonly [given: number, inside: number]
  readonly side: readonly [height: number, width: number]
  readonly kernel: 1 | 3
  readonly stride: 1 | 2
  readonly outputs: number
  readonly activation: 'silu' | 'tanh' | 'relu'
}

const designs: fc.Arbitrary<Design> = fc.record({
  batch: fc.integer({ min: 1, max: 9 }),
  channels: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 })),
  side: fc.tuple(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 2, max: 12 })),
  kernel: fc.constantFrom(1, 3),
  stride: fc.constantFrom(1, 2),
  outputs: fc.integer({ min: 1, max: 10 }),
  activation: fc.constantFrom('silu', 'tanh', 'relu')
})

interface Net {
  readonly conv: AffineParams
  readonly norm: AffineParams
  readonly linear: AffineParams
}

/** Convolution, layer norm, activation, linear layer; as its loss the distance from noise. */
const networkOf = ({ batch, channels: [given, inside], side, kernel, stride, outputs, activation }: Design) => {
  const shape = [inside, ...side.map((d) => Math.ceil(d / stride))]
  const features = shape.reduce((a, b) => a * b, 1)
  const init = t.together({
    conv: layers.conv(given, inside, kernel),
    norm: layers.norm(...shape),
    linear: layers.linear(features, outputs)
  })
  const apply = ({ conv, norm, linear }: Net, x: t.Tensor): t.Tensor => {
    const seen = t.add(t.conv2d(conv.weight, { stride, padding: 'same' })(x), t.reshape(conv.bias, [inside, 1, 1]))
    const active = t[activation](t.layerNorm(norm)(seen))
    return t.linear({ weight: linear.weight, bias: linear.bias })(t.reshape(active, [batch, features]))
  }
  const lossOf = (net: Net, key: t.Key): t.Scalar => {
    const [forInput, forTarget] = t.split(key)
    const x = t.uniform(forInput!, [batch, given, ...side], { low: -1, high: 1 })
    return t.mse(apply(net, x), t.uniform(forTarget!, [batch, outputs], { low: -1, high: 1 }))
  }
  return { init, lossOf }
}

const optimiser = t.adam<Net>({ lr: 0.003 })

interface State {
  readonly net: Net
  readonly memory: t.AdamState<Net>
}

/** A loss of a few hundred terms in float32 differs from the true one by much less. */
const most = 1e-4

/** What is wrong with a loss; nothing where it is close to that of the reference. */
const wrong = (loss: number, exact: number): string | undefined =>
  Math.abs(loss - exact) <= most * Math.max(1, Math.abs(exact)) ? undefined : `the loss is ${loss}, not ${exact}`

const onHost = async (device: t.Device, net: Net): Promise<Net> => {
  const stored = await Promise.all(t.tensorsOf(net).map((x) => device.read(x)))
  let i = 0
  return t.mapTree(net, ({ shape }) => t.tensor(stored[i++]!, shape))
}

const steppingOn = (device: t.Device, design: Design, key: t.Key): ((at: number) => Promise<string | undefined>) => {
  const { init, lossOf } = networkOf(design)
  const step = device.compile(({ net, memory }: State, noise: t.Key): readonly [t.Scalar, State] => {
    const [loss, gradients] = t.valueAndGrad((n: Net) => lossOf(n, noise))(net)
    const [next, kept] = optimiser.update(gradients, memory, net)
    return [loss, { net: next, memory: kept }]
  })
  const net = init(key)
  let state: State = { net, memory: optimiser.init(net) }
  return async (at) => {
    const noise = t.foldIn(key, at)
    const before = await onHost(device, state.net)
    const [loss, next] = step(state, noise)
    state = next
    return wrong((await device.read(loss))[0]!, (await t.reference.read(lossOf(before, noise)))[0]!)
  }
}

/** Steps that each network takes. */
const each = 50

/** So many training steps, of a new network every fifty, on one device with room for 64 MB and 300 programs. */
export const trainingSteps = async (count: number, seed: number): Promise<Trial> => {
  const networks = fc.sample(designs, { seed, numRuns: Math.ceil(count / each) })
  using device = await t.device({ limits: { bytes: 64 * 2 ** 20, programs: 300 } })
  let advance: ((at: number) => Promise<string | undefined>) | undefined
  return await tryAll(
    `training steps of ${networks.length} networks on ${device.name}, the loss checked after each`,
    Array.from({ length: count }, (_, i) => i),
    (i) => {
      if (i % each === 0) advance = steppingOn(device, networks[i / each]!, t.foldIn(t.key(seed), i))
      return advance!(i % each)
    }
  )
}
