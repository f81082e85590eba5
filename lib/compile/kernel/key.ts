import type { Affine, Var } from '../../core/affine.ts'
import type { Row, Tensor } from '../../core/tensor.ts'
import { topological } from '../../core/tensor.ts'
import type { Expr, Kernel } from './ir.ts'

/** JSON has no text for NaN, infinities and -0, which must stay distinct. */
const exact = (_: string, value: unknown): unknown =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${Object.is(value, -0) ? '-0' : value}`
    : value

/** Text that is equal for two nodes of one row exactly if their attributes are. */
export const attrsText = (attrs: unknown): string => JSON.stringify(attrs, exact)

const rows = new WeakMap<Row, number>()
let count = 0
const idOf = (row: Row): number => {
  const known = rows.get(row) ?? count++
  rows.set(row, known)
  return known
}

/** Text that is equal for graphs that one plan serves, and their leaves in order, in which such graphs may differ. */
export const graphKey = (outputs: readonly Tensor[]): { readonly key: string; readonly leaves: readonly Tensor[] } => {
  const ids = new Map<Tensor, number>()
  const leaves: Tensor[] = []
  const lines = topological(outputs).map((x) => {
    ids.set(x, ids.size)
    const isLeaf = x.row.kernel.kind === 'buffer'
    if (isLeaf) leaves.push(x)
    const what = isLeaf ? 'leaf' : `${idOf(x.row)} ${attrsText(x.attrs)} ${x.inputs.map((y) => ids.get(y)!).join(' ')}`
    return `${what} ${x.shape.join(',')}`
  })
  return { key: [...lines, outputs.map((x) => ids.get(x)!).join(' ')].join('\n'), leaves }
}

const kernels = new WeakMap<Kernel, string>()

/** Text that is equal for kernels exactly if they compute the same from buffers of the same shapes. */
export const kernelKey = (kernel: Kernel): string => {
  const known = kernels.get(kernel) ?? new KernelText().of(kernel)
  kernels.set(kernel, known)
  return known
}

/** Prints a kernel, with variables and parts numbered in order of appearance. */
class KernelText {
  readonly #vars = new Map<Var, string>()
  readonly #parts = new Map<Expr, number>()
  readonly #lines: string[] = []

  of({ shape, out, bodies, inputs, tiles = [] }: Kernel): string {
    const heads = [shape, ...inputs.map((x) => x.shape), ...tiles.map((tile) => tile ?? [])]
    out.forEach((v) => this.#var(v))
    const results = bodies.map((body) => this.#part(body))
    return [...heads.map(String), ...this.#lines, results.join(' ')].join('\n')
  }

  #var(v: Var): string {
    const known = this.#vars.get(v)
    if (known) return known
    const number = `v${this.#vars.size}`
    this.#vars.set(v, number)
    const text = v.def ? `${number}=${v.def.kind}(${this.#affine(v.def.of)},${v.def.by})` : `${number}:${v.extent}`
    this.#lines.push(text)
    return number
  }

  #affine({ c, terms }: Affine): string {
    return `${c}${terms.map(([v, k]) => `+${k}*${this.#var(v)}`).join('')}`
  }

  #affines(list: readonly Affine[]): string {
    return list.map((a) => this.#affine(a)).join()
  }

  #part(expr: Expr): number {
    const known = this.#parts.get(expr)
    if (known !== undefined) return known
    const line = this.#line(expr)
    const number = this.#parts.size
    this.#parts.set(expr, number)
    this.#lines.push(line)
    return number
  }

  #line(expr: Expr): string {
    switch (expr.kind) {
      case 'load':
        return `load ${expr.slot} ${expr.shape.join()} ${this.#affines(expr.index)}`
      case 'gather':
        return `gather ${expr.slot} ${expr.shape.join()} ${this.#part(expr.row)} ${this.#affines(expr.rest)}`
      case 'apply':
        return `${idOf(expr.row)} ${expr.args.map((arg) => this.#part(arg)).join()}`
      case 'constant':
        return `constant ${Object.is(expr.value, -0) ? '-0' : expr.value}`
      case 'index':
        return `index ${this.#affine(expr.at)}`
      case 'guard': {
        const guards = expr.guards.map(({ index, extent }) => `${this.#affine(index)}<${extent}`)
        return `guard ${guards.join()} ${this.#part(expr.body)}`
      }
      case 'reduction':
        return `${expr.op.name} ${expr.vars.map((v) => this.#var(v)).join()} ${this.#part(expr.body)}`
    }
  }
}
