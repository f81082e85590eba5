// One of the processes of `npm run bench`: the first training step of a fresh process, from tracing to the loss, as
// `npm run train` takes it.
import '../v8.mjs'
import * as t from 'tessera'
import { unet } from 'tessera/models'
import { mark } from './protocol.ts'
import { noiseKey, startOf, stepOf } from './training.ts'
import { batch, timesteps } from './work.ts'

/** Steps after which a process makes no more textures. */
const steady = 3

const model = unet({ steps: timesteps })
const device = await t.device()
const { size } = model.config
const x0 = device.compute(t.uniform(t.key(1), [batch, 1, size, size], { low: -1, high: 1 }))
let state = device.compute(startOf(model.init(t.key(0))))
const before = device.stats()
const began = performance.now()
const step = stepOf(device, model.apply)

const advance = async (): Promise<void> => {
  const [next, loss] = step(state, x0, noiseKey)
  state = next
  await device.read(loss)
}

await advance()
const seconds = (performance.now() - began) / 1e3
const first = device.stats()
for (let i = 1; i < steady; i++) await advance()

const last = device.stats()
const values = {
  seconds: [seconds],
  tracing: [(first.traceMs - before.traceMs) / 1e3],
  planning: [(first.planMs - before.planMs) / 1e3],
  compiling: [(first.compileMs - before.compileMs) / 1e3],
  programs: [last.programs - before.programs],
  bytes: [last.peakBytes]
}
process.stdout.write(`${mark}${JSON.stringify({ values })}\n`)
process.exit(0)
