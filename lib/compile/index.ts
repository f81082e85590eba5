import { debug } from '../base/debug.ts'
import { showGraph } from '../core/show.ts'
import type { Tensor } from '../core/tensor.ts'
import { simplify } from './graph/simplify.ts'
import { twoStageLoops, twoStageSums } from './graph/two-stage.ts'
import { absorb } from './schedule/absorb.ts'
import { defer } from './schedule/defer.ts'
import { materialise } from './schedule/materialise.ts'
import { schedule, type Plan, type Target } from './schedule/plan.ts'
import { showPlan, showSources, showStored } from './schedule/show.ts'

export type { Plan, Step, Target } from './schedule/plan.ts'

/** Is called after each stage of a compilation with the stage's name and its result as text. */
export type OnStage = (stage: string, text: () => string) => void

const printed: OnStage = (stage, text) => debug(3, () => `-- ${stage}\n${text()}`)

/**
 * Compiles a graph to kernel calls. The first stages rewrite the graph, the next decide which of its nodes become buffers
 * and when, and the last one makes kernels. Programs are generated when a call first runs.
 */
export const compile = (outputs: readonly Tensor[], target: Target, onStage: OnStage = printed): Plan => {
  const rewritten = (stage: string, graph: readonly Tensor[]): readonly Tensor[] => {
    onStage(stage, () => showGraph(graph))
    return graph
  }
  rewritten('trace', outputs)
  const simple = rewritten('simplify', simplify(outputs))
  const split = rewritten('two-stage sums', twoStageSums(simple, target.costs))
  const bounded = rewritten('two-stage loops', twoStageLoops(split))
  const graph = rewritten('simplify again', simplify(bounded))

  const buffers = materialise(graph, target)
  onStage('materialise', () => showStored(graph, buffers))
  const { stored, readers } = absorb(graph, buffers, target)
  onStage('absorb', () => showStored(graph, stored))
  const deferred = defer(graph, stored)
  onStage('defer', () => showStored(graph, stored, deferred))

  const plan = schedule(graph, { stored, readers, deferred }, target)
  onStage('schedule', () => showPlan(plan))
  onStage('codegen', () => showSources(plan))
  return plan
}
