import { readFileSync } from 'node:fs'
import { decodeModel } from '../../lib/io/model.ts'

// Reads one file, warm, and says how far the most memory that the process ever held is above what it held before.

const resident = (): number => 1024 * process.resourceUsage().maxRSS

const bytes = new Uint8Array(readFileSync(process.argv[2]!))
const before = resident()
const result = decodeModel(bytes)

const { kind, message } =
  result._tag === 'Left'
    ? result.left
    : { kind: undefined, message: `read ${Object.keys(result.right.tensors).length}` }
process.stdout.write(JSON.stringify({ kind, message, bytes: resident() - before }))
