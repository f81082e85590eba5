import { permute } from '../core/primitives.ts'
import { node, type Row, type Tensor } from '../core/tensor.ts'

/** The same values, in a buffer of this very shape: where a pass wants its result laid out. */
export const storeRow: Row<undefined> = {
  name: 'store',
  kernel: { kind: 'pointwise', text: (x) => x },
  shape: (_, from) => from,
  reference: (_, __, x) => x,
  vjp: (ct) => [ct]
}

export const store = (x: Tensor): Tensor => node(storeRow, undefined, x)

/** `x` in a buffer whose leading axis is `axis`, and the order of its axes there. */
export const storeLeading = (x: Tensor, axis: number): readonly [Tensor, readonly number[]] => {
  const order = [axis, ...x.shape.flatMap((_, i) => (i === axis ? [] : [i]))]
  return [store(permute(x, order)), order]
}
