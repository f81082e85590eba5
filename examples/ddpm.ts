// npx tsx examples/ddpm.ts: a diffusion model, whole: data, schedule, step, loop, samples, picture (Ho et al. 2020).
import { mkdir } from 'node:fs/promises'
import * as t from 'tessera'
import { unet, type UNetParams } from 'tessera/models'
import * as node from 'tessera/node'

export interface Course {
  readonly images: number
  readonly epochs: number
  readonly batch: number
  /** Length T of the noise schedule. */
  readonly steps: number
  readonly samples: number
  readonly out: string
}

const pixels = [1, 28, 28] as const

/** Trains on drawn digits, draws samples, and gives the mean loss of each epoch. */
export const main = async ({ images, epochs, batch, steps, samples, out }: Course): Promise<readonly number[]> => {
  const device = await t.device()
  const [forParams, forOrder, forNoise, forSamples] = t.split(t.key(0), 4)
  const dataset = t.drawDigits(t.key(0), images)
  const schedule = t.linearSchedule({ steps, betaMin: 1e-4, betaMax: 0.02 })
  const model = unet({ steps })
  const adam = t.adam<UNetParams>({ lr: 1e-3 })

  // one training step is a pure function; donated, the state before it is overwritten by the one after
  const lossStep = t.lossStep(schedule, model.apply)
  const step = device.compile(
    (state: readonly [UNetParams, t.AdamState<UNetParams>], x0: t.Tensor, key: t.Key) => {
      const [forTimes, forEta] = t.split(key)
      const ts = t.randint(forTimes!, [x0.shape[0]!], { high: steps })
      const [loss, gradients] = lossStep(state[0], x0, ts, t.normal(forEta!, x0.shape))
      return [loss, adam.update(gradients, state[1], state[0])] as const
    },
    { donate: [0] }
  )

  const params = model.init(forParams!)
  let state = device.compute([params, adam.init(params)] as const)
  const losses: number[] = []
  let done = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    let sum = 0
    for (const { images: data, size } of t.epochBatches(dataset, t.foldIn(forOrder!, epoch), { batch })) {
      const [loss, next] = step(state, t.tensor(data, [size, ...pixels]), t.foldIn(forNoise!, done++))
      state = next
      sum += (await device.read(loss))[0]! * size
    }
    losses.push(sum / dataset.count)
    console.log(`epoch ${epoch + 1}: loss ${losses.at(-1)!.toFixed(4)}`)
  }

  const sampling = t.sample(device, schedule, model.apply)
  let last: t.Tensor = t.zeros([samples, ...pixels])
  for await (const { x } of sampling(state[0], { key: forSamples!, count: samples, shape: pixels })) last = x
  const picture = t.grid(
    { data: Float32Array.from(await device.read(last)), shape: last.shape },
    { scale: 4, range: [-1, 1] }
  )
  await mkdir(out, { recursive: true })
  const written = await node.writePng(`${out}/samples.png`, picture, { title: 'Samples' })()
  if (written._tag === 'Left') throw new Error(written.left.message)
  device[Symbol.dispose]()
  return losses
}

if (import.meta.filename === process.argv[1])
  await main({ images: 6000, epochs: 5, batch: 128, steps: 250, samples: 36, out: 'out/ddpm' })
