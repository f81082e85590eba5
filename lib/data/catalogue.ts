/*
 * What is known of the data sets: their names, and of those that come from outside the size of their images, their
 * files, mirrors and checksums.
 */

/** Training images (60,000 in the original files) or test images (10,000). */
export type Split = 'train' | 't10k'
/** One of the two files of a data set. */
export type Part = 'images' | 'labels'

/** A data set that can be downloaded. */
export interface Source {
  /** The name that programs know it by. */
  readonly name: string
  /** The name for people. */
  readonly title: string
  /** Pixels of each image; gray, so that it has one channel. */
  readonly height: number
  /** Pixels in a row of an image. */
  readonly width: number
  /** The names of the classes: label k means `classes[k]`. */
  readonly classes: readonly string[]
  /** Folders that hold the gzipped IDX files under their usual names, to be tried in turn. */
  readonly mirrors: readonly string[]
  /** SHA-256 of the unpacked files. */
  readonly checksums: Readonly<Record<Split, Readonly<Record<Part, string>>>>
}

const mnist: Source = {
  name: 'mnist',
  title: 'MNIST',
  height: 28,
  width: 28,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  mirrors: [
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
    'https://azureopendatastorage.blob.core.windows.net/mnist/'
  ],
  checksums: {
    train: {
      images: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      labels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5'
    },
    t10k: {
      images: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      labels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2'
    }
  }
}

const fashion: Source = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  height: 28,
  width: 28,
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  mirrors: [
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/'
  ],
  checksums: {
    train: {
      images: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      labels: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9'
    },
    t10k: {
      images: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      labels: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34'
    }
  }
}

/** The data sets that come from outside, by the names that programs know them by. */
export const sources = {
  /** Handwritten digits (LeCun et al. 1998). */
  mnist,
  /** Articles of clothing (Xiao et al. 2017). */
  'fashion-mnist': fashion
} as const satisfies Readonly<Record<string, Source>>

/** The name of a data set. */
export type SourceName = keyof typeof sources
export const sourceNames = Object.keys(sources) as readonly SourceName[]

/** Those, and the digits that `drawDigits` draws. */
export type DatasetName = 'digits' | SourceName
/** The names of all data sets that programs can load. */
export const datasetNames: readonly DatasetName[] = ['digits', ...sourceNames]

const codes: Readonly<Record<Part, string>> = { images: 'idx3', labels: 'idx1' }

/** `train-images-idx3-ubyte` */
export const fileName = (split: Split, part: Part): string => `${split}-${part}-${codes[part]}-ubyte`

/** The names under which a folder may hold a file. */
export const fileNames = (split: Split, part: Part): readonly string[] => {
  const names = [fileName(split, part), `${split}-${part}.${codes[part]}-ubyte`]
  return names.flatMap((name) => [name, `${name}.gz`])
}
