import fc, { type Arbitrary } from 'fast-check'

/** Throws with the seed, the smallest counterexample and what went wrong, unless the law holds for what is drawn. */
export const holds = <T>(arbitrary: Arbitrary<T>, law: (x: T) => void, numRuns = 20): void => {
  const property = fc.property(arbitrary, (x) => {
    law(x)
  })
  fc.assert(property, { numRuns, includeErrorInReport: true })
}

/** The same of a law that waits, such as for a device. */
export const holdsOn = <T>(arbitrary: Arbitrary<T>, law: (x: T) => Promise<void>, numRuns = 5): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitrary, law), { numRuns, includeErrorInReport: true })
