/** The values of a pickle, as far as a state dict needs them. Nothing in them is executed. */
export type PickleValue = null | boolean | number | string | Dict | Sequence | GlobalName | StorageName | View | Other

/** A list, a tuple or a set. Only the machine that builds it adds to it. */
export interface Sequence {
  readonly kind: 'list' | 'tuple'
  readonly items: PickleValue[]
}

/** A class or function of Python: its name, and nothing else. */
export interface GlobalName {
  readonly kind: 'global'
  readonly name: string
}

/** Numbers in an entry of the archive. */
export interface StorageName {
  readonly kind: 'storage'
  readonly key: string
  /** Its name in safetensors, or in PyTorch if safetensors has none. */
  readonly dtype: string
  readonly count: number
}

/** A tensor: element (i, j, ...) is number `offset + i strides[0] + j strides[1] + ...` of the storage. */
export interface View {
  readonly kind: 'view'
  readonly storage: StorageName
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** A value that is not needed here: bytes, a number of a hundred digits, a device. */
export interface Other {
  readonly kind: 'other'
  readonly what: string
}

/** An ordered dict. Keys that are not plain values are compared by identity. */
export class Dict {
  readonly kind = 'dict'
  // one byte of a pickle makes a dict, so an empty one must cost next to nothing
  #entries: Map<PickleValue, PickleValue> | undefined

  /** Returns whether the key is new. */
  set(key: PickleValue, value: PickleValue): boolean {
    this.#entries ??= new Map()
    const isNew = !this.#entries.has(key)
    this.#entries.set(key, value)
    return isNew
  }

  get(key: PickleValue): PickleValue | undefined {
    return this.#entries?.get(key)
  }

  get entries(): ReadonlyMap<PickleValue, PickleValue> {
    return this.#entries ?? none
  }
}

const none: ReadonlyMap<PickleValue, PickleValue> = new Map()

export const other = (what: string): Other => ({ kind: 'other', what })

/** Describes a value, for a message. */
export const kindOf = (value: PickleValue): string => {
  if (value === null) return 'None'
  if (typeof value !== 'object') return typeof value === 'boolean' ? 'a bool' : `a ${typeof value}`
  if (value.kind === 'other') return value.what
  return value.kind === 'view' ? 'a tensor' : `a ${value.kind}`
}
