import { readFileSync } from 'node:fs'

/**
 * The start time of a process, in the units of its system. A process number is reused, but not with the same start
 * time. Empty if the system does not tell.
 */
export const startOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the name of the program is in parentheses, and may contain spaces; the start time is the 22nd field
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** Whether a process of this machine runs; with `start`, whether it is still the one that started then. */
export const isRunning = (pid: number, start = ''): boolean => {
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    // a process of another user exists, but can't be signalled
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM')) return false
  }
  const now = startOf(pid)
  return start === '' || now === '' || now === start
}
