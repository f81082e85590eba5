import { weightOf, type Buffer, type Engine, type Saved, type Tenant } from './engine.ts'
import type { Holdings } from './api/lost.ts'

/**
 * The device's side of a tensor's numbers. Finalisers refer to it, and they run only when the event loop turns. Numbers
 * that were moved to the host are therefore in the cell, which only tensors refer to: the collector frees them even in a
 * loop that never waits.
 */
export interface Resident {
  buffer: Buffer | undefined
  /** How many storages hold it. */
  holders: number
  /** The last run that used it. */
  run: number
  /** The cell that takes its numbers when they move to the host; none for copies of host data. */
  cell: Cell | undefined
}

/** The tensors' side of a tensor's numbers. */
export interface Cell {
  readonly resident: Resident
  saved: Saved | undefined
}

/** A buffer that no storage holds yet. */
export const residentOf = (buffer: Buffer): Resident => ({ buffer, holders: 0, run: -1, cell: undefined })

/** Bytes of results that may always stay on the device. */
const least = 2 ** 26

/**
 * How many runs' worth of results may stay. In a loop that never waits most of them are garbage, but it is unknown which.
 */
const generations = 2

/** The share of evicted bytes that may be needed again; if it is exceeded, more results stay on the device. */
const wantedBack = 1 / 16

/**
 * The buffers on a device, least recently used first. If there are more than runs can use, or no room for a texture, the
 * first are moved to the host.
 */
export class Residents implements Tenant {
  readonly #engine: Engine
  readonly #all = new Set<Resident>()
  #bytes = 0
  #run = 0
  /** Bytes that the current run uses, and the most that any run used. */
  #used = 0
  #most = 0
  /** Extra bytes allowed because evicted results were needed again. */
  #slack = 0

  constructor(engine: Engine) {
    this.#engine = engine
    engine.tenant = this
    engine.loss.holdings = () => this.#holdings()
  }

  /** Begins a run. What it uses stays until the next run begins. */
  begin(): void {
    this.#run++
    this.#used = 0
    this.#engine.begin()
  }

  /** Ends a run: evicts what exceeds the limit. */
  end(): void {
    this.#most = Math.max(this.#most, this.#used)
    while (this.#bytes > Math.max(least, generations * this.#most) + this.#slack && this.relieve());
  }

  /** Marks a resident as used: it is evicted last. */
  use(resident: Resident): void {
    const { buffer } = resident
    if (!buffer) return
    if (!this.#all.delete(resident)) this.#bytes += weightOf(buffer)
    this.#all.add(resident)
    if (resident.run !== this.#run) this.#used += weightOf(buffer)
    resident.run = this.#run
  }

  /** Counts bytes that were evicted and came back. */
  restored(resident: Resident): void {
    this.#slack += weightOf(resident.buffer!)
    this.use(resident)
  }

  /** Removes a buffer. */
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
