import { Command, InvalidArgumentError, Option } from 'commander'
import type * as E from 'fp-ts/Either'
import type { Failure } from 'tessera'
import { count, parseFlags } from '../lib/program.ts'
import { names } from './work.ts'

/** What is to be measured. */
export interface Settings {
  /** Everything where it is not given. */
  readonly only?: readonly string[]
  readonly rounds: number
  readonly json?: string
  /** Render targets to make do with. */
  readonly targets?: number
  readonly peers: boolean
  readonly quick: boolean
  readonly python: string
}

/** Names after a comma or after a further flag are added to those before. */
const more = (text: string, before: readonly string[] = []): readonly string[] => {
  const asked = text.split(',').filter((name) => name !== '')
  const unknown = asked.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no ${unknown}: there are ${names.join(', ')}.`)
  return [...before, ...asked]
}

const command = (): Command =>
  new Command('npm run bench --')
    .description('Measures the library against others on this machine. A full run writes BENCHMARKS.md.')
    .option('--json <file>', 'the figures as JSON')
    .option('--only <names...>', 'only these figures, in one list or with commas', more)
    .option('--rounds <n>', 'of each, of which the median counts', count, 5)
    .option('--targets <n>', 'render targets to make do with', count)
    .option('--no-peers', 'without other libraries')
    .option('--quick', 'short rounds: rough figures', false)
    .addOption(new Option('--python <path>', 'a Python that has PyTorch').default('python3').env('TESSERA_PYTHON'))

export const readSettings = (args: readonly string[]): E.Either<Failure, Settings> =>
  parseFlags<Settings>(command(), args)

/** Whether a figure is wanted. */
export const wanted =
  ({ only }: Settings) =>
  (name: string): boolean =>
    only === undefined || only.includes(name)

/** A run whose figures stand in BENCHMARKS.md. */
export const isFull = ({ only, peers, targets, quick }: Settings): boolean =>
  only === undefined && peers && targets === undefined && !quick
