import { Command } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { convert } from './lib/conversion.ts'
import type { Renaming } from './lib/conversion.ts'
import { print } from './lib/output.ts'
import { parseWords, runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'

const command = (): Command =>
  new Command('npm run convert --')
    .description('Converts a model file between PyTorch’s .pt and safetensors. Names stay, numbers become float32.')
    .argument('<in>', 'a .pt or safetensors file, whatever its name')
    .argument('<out>', 'the file to write: *.pt, *.pth or *.safetensors')
    .option('--strip <text>', 'taken off the beginning of every name, such as module.')
    .option('--prefix <text>', 'put before every name, such as network.')

void runProgram(
  pipe(
    TE.fromEither(parseWords<Renaming>(command(), process.argv.slice(2))),
    TE.flatMap(({ words: [from = '', to = ''], flags }) => convert(from, to, flags)),
    TE.map((lines): ExitCode => {
      print(lines.join('\n'))
      return 0
    })
  )
)
