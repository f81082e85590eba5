import { readFileSync } from 'node:fs'

/**
 * When a process was started, in its system's own count: a number is used again, but not with the same start. Empty
 * if the system does not tell.
 */
export const startOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the name of the program stands in parentheses, and may hold spaces; the start is the 22nd field
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** Whether a process of this machine runs; with `start`, whether it is still the one that was started then. */
export const isRunning = (pid: number, start = ''): boolean => {
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    // a process of another user can't be signalled, and runs
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM')) return false
  }
  const now = startOf(pid)
  return start === '' || now === '' || now === start
}
