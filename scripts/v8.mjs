// V8 optimises what is hot on threads of its own, and the first step of a training makes hundreds of functions hot for
// a moment. On two cores those threads took 3.8 of 12 seconds of processor time from the driver, which draws on the
// same cores. Later, and inlining less, they take 0.9; the first step takes a seventh less, and those that follow what
// they took before.
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--interrupt-budget=200000')
setFlagsFromString('--max-inlined-bytecode-size-cumulative=100')
