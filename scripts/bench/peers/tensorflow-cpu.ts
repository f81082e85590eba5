// One of the processes of `npm run bench`: TensorFlow.js on its backend of plain JavaScript.
import { serve } from '../worker.ts'
import { tensorflow } from './tensorflow.ts'

await serve(() => tensorflow('cpu'))
