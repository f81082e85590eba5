import * as E from 'fp-ts/Either'
import { Dict, kindOf } from './pickle/values.ts'
import type { PickleValue, View } from './pickle/values.ts'
import { quote } from './quote.ts'

/** The tensors of a state dict, and the key of the checkpoint that held it, if any. */
export interface StateDict {
  readonly views: readonly (readonly [name: string, view: View])[]
  readonly under?: string
}

/** The keys under which training scripts store a model's state dict. */
const usualKeys = ['state_dict', 'model_state_dict', 'model'] as const

const isView = (value: PickleValue): value is View =>
  typeof value === 'object' && value !== null && value.kind === 'view'

const childrenOf = (value: PickleValue): Iterable<PickleValue> => {
  if (value instanceof Dict) return value.entries.values()
  return typeof value === 'object' && value !== null && 'items' in value ? value.items : []
}

/** Whether a value contains a tensor. A value may contain itself. */
const holdsTensor = (root: PickleValue, seen: Set<PickleValue>): boolean => {
  const waiting = [root]
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (isView(value)) return true
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    for (const child of childrenOf(value)) waiting.push(child)
  }
  return false
}

/** The value, if it is a dict with tensors in it. */
const stateDictOf = (value: PickleValue | undefined): Dict | undefined =>
  value instanceof Dict && [...value.entries.values()].some(isView) ? value : undefined

/** Other values beside the tensors (an epoch, a note) are left out, unless they contain tensors. */
const viewsOf = (dict: Dict, under?: string): E.Either<string, StateDict> => {
  const views: [string, View][] = []
  const seen = new Set<PickleValue>()
  for (const [name, value] of dict.entries) {
    const at = typeof name === 'string' ? quote(name) : kindOf(name)
    if (!isView(value)) {
      if (holdsTensor(value, seen))
        return E.left(`${at} holds tensors within ${kindOf(value)}: save one flat state dict`)
    } else if (typeof name === 'string') views.push([name, value])
    else return E.left(`a tensor has ${at} for a name, not a text`)
  }
  return E.right(under === undefined ? { views } : { views, under })
}

/**
 * The state dict in a file's content: the one under `state_dict`, `model_state_dict` or `model` if there is one, else
 * the content itself. A state dict contains no dicts, and anything else beside it (a random state, an optimiser) is not
 * part of the model. If there are several candidates, none is chosen.
 */
export const findStateDict = (root: PickleValue): E.Either<string, StateDict> => {
  if (!(root instanceof Dict)) return E.left(`it holds ${kindOf(root)}, not a dict: save model.state_dict()`)
  const [nested, second] = usualKeys.flatMap((key) => {
    const dict = stateDictOf(root.get(key))
    return dict === undefined ? [] : [{ key, dict }]
  })
  if (second !== undefined && nested !== undefined)
    return E.left(`there are state dicts under ${quote(nested.key)} and ${quote(second.key)}: save one of them`)
  if (nested !== undefined) return viewsOf(nested.dict, nested.key)
  return stateDictOf(root) !== undefined || root.entries.size === 0
    ? viewsOf(root)
    : E.left(`it holds no tensors by name, nor under one of ${usualKeys.join(', ')}: save model.state_dict()`)
}
