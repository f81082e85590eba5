import { zeros } from '../core/create.ts'
import { mapTree } from '../core/tree.ts'

/** The same tree with zeros for the tensors. */
export const zerosLike = <P>(params: P): P => mapTree(params, (x) => zeros(x.shape))
