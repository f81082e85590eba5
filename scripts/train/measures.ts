// What a run measures after an epoch, on images that it is not trained on.
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import type { Failure } from 'tessera'
import type { EpochRecord } from 'tessera/train'
import { distances } from '../evaluate/distance.ts'
import { measureLosses } from '../evaluate/losses.ts'
import type { Losses } from '../evaluate/losses.ts'
import { shuffled } from '../evaluate/scores.ts'
import type { Journal } from '../lib/journal.ts'
import type { LoadedModel } from '../lib/model-file.ts'
import { pixels } from '../lib/reading.ts'
import { preview } from './pictures.ts'
import type { Run, UNetState } from './run.ts'

/** What was measured; what was not asked for is absent. */
interface Measures {
  /** The loss on test images: the mean, its standard error, and the mean of each quarter of t. */
  readonly heldOut?: { readonly loss: number; readonly error: number; readonly quarters: readonly number[] }
  /** The Fréchet distance of samples from the test images. */
  readonly frechet?: number
}

/** Samples that are scored: too few to compare with evaluate, enough for epochs. */
const samples = 200

/** The network with the parameters that its samples are drawn with. */
const modelAt = ({ model, schedule, recipe, settings }: Run, state: UNetState): LoadedModel => ({
  model,
  params: recipe.drawnWith(state),
  schedule,
  scheduleName: settings.schedule
})

const heldOutOf = ({ overall, quarters }: Losses): Measures => ({
  heldOut: { loss: overall.model.mean, error: overall.model.error, quarters: quarters.map(({ model }) => model.mean) }
})

/** The loss on the same test images after each epoch, with the same noise. */
const heldOutLoss = (run: Run) => {
  const { device, settings, test, measuresKey: key } = run
  let shown: Promise<t.Batch> | undefined
  return async (model: LoadedModel): Promise<Measures> => {
    if (test === undefined || settings.heldOut === 0) return {}
    const { images, labels } = await (shown ??= shuffled(test, key))
    const some = images.subarray(0, settings.heldOut * pixels)
    const losses = await measureLosses(device, model, some, { labels, batch: settings.batch, key }, run)
    return losses === undefined ? {} : heldOutOf(losses)
  }
}

/** The Fréchet distance of samples after some epochs, always from the same noise. */
const scoring = (run: Run) => {
  const { device, settings, test, classifier, measuresKey } = run
  if (test === undefined || classifier === undefined) return () => TE.right<Failure, Measures>({})
  const distance = distances({ device, classifier, test }, run)
  return (model: LoadedModel, epoch: number): TE.TaskEither<Failure, Measures> =>
    epoch % settings.scoreEvery !== 0
      ? TE.right({})
      : pipe(
          distance(model, { ...settings, samples, steps: settings.sampleSteps }, measuresKey),
          TE.map((frechet) => (frechet === undefined ? {} : { frechet }))
        )
}

const measureLine = (epoch: number, { heldOut, frechet }: Measures): string => {
  const parts = [
    heldOut && `loss on test images ${heldOut.loss.toFixed(4)} (${heldOut.quarters.map((loss) => loss.toFixed(4)).join(', ')} by quarter of t)`, // prettier-ignore
    frechet !== undefined && `Fréchet distance ${frechet.toFixed(1)} (${samples} samples)`
  ]
  return `After epoch ${epoch}: ${parts.filter(Boolean).join(', ')}`
}

/** What a run does after an epoch, once it is stored: it draws samples and measures, as it was asked to. */
export const afterEpoch = (run: Run, journal: Journal) => {
  const [loss, score] = [heldOutLoss(run), scoring(run)]
  return ({ epoch, state, ...record }: EpochRecord<UNetState>): TE.TaskEither<Failure, void> => {
    const model = modelAt(run, state)
    return pipe(
      preview(run, { epoch, state, ...record }),
      TE.flatMapTask(() => () => loss(model)),
      TE.flatMap((heldOut) =>
        pipe(
          score(model, epoch),
          TE.map((frechet): Measures => ({ ...heldOut, ...frechet }))
        )
      ),
      TE.flatMap((measures) => {
        if (Object.keys(measures).length === 0) return TE.right(undefined)
        run.progress.say(measureLine(epoch, measures))
        return journal.add({ epoch, ...measures })
      })
    )
  }
}
