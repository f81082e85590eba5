import { describe, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { timeEmbedding } from '../../models/index.ts'
import { goldenFile, hasGolden } from './files.ts'
import { expectGradients, expectParameters, float64, sampled, trainThrice, within } from './parity.ts'
import { computed, expectSmall } from './small.ts'
import { torch, torchModel, torchRun } from './torch.ts'

// The reference is slow: a step of four pictures takes it ten seconds.
const patience = 600_000

describe('the U-Net on the reference', () => {
  it(
    'computes the numbers that it once did',
    async () => expectSmall(await computed(t.reference, 1), float64),
    patience
  )

  // Without PyTorch's numbers, which are not part of the project, the spec above stands alone.
  if (hasGolden) {
    const { values, noisy, batch, grads, after } = torch()
    const { model, params } = torchModel()

    it(
      "predicts PyTorch's noise",
      async () => {
        const prediction = await t.reference.read(model.apply(params, noisy, batch.ts))
        within(float64.prediction, prediction, values('prediction').data, 'prediction')
      },
      patience
    )

    it(
      'trains like PyTorch: losses, gradients, and parameters after three steps',
      async () => {
        const trained = await trainThrice(t.reference, model, params, batch)
        within(float64.loss, trained.losses, values('losses').data, 'losses')
        expectGradients(trained.grads, grads, float64)
        expectParameters(trained.params, after, grads, float64)
      },
      patience
    )

    // pictures are sampled independently of each other: one for each sigma is as good as four
    for (const [variance, picture] of [
      ['beta', 0],
      ['posterior', 3]
    ] as const)
      it(
        `samples PyTorch's picture in 20 steps, sigma² = ${variance}`,
        async () => {
          const run = torchRun(values, picture, picture + 1)
          const pictures = await sampled(t.reference, model, params, run, variance)
          within(float64.sample, pictures, run.expected(variance), variance)
        },
        patience
      )
  }
})

if (hasGolden)
  describe('the fixed numbers', () => {
    const { values, noisy, batch } = torch()
    const schedule = t.linearSchedule({ steps: 1000 })

    it("of the schedule are PyTorch's", async () => {
      // PyTorch multiplies a thousand alphas in float32
      const rounding = 2 ** -23 * Math.sqrt(1000)
      within(rounding, schedule.beta, values('betas').data, 'betas')
      within(rounding, schedule.alphaBar, values('alpha_bars').data, 'alphaBars')
      const noised = await t.reference.read(t.noise(schedule)(batch.x0, batch.ts, batch.eta))
      within(4 * rounding, noised, await t.reference.read(noisy), 'noisy')
    })

    it("of the time embedding are PyTorch's", async () => {
      within(
        2 ** -23,
        await t.reference.read(timeEmbedding(1000)),
        goldenFile('unet')['time_embed.weight']!.data,
        'table'
      )
    })
  })
