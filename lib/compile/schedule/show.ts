import { letters } from '../../core/show.ts'
import { showShape } from '../../base/raise.ts'
import type { Plan } from './plan.ts'

/**
 * A plan as a short program: a line a kernel, with its program's number; equal numbers are one program. A tiled kernel's
 * result is so many planes of a shape.
 */
export const showPlan = (plan: Plan, { source: whole = false } = {}): string => {
  const programs = [...new Set(plan.steps.map((step) => step.source().text))]
  const leaves = plan.leaves.map(([i, leaf]) => `${letters(i)} = ${leaf.toString()}`)
  const steps = plan.steps.map(
    ({ name, source, inputs, outputs, targets, shape }) =>
      `${outputs.map(letters).join(', ')} = ${name}${inputs.map((i) => ` ${letters(i)}`).join('')} : ${targets > outputs.length ? `${targets} x ` : ''}${showShape(shape)}  #${programs.indexOf(source().text)}`
  )
  const sources = whole ? programs.map((text, i) => `#${i}\n${text}`) : []
  return [...leaves, ...steps, `return ${plan.outputs.map(letters).join(', ')}`, ...sources].join('\n')
}
