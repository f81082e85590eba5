import { printable } from '../../lib/base/printable.ts'

/** Lines on stdout. */
export const print = (text: string): void => void process.stdout.write(`${printable(text)}\n`)

/** A line on stderr for what should be known, and stops nothing. */
export const warn = (line: string): void => void process.stderr.write(`!! ${printable(line)}\n`)
