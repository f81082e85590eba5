import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import * as t from 'tessera'
import { checkpointFile, previousCheckpointFile } from 'tessera/node'
import type { Trial } from './trial.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A short run, each step of which is stored. */
const course = '--epochs 5 --limit 5 --batch 2 --steps 2 --samples 1 --device cpu --save-every 1'.split(' ')

/** What happens to a run: a signal so many milliseconds after its start, and then, perhaps, to its last checkpoint. */
interface Blow {
  readonly signal: NodeJS.Signals
  readonly after: number
  readonly damage: boolean
}

const blows: fc.Arbitrary<Blow> = fc.record({
  signal: fc.constantFrom<NodeJS.Signals[]>('SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT'),
  after: fc.integer({ min: 0, max: 9000 }),
  damage: fc.boolean()
})

interface Ended {
  readonly code: number | null
  readonly stderr: string
}

const train = async (out: string, blow?: Blow): Promise<Ended> => {
  const goesOn = [checkpointFile(out), previousCheckpointFile(out)].some((path) => existsSync(path))
  const args = goesOn ? ['--resume', out] : ['--out', out, ...course]
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'scripts/train.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const timer = blow && setTimeout(() => child.kill(blow.signal), blow.after)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { code, stderr }
}

/** Changes a byte of the last checkpoint, if there is one before it to go on from. */
const damaged = (out: string): boolean => {
  if (![checkpointFile(out), previousCheckpointFile(out)].every((path) => existsSync(path))) return false
  const bytes = readFileSync(checkpointFile(out))
  // not a bit turned over: a run that was killed before it put the checkpoint right would be mended by the next damage
  bytes[bytes.length >> 1]! += 1
  writeFileSync(checkpointFile(out), bytes)
  return true
}

/** What a run is known by when it is over: its parameters, moments and losses. */
const outcomeOf = (out: string): string => {
  const file = t.decodeSafetensors(new Uint8Array(readFileSync(checkpointFile(out))))
  const tensors = file._tag === 'Right' ? t.encodeSafetensors(file.right.tensors, { digest: false }) : []
  const losses = readFileSync(join(out, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly loss?: number }).loss)
  return `${Buffer.from(tensors).toString('base64')} ${losses.join()}`
}

/** Of a run that is hit until it is over or the blows are used up, how many hit it and how many damages there were. */
const beaten = async (out: string, next: () => Blow | undefined, faults: string[]) => {
  let [hits, damages] = [0, 0]
  for (let blow = next(); blow !== undefined; blow = next()) {
    const { code, stderr } = await train(out, blow)
    if (code === 0) break
    hits++
    if (code !== null && code < 128) faults.push(`a run did not go on after blow ${hits}: ${stderr}`)
    if (blow.damage && damaged(out)) damages++
  }
  const { code, stderr } = await train(out)
  if (code !== 0) faults.push(`a run did not go on to its end: ${stderr}`)
  return { hits, damages }
}

/** Signals and damages while a run trains, again and again; each run must end as one that was let alone. */
export const blowsToRuns = async (folder: string, count: number, seed: number): Promise<readonly Trial[]> => {
  const alone = join(folder, 'alone')
  await train(alone)
  const list = [...fc.sample(blows, { seed, numRuns: 4 * count })]
  let [hits, damages, lostHits, lostDamages, runs] = [0, 0, 0, 0, 0]
  const faults: string[] = []
  while (hits < count && list.length > 0) {
    const before = faults.length
    const out = join(folder, `beaten-${runs++}`)
    let left = count - hits
    const found = await beaten(out, () => (left-- > 0 ? list.pop() : undefined), faults)
    if (outcomeOf(out) !== outcomeOf(alone)) faults.push(`${out} ended otherwise than a run that was let alone`)
    const isLost = faults.length > before
    hits += found.hits
    damages += found.damages
    lostHits += isLost ? found.hits : 0
    lostDamages += isLost ? found.damages : 0
  }
  const same = 'gone on, to the same bits'
  return [
    { what: `runs killed or told to stop: ${same}`, tried: hits, survived: hits - lostHits, faults },
    { what: `last checkpoints damaged on disk: ${same}`, tried: damages, survived: damages - lostDamages, faults: [] }
  ]
}
