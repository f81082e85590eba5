import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

/** What /proc says of a process; nothing once it is gone. */
export const read = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** The children of a process: in /proc/PID/stat, the second word after the name in parentheses is the parent. */
export const childrenOf = (parent: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => Number(/.*\) \S (\d+)/s.exec(read(name, 'stat'))?.[1]) === parent)
    .map(Number)

export const lives = (pid: number): boolean => existsSync(`/proc/${String(pid)}`)

export const gone = async (pid: number): Promise<true> => {
  while (lives(pid)) await setTimeout(20)
  return true
}
