// How likely a model makes pictures, in bits per dimension.
export { variationalBound, type BoundOptions, type BoundOptionsFor, type BoundTerm, type Estimation } from './bound.ts'
export type { DataValues } from './bits.ts'
export { flowLikelihood, type Divergence, type FlowOptions, type FlowOptionsFor, type FlowStep } from './flow.ts'
export { discretisedLogLikelihood, normalKl, type Gaussian } from './normals.ts'
