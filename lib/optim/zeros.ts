import { zeros } from '../core/create.ts'
import { mapTree } from '../core/tree.ts'

/** A tree of the same form, with zeros for tensors. */
export const zerosLike = <P>(params: P): P => mapTree(params, (x) => zeros(x.shape))
