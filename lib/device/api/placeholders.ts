import { Key } from '../../core/key.ts'
import { argumentRow, argumentText, drawRow, type Argument, type Draw } from '../../core/primitives.ts'
import { raise } from '../../base/raise.ts'
import { topological, type Tensor } from '../../core/tensor.ts'
import { leaked, type Trace } from '../../core/trace.ts'
import { eachLeaf, tensorsOf } from '../../core/tree.ts'

/**
 * Raises if tensors depend on placeholders of another trace than `own`. Placeholders are numbered, so they would be
 * mistaken for arguments of this function.
 */
export const checkPlaceholders = (op: string, tensors: readonly Tensor[], own?: Trace): void => {
  for (const { row, attrs, inputs } of topological(tensors)) {
    if (inputs.length > 0) continue
    if (row === argumentRow) checkArgument(op, attrs as Argument, own)
    if (row === drawRow) checkKey(op, (attrs as Draw).key, own)
  }
}

const checkArgument = (op: string, argument: Argument, own: Trace | undefined): void => {
  if (!own || argument.trace !== own) leaked(op, argumentText(argument), argument.trace)
}

const checkKey = (op: string, key: Key, own: Trace | undefined): void => {
  if (!key.words && (!own || key.trace !== own)) leaked(op, 'a key', key.trace)
}

const isLazy = (leaf: unknown): boolean =>
  typeof leaf === 'object' && leaf !== null && ('then' in leaf || ('next' in leaf && Symbol.iterator in leaf))

/** Raises if a traced function returns something that is not known yet, or that belongs to another trace. */
export const checkResult = (own: Trace, result: unknown): void => {
  eachLeaf(result, (leaf) => {
    if (leaf instanceof Key) checkKey('compile', leaf, own)
    if (isLazy(leaf))
      raise(
        'compile',
        `${own.of} gives a promise or a generator: it must be a function that computes its result at once`
      )
  })
  checkPlaceholders('compile', tensorsOf(result), own)
}
