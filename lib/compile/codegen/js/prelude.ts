import type { Helper } from '../../../core/helper.ts'
import { bodyOf, numberText, rendered, withCalled } from '../code.ts'

/** Functions that JavaScript keeps in Math. */
const inMath: ReadonlySet<string> = new Set(
  ['exp', 'log', 'sqrt', 'sin', 'cos', 'atan', 'tanh', 'pow'].concat(['floor', 'max', 'min', 'abs'])
)

/** What the writers call and JavaScript lacks. Functions of one row are the row's helpers. */
const functions: Readonly<Record<string, string>> = {
  select: 'function select(c, a, b) { if (c != 0.0) { return a; } return b; }'
}

/** What JavaScript calls a function of the rows' language. */
export const functionName = (name: string): string => (inMath.has(name) ? `Math.${name}` : name)

/** The definitions of some functions, and of those that they call. */
export const functionsOf = (called: ReadonlySet<string | Helper>): readonly string[] =>
  withCalled(called, 'js').flatMap((to) => (typeof to !== 'string' ? [defined(to)] : (functions[to] ?? [])))

/** A row's helper. What the languages share declares names as GLSL does, by their type. */
const defined = (helper: Helper): string => {
  const text = rendered(bodyOf(helper, 'js'), numberText, functionName)
  return `function ${helper.name}(${helper.params.join(', ')}) { ${text.replace(/\bfloat (?=\w+ =)/g, 'let ')} }`
}
