import { letters, showGraph } from '../../core/show.ts'
import { topological, type Tensor } from '../../core/tensor.ts'
import { showShape } from '../../base/raise.ts'
import type { Plan } from './plan.ts'

/**
 * A plan as a short program: one line per kernel, with the number of its program (kernels with equal numbers share one).
 * The result of a tiled kernel shows as a number of slices times their shape.
 */
export const showPlan = (plan: Plan, { source: whole = false } = {}): string => {
  const programs = [...new Set(plan.steps.map((step) => step.source().text))]
  const leaves = plan.leaves.map(([i, leaf]) => `${letters(i)} = ${leaf.toString()}`)
  const steps = plan.steps.map(
    ({ name, source, inputs, outputs, targets, shape }) =>
      `${outputs.map(letters).join(', ')} = ${name}${inputs.map((i) => ` ${letters(i)}`).join('')} : ${targets > outputs.length ? `${targets} x ` : ''}${showShape(shape)}  #${programs.indexOf(source().text)}`
  )
  const sources = whole ? [showSources(plan)] : []
  return [...leaves, ...steps, `return ${plan.outputs.map(letters).join(', ')}`, ...sources].join('\n')
}

/** The programs of a plan, by number. */
export const showSources = (plan: Plan): string =>
  [...new Set(plan.steps.map((step) => step.source().text))].map((text, i) => `#${i}\n${text}`).join('\n')

/** A graph, with a star before each node that becomes a buffer, or a plus if it is one of those computed last. */
export const showStored = (
  outputs: readonly Tensor[],
  stored: ReadonlySet<Tensor>,
  last: ReadonlySet<Tensor> = new Set()
): string => {
  const marks = [...topological(outputs).map((x) => (last.has(x) ? '+' : stored.has(x) ? '*' : ' ')), ' ']
  return showGraph(outputs)
    .split('\n')
    .map((line, i) => `${marks[i]} ${line}`)
    .join('\n')
}
