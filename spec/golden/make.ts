import { makeSmall } from './small.ts'

await makeSmall()
