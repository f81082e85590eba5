import { showShape } from '../base/raise.ts'
import { topological, type Tensor } from './tensor.ts'

/** a, b, … z, aa, ab … */
export const letters = (i: number): string =>
  (i >= 26 ? letters(Math.floor(i / 26) - 1) : '') + String.fromCharCode(97 + (i % 26))

/**
 * Prints a graph as a short program, one line for each node. Nodes are named a, b, c … in the order of computation.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.showGraph([t.exp(t.full([2], 1))]), 'a = full 1 : [2]\nb = exp a : [2]\nreturn b')
 * ```
 */
export const showGraph = (outputs: readonly Tensor[]): string => {
  const order = topological(outputs)
  const names = new Map(order.map((x, i) => [x, letters(i)]))
  const lines = order.map((x) => {
    const inputs = x.inputs.map((input) => ` ${names.get(input)}`).join('')
    const attrs = x.row.show ? ` ${x.row.show(x.attrs)}` : ''
    return `${names.get(x)} = ${x.row.name}${inputs}${attrs} : ${showShape(x.shape)}`
  })
  return [...lines, `return ${outputs.map((x) => names.get(x)).join(', ')}`].join('\n')
}
