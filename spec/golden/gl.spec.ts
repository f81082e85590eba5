import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { unet } from '../../models/index.ts'
import { gl } from '../support/gl.ts'
import { hasGolden } from './files.ts'
import {
  expectGradients,
  expectParameters,
  float32,
  sampled,
  startOf,
  trainingStep,
  trainThrice,
  within
} from './parity.ts'
import { computed, expectSmall } from './small.ts'
import { torch, torchModel, torchRun } from './torch.ts'

// The first use of a program compiles it; all specs here share theirs, for batches of four.
const patience = 600_000

describe('the U-Net, [gl]', () => {
  it(
    'computes the numbers that the reference did',
    async () => expectSmall(await computed(await gl(), 4), float32),
    patience
  )

  // Without PyTorch's numbers, which are not part of the project, the spec above stands alone.
  if (hasGolden) {
    const { values, noisy, batch, grads, after } = torch()
    const { model, params } = torchModel()

    it(
      "predicts PyTorch's noise",
      async () => {
        const device = await gl()
        const prediction = await device.read(device.compile(model.apply)(params, noisy, batch.ts))
        within(float32.prediction, prediction, values('prediction').data, 'prediction')
      },
      patience
    )

    it(
      'trains like PyTorch: losses, gradients, and parameters after three steps',
      async () => {
        const trained = await trainThrice(await gl(), model, params, batch)
        within(float32.loss, trained.losses, values('losses').data, 'losses')
        expectGradients(trained.grads, grads, float32)
        expectParameters(trained.params, after, grads, float32)
      },
      patience
    )

    for (const variance of ['beta', 'posterior'] as const)
      it(
        `samples PyTorch's pictures in 20 steps, sigma² = ${variance}`,
        async () => {
          const run = torchRun(values)
          const pictures = await sampled(await gl(), model, params, run, variance)
          within(float32.sample, pictures, run.expected(variance), variance)
        },
        patience
      )
  }

  it(
    'makes neither programs nor textures from the tenth training step to the fortieth',
    async () => {
      const device = await gl()
      const model = unet({ steps: 1000 })
      // noise, network, loss, gradients and Adam: one plan
      const step = device.compile(
        (state: ReturnType<typeof startOf>, x0: t.Tensor, key: t.Key) => {
          const [forTimes, forNoise] = t.split(key)
          const ts = t.randint(forTimes!, [4], { high: 1000 })
          const eta = t.normal(forNoise!, [4, 1, 28, 28])
          return trainingStep(model)(state, x0, ts, eta)
        },
        { donate: [0] }
      )
      const x0 = t.normal(t.key(1), [4, 1, 28, 28])
      let state = startOf(model.init(t.key(0)))
      const counted: (Pick<t.Stats, 'programs' | 'created' | 'live'> & { readonly loss: number })[] = []
      for (let i = 1; i <= 40; i++) {
        const [next, loss] = step(state, x0, t.foldIn(t.key(2), i))
        state = next
        const read = (await device.read(loss))[0]!
        const { programs, created, live } = device.stats()
        counted.push({ programs, created, live, loss: read })
      }
      const tenth = counted[9]!
      for (const { programs, created, live, loss } of counted.slice(10)) {
        expect({ programs, created }).toEqual({ programs: tenth.programs, created: tenth.created })
        // what earlier specs left behind may be collected at any time
        expect(live).toBeLessThanOrEqual(tenth.live)
        expect(loss).toBeGreaterThan(0)
      }
    },
    patience
  )
})
