// npx tsx examples/ddpm.ts: a diffusion model, whole: data, schedule, step, loop, samples, picture (Ho et al. 2020).
import { mkdir } from 'node:fs/promises'
import * as t from 'tessera'
import { unet, type UNetParams } from 'tessera/models'
import * as node from 'tessera/node'
import { diffusionTraining, initTrainState, startPlace, trainLoop, trainStep } from 'tessera/train'

export interface Settings {
  readonly images: number
  readonly epochs: number
  readonly batchSize: number
  /** Length T of the noise schedule. */
  readonly steps: number
  readonly samples: number
  readonly out: string
}

/** Trains on drawn digits, draws samples, and gives the mean loss of each epoch. */
export const main = async ({
  images,
  epochs,
  batchSize,
  steps,
  samples,
  out
}: Settings): Promise<readonly number[]> => {
  const device = await t.device()
  const [forParams, forSteps, forSamples] = t.split(t.key(0), 3)
  const dataset = t.drawDigits(t.key(0), images)
  const schedule = t.linearSchedule({ steps, betaMin: 1e-4, betaMax: 0.02 })
  const model = unet({ steps })
  const optimiser = t.adam<UNetParams>({ lr: 1e-3 })

  // one training step is a pure function; donated, the state before it is overwritten by the one after
  const step = device.compile(trainStep(t.loss(schedule, model.apply), optimiser), { donate: [0] })
  const options = diffusionTraining({ dataset, epochs, batchSize, steps, key: forSteps! })
  let state = initTrainState(optimiser, model.init(forParams!))
  const losses: number[] = []
  for await (const record of trainLoop(device, step, options, { state, place: startPlace })) {
    state = record.state
    if (record.kind === 'step') continue
    losses.push(record.meanLoss)
    console.log(`epoch ${record.epoch}: loss ${record.meanLoss.toFixed(4)}`)
  }

  const shape = [1, dataset.height, dataset.width]
  const sampling = t.sample(device, t.ddpm(), schedule, model.apply)
  let last: t.Tensor = t.zeros([samples, ...shape])
  for await (const { x } of sampling(state.params, { key: forSamples!, count: samples, shape })) last = x
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
  await main({ images: 6000, epochs: 5, batchSize: 128, steps: 250, samples: 36, out: 'out/ddpm' })
