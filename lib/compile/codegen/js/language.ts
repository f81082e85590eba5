import { less } from '../../../core/primitives.ts'
import { dividesInFloats } from '../../kernel/exact.ts'
import { appliedRow, call, code, literal } from '../code.ts'
import type { Language } from '../language.ts'

/** The JavaScript that gpu.js translates: all numbers are floats. */
export const javaScript: Language = {
  hasIntegers: false,
  divided: (dividend, by, of, block) => {
    const floor = call('floor')
    if (dividesInFloats(of)) {
      const quotient = block.let('float', code`${floor}((${dividend} + 0.5) / ${literal(by)})`)
      return [quotient, code`${dividend} - ${literal(by)} * ${quotient}`]
    }
    // half of one is less than the rounding, and a quotient just below a whole number is rounded up to it
    const estimate = block.let('float', code`${floor}((${dividend} + 0.0) / ${literal(by)})`)
    const left = block.let('float', code`${dividend} - ${literal(by)} * ${estimate}`)
    const over = block.let('float', appliedRow(less.row, [left, code`0.0`]))
    return [block.let('float', code`${estimate} - ${over}`), code`${left} + ${literal(by)} * ${over}`]
  },
  nonFinite: (value) => (Number.isNaN(value) ? code`0.0 / 0.0` : code`${literal(Math.sign(value))} / 0.0`),
  total: (name, start) => code`let ${name} = ${start};`,
  add: (total, part) => code`${total} = ${total} + ${part};`,
  open: ({ name, trips }) => [code`for (let ${name} = 0; ${name} < ${String(trips)}; ${name}++) {`],
  turn: ({ name, outer, by, end }, { name: counter }) => [
    code`let ${name} = ${outer} * ${literal(by)} + ${counter};`,
    code`if (${name} >= ${literal(end)}) { break; }`
  ]
}
