/** The table of primitives, by family. Everything else in the library is derived from these rows. */
export * from './rows/leaves.ts'
export * from './rows/movement.ts'
export * from './rows/adjoint.ts'
export {
  binaryOp,
  broadcastTo,
  lift,
  unary,
  type Binary,
  type BinaryCalls,
  type Operand,
  type Unary
} from './rows/elementwise.ts'
export * from './rows/arithmetic.ts'
export * from './rows/pointwise.ts'
export * from './rows/choice.ts'
export * from './rows/markers.ts'
