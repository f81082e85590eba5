import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import { distances } from '../evaluate/distance.ts'
import { readInputs } from '../evaluate/inputs.ts'
import { readSettings } from '../evaluate/settings.ts'
import type { LoadedModel } from '../lib/model-file.ts'
import type { UserIO } from '../lib/user.ts'
import { openWorkspace } from '../lib/workspace.ts'
import type { Curve } from './chart.ts'

/** What to draw with each sampler. */
export interface DrawnSettings {
  readonly samples: number
  /** The folder with MNIST; without one it is downloaded. */
  readonly data?: string
}

/** How often the model is evaluated for a sample. */
const evaluations = [5, 10, 20, 50, 100] as const

/** How often each sampler evaluates it in a step, if not once. */
const perStep: Readonly<Partial<Record<t.SamplerName, number>>> = { heun: 2 }

/** Left out are `euler`, which is `ddim`, and what is for other models than that in the box. */
const compared = (Object.keys(t.samplers) as t.SamplerName[]).filter((name) => !['consistency', 'euler'].includes(name))

type Point = Curve['points'][number]

/** The distance of a sampler's pictures from the test images, with so many evaluations for each; none if asked to stop. */
const pointOf = (
  distance: ReturnType<typeof distances>,
  model: LoadedModel,
  name: t.SamplerName,
  evaluated: number,
  samples: number,
  { progress }: UserIO
): TE.TaskEither<Failure, readonly Point[]> =>
  pipe(
    distance(model, { samples, sampler: name, steps: Math.floor(evaluated / (perStep[name] ?? 1)) }, t.key(0)),
    TE.map((frechet) => {
      if (frechet === undefined) return []
      progress.say(`${name}, ${evaluated} evaluations: ${frechet.toFixed(1)}`)
      return [{ steps: evaluated, error: frechet }]
    })
  )

/** The distances of all samplers' pictures from test images, with the model in the box. */
export const drawnCurves = ({ samples, data }: DrawnSettings, out: string): TE.TaskEither<Failure, readonly Curve[]> =>
  pipe(
    TE.fromEither(readSettings(data === undefined ? [] : ['--data', data])),
    TE.flatMap((settings) => openWorkspace(({ progress }) => readInputs(settings, progress), out, settings.device)),
    TE.flatMap(({ device, inputs: { model, classifier, dataset: test }, ...user }) => {
      const distance = distances({ device, classifier, test }, user)
      const curveOf = (name: t.SamplerName): TE.TaskEither<Failure, Curve> =>
        pipe(
          evaluations,
          TE.traverseSeqArray((evaluated) => pointOf(distance, model, name, evaluated, samples, user)),
          TE.map((points) => ({ name, points: points.flat() }))
        )
      return TE.traverseSeqArray(curveOf)(compared)
    })
  )
