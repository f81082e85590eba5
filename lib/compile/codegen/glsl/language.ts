import { code, literal, size, trips, type Code } from '../code.ts'
import type { Language, NestLoop } from '../language.ts'

/** The beginning of a loop that is broken off from within: WebGL 1 wants a constant for its end. */
const endless = (i: string): Code => code`for (float ${i} = 0.0; ${i} < 65536.0; ${i} += 1.0) {`

const open = ({ name, trips: count, blocks, size: turns }: NestLoop): readonly Code[] => {
  if (blocks) {
    const { by, end } = blocks
    const left = code`  float ${blocks.size} = min(${size(end)} - ${literal(by)} * ${name}, ${literal(by)});`
    return [endless(name), left, code`  if (${blocks.size} <= 0.0) break;`]
  }
  return turns
    ? [endless(name), code`  if (${name} >= ${turns}) break;`]
    : [code`${endless(name)}\n  if (${name} >= ${trips(count)}) break;`]
}

/**
 * GLSL. A turn of a block is broken off if the last block is not whole. A kernel of fixed sizes (`fixed`) asks only then;
 * one that serves many sizes always does.
 */
export const glsl = (fixed: boolean): Language => ({
  hasIntegers: true,
  divided: (dividend, by, _, block) => {
    const quotient = block.let('float', code`floor((${dividend} + 0.5) * ${size(1 / by)})`)
    return [quotient, code`${dividend} - ${size(by)} * ${quotient}`]
  },
  nonFinite: size,
  total: (name, start) => code`vec4 ${name} = vec4(${start});`,
  add: (total, part) => code`${total} += ${part};`,
  open,
  turn: ({ name, outer, by, end }, { name: counter, size: turns }) =>
    turns
      ? [code`float ${name} = ${outer} * ${literal(by)} + ${counter};`]
      : [
          code`float ${name} = ${outer} * ${size(by)} + ${counter};`,
          ...(fixed && end % by === 0 ? [] : [code`if (${name} >= ${size(end)}) break;`])
        ]
})
