// The program of a helper process: compiles the programs listed on its standard input, so that the driver's cache has them
// for the process that started it.
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import { glEngine } from '../../device/gl.ts'
import { platform } from './platform.ts'
import type { Job } from '../../device/platform.ts'

const parent = process.ppid
const jobs = JSON.parse(readFileSync(0, 'utf8')) as readonly Job[]
const [[, open]] = platform.contexts as readonly [(typeof platform.contexts)[number]]
const context = await open()

if (E.isRight(context)) {
  const engine = glEngine(context.right)
  for (const { source, inputs, targets } of jobs) {
    // if the parent is gone, another process adopted this one
    if (process.ppid !== parent) break
    const read = Array.from({ length: inputs }, () => engine.take([4]))
    for (const buffer of [...read, ...engine.run(source, read, [4], targets)]) engine.give(buffer)
  }
}
process.exit(0)
