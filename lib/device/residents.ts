import { weightOf, type Buffer, type Engine, type Saved, type Tenant } from './engine.ts'
import type { Holdings } from './api/lost.ts'

/**
 * The device's side of some numbers. Finalisers lead here, and they run only when the event loop turns: so numbers that
 * were moved to the host are not here but in the cell, which only tensors lead to then. The collector frees them by
 * itself, in a loop that never waits, too.
 */
export interface Resident {
  buffer: Buffer | undefined
  /** How many storages hold it. */
  holders: number
  /** The last run that used it. */
  run: number
  /** Where its numbers can be moved to; none for copies of numbers that the host has anyway. */
  cell: Cell | undefined
}

/** The tensors' side of some numbers. */
export interface Cell {
  readonly resident: Resident
  saved: Saved | undefined
}

export const residentOf = (buffer: Buffer): Resident => ({ buffer, holders: 0, run: -1, cell: undefined })

/** Results that may stay on the device whatever runs there use: bytes. */
const least = 2 ** 26

/** Runs worth of results that may stay: in a loop that never waits most of them are garbage, and nobody can say which. */
const generations = 2

/** The part of what had to go that may be wanted back: where more is, more stays on the device. */
const wantedBack = 1 / 16

/**
 * The numbers that lie on a device, least recently used first. Where there are more than runs can make use of, or no
 * room for a texture, the first are moved to the host.
 */
export class Residents implements Tenant {
  readonly #engine: Engine
  readonly #all = new Set<Resident>()
  #bytes = 0
  #run = 0
  /** Bytes that the present run uses, and the most that any has used. */
  #used = 0
  #most = 0
  /** Bytes allowed because what had to go was wanted back. */
  #slack = 0

  constructor(engine: Engine) {
    this.#engine = engine
    engine.tenant = this
    engine.loss.holdings = () => this.#holdings()
  }

  /** A run begins. What it uses stays until the next begins. */
  begin(): void {
    this.#run++
    this.#used = 0
    this.#engine.begin()
  }

  /** A run has ended: lets go of what is too much. */
  end(): void {
    this.#most = Math.max(this.#most, this.#used)
    while (this.#bytes > Math.max(least, generations * this.#most) + this.#slack && this.relieve());
  }

  /** Used, now: the last to go. */
  use(resident: Resident): void {
    const { buffer } = resident
    if (!buffer) return
    if (!this.#all.delete(resident)) this.#bytes += weightOf(buffer)
    this.#all.add(resident)
    if (resident.run !== this.#run) this.#used += weightOf(buffer)
    resident.run = this.#run
  }

  /** What had to go is on the device again. */
  restored(resident: Resident): void {
    this.#slack += weightOf(resident.buffer!)
    this.use(resident)
  }

  /** Takes the buffer out. */
  leave(resident: Resident): Buffer | undefined {
    const { buffer } = resident
    if (buffer && this.#all.delete(resident)) this.#bytes -= weightOf(buffer)
    resident.buffer = undefined
    resident.cell = undefined
    return buffer
  }

  relieve(): boolean {
    for (const resident of this.#all) {
      if (resident.run === this.#run) continue
      this.#move(resident)
      return true
    }
    return false
  }

  #move(resident: Resident): void {
    const { buffer, cell } = resident
    if (cell) {
      cell.saved = this.#engine.save(buffer!)
      this.#engine.counters.spilled++
    }
    this.#slack = Math.max(0, this.#slack - weightOf(buffer!) * wantedBack)
    this.leave(resident)
    this.#engine.give(buffer!)
  }

  #holdings(): Holdings {
    const own = [...this.#all].filter(({ cell }) => cell)
    return { results: own.length, bytes: own.reduce((sum, { buffer }) => sum + buffer!.bytes, 0) }
  }
}
