// npx tsx examples/pipeline.ts: fits a small network to a curve. Everything is a pure function of tensors.
import { pipe } from 'fp-ts/function'
import * as t from 'tessera'

const width = 32

const affine = (inputs: number, outputs: number) =>
  t.together({
    weight: t.uniformFan([outputs, inputs], { fanIn: inputs }),
    bias: t.uniformFan([outputs], { fanIn: inputs })
  })
const init = t.together({ hidden: affine(1, width), out: affine(width, 1) })
type Net = ReturnType<typeof init>

const network = ({ hidden, out }: Net, x: t.Tensor): t.Tensor => pipe(x, t.linear(hidden), t.tanh, t.linear(out))

const loss = (net: Net, x: t.Tensor, y: t.Tensor): t.Scalar => t.mse(network(net, x), y)

const adam = t.adam<Net>({ lr: 0.01 })

/** The loss before and after so many steps. */
export const main = async (steps: number): Promise<readonly [before: number, after: number]> => {
  const device = await t.device()
  const step = device.compile((net: Net, memory: t.AdamState<Net>, x: t.Tensor, y: t.Tensor) => {
    const [value, gradients] = t.valueAndGrad(loss)(net, x, y)
    return [value, adam.update(gradients, memory, net)] as const
  })
  const x = t.uniform(t.key(1), [256, 1], { low: -3, high: 3 })
  const y = t.sin(x)
  const net = init(t.key(0))
  let [value, state] = step(net, adam.init(net), x, y)
  const [before] = await device.read(value)
  for (let i = 1; i < steps; i++) [value, state] = step(...state, x, y)
  const [after] = await device.read(value)
  return [before!, after!]
}

if (import.meta.filename === process.argv[1]) console.log(await main(500))
