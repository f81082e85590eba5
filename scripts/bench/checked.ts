/** Steps whose losses must agree. */
export const checkedSteps = 3

/**
 * Parameters of whose gradients Adam's running means must agree after these steps. The losses alone say little: Adam
 * takes steps of one size whatever the size of a gradient. These stand for every kind of layer and every size of
 * pictures.
 */
export const checkedMoments: readonly string[] = [
  'conv_out.weight',
  'b1.1.conv1.weight',
  'b1.1.ln.bias',
  'down1.weight',
  'b2.1.conv1.weight',
  'b3.1.conv2.weight',
  'te_mid.0.weight',
  'up1.0.weight',
  'b5.1.ln.weight',
  'b_out.0.conv1.weight'
]
