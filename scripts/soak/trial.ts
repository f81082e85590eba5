import { table } from '../lib/table.ts'

/** Something that was tried again and again, and how often all was well afterwards. */
export interface Trial {
  readonly what: string
  readonly tried: number
  readonly survived: number
  /** What was wrong, where something was. */
  readonly faults: readonly string[]
}

const head = ['what was tried', 'tried', 'survived'] as const

export const tableText = (trials: readonly Trial[]): string =>
  table(
    head,
    trials.map(({ what, tried, survived }) => [what, tried, survived])
  )

/** The same for a page. */
export const markdown = (trials: readonly Trial[]): string =>
  [head, ['---', '--:', '--:'], ...trials.map(({ what, tried, survived }) => [what, tried, survived])]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

/** Some things tried one after the other, each of which gives what is wrong, if anything is. */
export const tryAll = async <A>(
  what: string,
  things: readonly A[],
  attempt: (thing: A, i: number) => string | undefined | Promise<string | undefined>
): Promise<Trial> => {
  const faults: string[] = []
  for (const [i, thing] of things.entries()) {
    const fault = await attempt(thing, i)
    if (fault !== undefined) faults.push(`${what}, number ${i + 1}: ${fault}`)
  }
  return { what, tried: things.length, survived: things.length - faults.length, faults }
}
