/** Steps whose losses must agree: the third depends on gradients, and on what Adam remembers of them. */
export const checkedSteps = 3
