import { jax } from './jax.ts'
import { shown } from './page.ts'

export const peer = shown(jax)
