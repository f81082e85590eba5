import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerOf, script } from './channel.ts'
import { plainFigure } from './figures.ts'
import type { Figure } from './figures.ts'
import type { Answer } from './protocol.ts'

/** Seconds that a first step may take. */
const patience = 300

/** A first training step in a fresh process, whose driver keeps compiled programs in a folder. */
const firstStep = (cache: string): Promise<Answer> => {
  const { program, args } = script('./first-step.ts')
  return answerOf({ program, args, env: { MESA_SHADER_CACHE_DIR: cache } }, patience)
}

type Values = NonNullable<Answer['values']>

/** What a first step took, and what of it: from nothing, and with compiled programs kept by the driver. */
export interface Starts {
  readonly cold: readonly Values[]
  readonly warm: readonly Values[]
  readonly fault?: string
}

const inFolder = async <A>(work: (folder: string) => Promise<A>): Promise<A> => {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-bench-cache-'))
  return work(folder).finally(() => rm(folder, { recursive: true, force: true }))
}

/** First steps, each cold one followed by a warm one. */
export const firstSteps = async (rounds: number): Promise<Starts> => {
  const [cold, warm]: [Values[], Values[]] = [[], []]
  for (let i = 0; i < rounds; i++) {
    const [first, second] = await inFolder(
      async (folder) => [await firstStep(folder), await firstStep(folder)] as const
    )
    const fault = first.error ?? second.error
    if (fault !== undefined) return { cold, warm, fault }
    cold.push(first.values ?? {})
    warm.push(second.values ?? {})
  }
  return { cold, warm }
}

/** A value of each of some first steps. */
export const each = (starts: readonly Values[], name: string): readonly number[] =>
  starts.map((values) => values[name]?.[0] ?? NaN)

const withFault = (figure: Figure, fault: string | undefined): Figure =>
  fault === undefined ? figure : { ...figure, faults: [{ name: 'tessera', message: fault }] }

/** What first steps tell. */
export const startNames: readonly string[] = ['first-step-cold', 'first-step-warm', 'programs', 'textures-peak']

/** The rows of the first steps. */
export const startFigures = ({ cold, warm, fault }: Starts): readonly Figure[] =>
  [
    plainFigure('first-step-cold', 's', each(cold, 'seconds')),
    plainFigure('first-step-warm', 's', each(warm, 'seconds')),
    plainFigure('programs', 'programs', each(warm, 'programs')),
    plainFigure(
      'textures-peak',
      'MB',
      each(warm, 'bytes').map((bytes) => bytes / 1e6)
    )
  ].map((figure) => withFault(figure, fault))
