import { linearSchedule, type LinearSchedule, type Schedule } from './schedule.ts'

/** Makes a schedule of a length and the range of its variances. */
export type MakeSchedule = (options: Required<LinearSchedule>) => Schedule

const table = <N extends string>(makers: Readonly<Record<N, MakeSchedule>>) => makers

/**
 * The noise schedules by name, for programs that let their user choose. A schedule that is added here can be chosen by
 * every program; a model file names the one that its model was trained for.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { beta } = t.schedules.linear({ steps: 3, betaMin: 0.25, betaMax: 0.75 })
 * assert.deepStrictEqual(beta, [0.25, 0.5, 0.75])
 * ```
 */
export const schedules = table({ linear: linearSchedule })

/** The name of a schedule in the table. */
export type ScheduleName = keyof typeof schedules
