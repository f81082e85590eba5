/**
 * Measures: how far samples are from a data set, and how exactly a device computes.
 *
 * @packageDocumentation
 */
export { frechet, momentsOf, type Moments } from './frechet.ts'
export { kernelDistance, nearest, precisionRecall, type Neighbour, type PrecisionRecall } from './neighbours.ts'
export { estimate, sharesOf, totalVariation, type Estimate } from './statistics.ts'
export { checks, precisionBits, smallestPower, verify, type Check, type Verdict } from './self-test.ts'
