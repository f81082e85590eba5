import * as t from 'tessera'

// A trainer that keeps snapshots on the host, and goes on with the last of them when its device is lost.

interface Net {
  readonly w: t.Tensor
  readonly b: t.Tensor
}
interface State {
  readonly net: Net
  readonly memory: t.AdamState<Net>
}

export interface Snapshot {
  readonly at: number
  readonly tensors: readonly { readonly numbers: Float32Array; readonly shape: t.Shape }[]
}

/** A device, and how to take its context away. */
export interface Opened {
  readonly device: t.Device
  readonly lose: () => void
}

const [steps, every] = [30, 3]
const optimiser = t.adam<Net>({ lr: 0.02 })

const initial = (): State => {
  const net = { w: t.mul(t.normal(t.key(9), [8, 4]), 0.3), b: t.zeros([4]) }
  return { net, memory: optimiser.init(net) }
}

const trainingStep = ({ net, memory }: State, key: t.Key): State => {
  const x = t.normal(key, [16, 8])
  const loss = ({ w, b }: Net): t.Scalar => t.mean(t.square(t.sub(t.tanh(t.add(t.matmul(x, w), b)), 0.5)))
  const [next, kept] = optimiser.update(t.grad(loss)(net), memory, net)
  return { net: next, memory: kept }
}

const snapshotOf = async (device: t.Device, at: number, state: State): Promise<Snapshot> => {
  const tensors = await Promise.all(
    t.tensorsOf(state).map(async (x) => ({ numbers: Float32Array.from(await device.read(x)), shape: x.shape }))
  )
  return { at, tensors }
}

const stateOf = ({ tensors }: Snapshot): State => {
  let i = 0
  return t.mapTree(initial(), () => {
    const { numbers, shape } = tensors[i++]!
    return t.tensor(numbers, shape)
  })
}

/** Trains from a snapshot to the end, or until the device is lost: the last snapshot there is. */
const trainFrom = async ({ device, lose }: Opened, from: Snapshot, lostAt: number): Promise<Snapshot> => {
  const step = device.compile(trainingStep, { donate: [0] })
  let [kept, state] = [from, stateOf(from)]
  try {
    for (let i = from.at; i < steps; i++) {
      if (i === lostAt) lose()
      state = step(state, t.foldIn(t.key(4), i))
      if ((i + 1) % every === 0) kept = await snapshotOf(device, i + 1, state)
    }
  } catch (thrown) {
    if (!(thrown instanceof t.DeviceLostError)) throw thrown
  } finally {
    device.dispose()
  }
  return kept
}

const bitsOf = ({ tensors }: Snapshot): string =>
  tensors.map(({ numbers }) => new Uint32Array(numbers.buffer).join()).join(';')

/** Trains once without a loss, then as often as there are losses, each time to the end; what is wrong with each. */
export const losing = async (
  open: () => Promise<Opened>,
  losses: readonly number[]
): Promise<readonly (string | undefined)[]> => {
  const start = await snapshotOf(t.reference, 0, initial())
  const whole = bitsOf(await trainFrom(await open(), start, Infinity))
  const faults: (string | undefined)[] = []
  for (const at of losses) {
    const left = await trainFrom(await open(), start, at)
    const end = await trainFrom(await open(), left, Infinity)
    const noticed = left.at === every * Math.floor(at / every)
    faults.push(noticed ? (bitsOf(end) === whole ? undefined : 'it ended with other bits') : 'nobody noticed it')
  }
  return faults
}

/** At which of a trainer's steps its context is lost, for so many trainers. */
export const lostAt = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => (7 * i) % steps)
