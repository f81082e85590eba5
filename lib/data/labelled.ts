import * as E from 'fp-ts/Either'
import { fail } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import { showShape } from '../base/raise.ts'
import type { Source } from './catalogue.ts'
import type { Dataset } from './dataset.ts'
import type { Idx } from './idx.ts'

/** Why images and labels are no data set of a source; undefined if they are. */
const mistake = (source: Source, images: Idx, labels: Idx): string | undefined => {
  const [count, height, width] = images.shape
  const classes = source.classes.length
  const strange = labels.data.findIndex((label) => label >= classes)
  if (images.shape.length !== 3)
    return `the images must be of rank 3, count × height × width: ${showShape(images.shape)}`
  if (height !== source.height || width !== source.width)
    return `the images must be ${source.height}×${source.width}: ${showShape(images.shape)}`
  if (labels.shape.length !== 1) return `the labels must be of rank 1: ${showShape(labels.shape)}`
  if (labels.data.length !== count)
    return `${count} images but ${labels.data.length} labels: they belong to different files`
  if (count === 0) return 'the files hold no image'
  return strange < 0 ? undefined : `label ${labels.data[strange]} of image ${strange} is none of the ${classes} classes`
}

/**
 * The data set that an image file and a label file make. `from` says where they are.
 *
 * Fails with kind `format` where they don't belong together.
 */
export const labelled = (source: Source, from: string, images: Idx, labels: Idx): E.Either<Failure, Dataset> => {
  const wrong = mistake(source, images, labels)
  if (wrong !== undefined) return fail('format', `${from}: ${wrong}`)
  return E.right({
    name: source.name,
    classes: source.classes,
    images: images.data,
    labels: labels.data,
    count: labels.data.length,
    height: source.height,
    width: source.width,
    source: from
  })
}
