// node scripts/start.mjs PROGRAM [ARGUMENTS]: sets up what is missing, then runs scripts/PROGRAM.ts in this very
// process. (The tsx command would put a process between the terminal and the program, and kills a program that is
// too busy computing to answer a Ctrl-C at once.)
import { fileURLToPath, pathToFileURL } from 'node:url'
import { setUp } from './setup.mjs'
import './v8.mjs'

const [program = '', ...args] = process.argv.slice(2)
const path = fileURLToPath(new URL(`${program}.ts`, import.meta.url))

if (setUp({ browser: false, dryRun: false })) {
  // tsconfig.json says that `tessera` is the sources in lib; package.json says that it is dist, as for users. tsx looks
  // for it in the current folder, which may be any.
  process.env.TSX_TSCONFIG_PATH ??= fileURLToPath(new URL('../tsconfig.json', import.meta.url))
  const { register } = await import('tsx/esm/api')
  register()
  // processes that this one starts read TypeScript too
  process.execArgv.push('--import', import.meta.resolve('tsx/esm'))
  process.argv = [process.argv[0], path, ...args]
  await import(pathToFileURL(path).href)
} else process.exitCode = 1
