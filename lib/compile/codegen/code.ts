import { raise } from '../../base/raise.ts'
import type { Helper } from '../../core/helper.ts'
import type { Row } from '../../core/tensor.ts'

/**
 * A program's text before it is rendered: a list of pieces. Numbers keep their meaning until the whole program is known;
 * only then is it decided which of them become uniforms.
 */
export type Code = readonly Piece[]

type Piece = string | Name | Call | Hole

/** A name, or a channel of one. */
interface Name {
  readonly kind: 'name'
  readonly text: string
}

/** The name of a called function: a row's helper, or one of the language. */
interface Call {
  readonly kind: 'call'
  readonly to: string | Helper
}

/** A number of a program. */
export type Hole =
  /** A number in the expression or its index arithmetic. */
  | { readonly kind: 'literal'; readonly value: number }
  /** A number that follows from sizes: each occurrence is a uniform of its own. */
  | { readonly kind: 'size'; readonly value: number }
  /** The reciprocal of a side of the texture in a slot: it takes texels to the unit square. */
  | { readonly kind: 'side'; readonly slot: number; readonly side: 'x' | 'y'; readonly texels: number }
  /** The number of turns of a loop. */
  | { readonly kind: 'trips'; readonly value: number }

/**
 * Puts pieces together. Words next to words become one piece, and a name among others is only words, so that most code is
 * a piece or two. (Loops and a string, because a training step takes many thousands of these.)
 */
class Pieces {
  readonly #pieces: Piece[] = []
  #words = ''

  add(words: string): void {
    this.#words += words
  }

  addAll(of: Code): void {
    for (const piece of of) {
      if (typeof piece === 'string') this.#words += piece
      else if (piece.kind === 'name') this.#words += piece.text
      else {
        this.#flush()
        this.#pieces.push(piece)
      }
    }
  }

  #flush(): void {
    if (this.#words !== '') this.#pieces.push(this.#words)
    this.#words = ''
  }

  code(): Code {
    this.#flush()
    return this.#pieces
  }
}

/** Tags a template, code`floor(${x})`, whose parts are code or words of the language. */
export const code = (words: TemplateStringsArray, ...parts: readonly (Code | string)[]): Code => {
  const [first] = parts
  // with nothing around it, a name remains one
  if (parts.length === 1 && words[0] === '' && words[1] === '' && typeof first === 'object') return first
  const pieces = new Pieces()
  pieces.add(words[0]!)
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    if (typeof part === 'string') pieces.add(part)
    else pieces.addAll(part)
    pieces.add(words[i + 1]!)
  }
  return pieces.code()
}

/** A name as code. */
export const named = (text: string): Code => [{ kind: 'name', text }]
/** The name of a function to call, as code. */
export const call = (to: string | Helper): Code => [{ kind: 'call', to }]
/** A number of the expression as code. */
export const literal = (value: number): Code => [{ kind: 'literal', value }]
/** A number that follows from sizes, as code. */
export const size = (value: number): Code => [{ kind: 'size', value }]
/** The number of turns of a loop as code. */
export const trips = (value: number): Code => [{ kind: 'trips', value }]
/**
 * The factor that takes texels to the unit square along a side of a texture. It is a uniform in all programs: textures
 * differ in size more often than in what is done with them.
 */
export const perSide = (slot: number, side: 'x' | 'y', texels: number): Code => [{ kind: 'side', slot, side, texels }]

/** One of the four channels of a name. */
export const channel = (of: Code, i: number): Code => named(`${shown(of)}.${'xyzw'[i]!}`)

/** Joins code with a separator. */
export const joined = (list: readonly Code[], between: string): Code => {
  if (list.length === 1) return list[0]!
  const pieces = new Pieces()
  list.forEach((each, i) => {
    if (i > 0) pieces.add(between)
    pieces.addAll(each)
  })
  return pieces.code()
}

/** A number as a float of GLSL and of JavaScript, in the range of float32. */
export const floatText = (n: number): string => {
  const finite = Math.max(-3.4028234e38, Math.min(3.4028234e38, n))
  const text = Object.is(finite, -0) ? '-0.0' : String(finite)
  const float = /[.e]/.test(text) ? text : `${text}.0`
  return finite < 0 || Object.is(finite, -0) ? `(${float})` : float
}

/** Whether code is a name, or a number as short as one. */
export const isAtom = (of: Code): boolean => {
  const [piece] = of
  if (piece === undefined || typeof piece === 'string' || of.length > 1) return false
  return piece.kind === 'name' || (piece.kind === 'literal' && /^[\d.]+$/.test(floatText(piece.value)))
}

/** Text that is equal for equal code, with all numbers in it. */
export const shown = (of: Code): string => {
  let text = ''
  for (const piece of of) text += typeof piece === 'string' ? piece : pieceText(piece)
  return text
}

const pieceText = (piece: Exclude<Piece, string>): string => {
  switch (piece.kind) {
    case 'name':
      return piece.text
    case 'call':
      return callText(piece)
    case 'literal':
      return floatText(piece.value)
    case 'side':
      return `#${piece.slot}${piece.side}#`
    case 'size':
    case 'trips':
      return `#${piece.value}#`
  }
}

/** The name of a called function in the language of the rows. */
const callText = ({ to }: Call): string => (typeof to === 'string' ? to : to.name)

/** The part of a row that codegen needs: its text around operands, and its helper. */
interface RowText {
  readonly text: (...operands: readonly string[]) => string
  readonly helper?: Helper | undefined
}

const templates = new WeakMap<RowText, Code>()
/** A row's text around the names $0, $1 … */
const templateOf = (row: RowText, operands: number): Code => {
  const known = templates.get(row)
  if (known) return known
  const { text, helper } = row
  const names = Array.from({ length: operands }, (_, i) => `$${i}`)
  const template = wordsOf(text(...names), helper ? [helper] : [])
  templates.set(row, template)
  return template
}

/** A row's function of some operands. */
export const appliedRow = ({ name, kernel }: Pick<Row, 'name' | 'kernel'>, operands: readonly Code[]): Code =>
  kernel.kind === 'pointwise' ? applied(kernel, operands) : raise('compile', `${name} is not pointwise`)

/** A row's text with code as its operands. */
export const applied = (row: RowText, operands: readonly Code[]): Code => {
  const parts = templateOf(row, operands.length).map((piece): Code =>
    typeof piece === 'string' && piece.startsWith('$') ? operands[Number(piece.slice(1))]! : [piece]
  )
  return joined(parts, '')
}

/** Splits hand-written text into words, operands ($0, $1 …) and the functions that it calls. */
export const wordsOf = (text: string, helpers: readonly Helper[]): Code =>
  text.split(/(\$\d+|\b\w+(?=\())/).flatMap((word, i): Code => {
    const isCall = i % 2 === 1 && !word.startsWith('$')
    return isCall ? call(helpers.find(({ name }) => name === word) ?? word) : word === '' ? [] : [word]
  })

/** The functions that code calls, each once, in the order of their first call. */
export const callsIn = (of: Code): ReadonlySet<string | Helper> =>
  new Set(of.flatMap((piece) => (typeof piece !== 'string' && piece.kind === 'call' ? [piece.to] : [])))

/** The body of a helper in one language. */
export const bodyOf = ({ body, calls = [] }: Helper, language: 'glsl' | 'js'): Code =>
  wordsOf(('glsl' in body ? body[language] : body).join(' '), calls)

/** Functions with those that they call, callees first. */
export const withCalled = (
  called: Iterable<string | Helper>,
  language: 'glsl' | 'js'
): readonly (string | Helper)[] => {
  const all = new Set<string | Helper>()
  const visit = (to: string | Helper): void => {
    if (typeof to !== 'string') callsIn(bodyOf(to, language)).forEach(visit)
    all.add(to)
  }
  for (const to of called) visit(to)
  return [...all]
}

/** Whether a piece is a number. */
export const isHole = (piece: Piece): piece is Hole =>
  typeof piece !== 'string' && piece.kind !== 'name' && piece.kind !== 'call'

/** A number as it stands in the text of a program. */
export const numberText = (hole: Hole): string => floatText(hole.kind === 'side' ? 1 / hole.texels : hole.value)

/** The text of code, given that of its numbers and function names. */
export const rendered = (
  of: Code,
  number: (hole: Hole, i: number) => string,
  name: (call: string) => string
): string => {
  let text = ''
  of.forEach((piece, i) => {
    if (typeof piece === 'string') text += piece
    else if (piece.kind === 'name') text += piece.text
    else text += piece.kind === 'call' ? name(callText(piece)) : number(piece, i)
  })
  return text
}
