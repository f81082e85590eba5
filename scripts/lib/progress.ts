import cliProgress from 'cli-progress'
import { printable } from '../../lib/base/printable.ts'

/** The progress of a job that has a number of parts. */
export interface Bar {
  /** Shows how many parts are done, and a note. */
  at(done: number, note: string): void
  end(): void
}

/** What the user sees of a long job. */
export interface Progress {
  /** Prints a line above the bars. */
  say(line: string): void
  bar(name: string, total: number): Bar
}

/** `0:07`, `12:34`, `1:02:03` */
export const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

const showCursor = '\u001b[?25h'

const newBars = (stream: NodeJS.WriteStream): cliProgress.MultiBar =>
  new cliProgress.MultiBar({
    stream,
    format: '{name} [{bar}] {value}/{total}  {note}',
    barsize: 24,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    fps: 4
  })

/** Bars on a terminal, the oldest first; lines scroll away above them. */
const drawn = (stream: NodeJS.WriteStream): Progress => {
  // bars hide the cursor, and a program may end while there are some
  process.once('exit', () => stream.write(showCursor))
  let bars: cliProgress.MultiBar | undefined
  let active = 0
  const end = (bar: cliProgress.SingleBar): void => {
    bars?.remove(bar)
    if (--active > 0) return
    bars?.stop()
    bars = undefined
  }
  return {
    say: (line) => {
      if (bars === undefined) return void stream.write(`${printable(line)}\n`)
      bars.log(`${printable(line)}\n`)
      bars.update()
    },
    bar: (name, total) => {
      bars ??= newBars(stream)
      active++
      const bar = bars.create(total, 0, { name: name.padEnd(10), note: '' })
      return {
        at: (done, note) => {
          bar.update(done, { note: printable(note) })
          bars?.update()
        },
        end: () => end(bar)
      }
    }
  }
}

/** Milliseconds between two lines: a tenth of the time so far, but between 10 s and a minute. */
const pause = (elapsed: number): number => Math.min(60_000, Math.max(10_000, elapsed / 10))

const stateOf = (name: string, done: number, total: number, note: string): string =>
  `${name} ${done}/${total}${note === '' ? '' : ` (${note})`}`

/** Lines now and then, for files and pipes. */
const written = (stream: NodeJS.WritableStream, now: () => number): Progress => {
  const began = now()
  const states = new Map<object, string>()
  let last = began
  const say = (line: string): void => {
    last = now()
    stream.write(`${printable(line)}\n`)
  }
  return {
    say,
    bar: (name, total) => {
      const bar = {
        at: (done: number, note: string) => {
          states.set(bar, stateOf(name, done, total, note))
          // the newest bar moves fastest; its lines show the others, too
          const due = [...states.keys()].at(-1) === bar && now() - last >= pause(now() - began)
          if (due) say([...states.values()].join(', '))
        },
        end: () => states.delete(bar)
      }
      states.set(bar, stateOf(name, 0, total, ''))
      return bar
    }
  }
}

/** Progress on a stream: bars if it is a terminal, otherwise lines. */
export const progressOn = (stream: NodeJS.WriteStream, now: () => number = () => performance.now()): Progress =>
  stream.isTTY ? drawn(stream) : written(stream, now)
