/** What a pickle builds, as far as a state dict needs it; nothing of it runs anything. */
export type PickleValue = null | boolean | number | string | Dict | Sequence | GlobalName | StorageName | View | Other

/** A list, a tuple or a set. Only the machine that builds it adds to it. */
export interface Sequence {
  readonly kind: 'list' | 'tuple'
  readonly items: PickleValue[]
}

/** A class or function of Python's by its name, and no more than the name. */
export interface GlobalName {
  readonly kind: 'global'
  readonly name: string
}

/** Numbers that lie in an entry of the archive. */
export interface StorageName {
  readonly kind: 'storage'
  readonly key: string
  /** A name of safetensors, or PyTorch's own where that has none. */
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

/** A value that matters to nobody here: bytes, a number of a hundred digits, a device. */
export interface Other {
  readonly kind: 'other'
  readonly what: string
}

/** A dict, ordered; keys that are no plain values are told apart by identity. */
export class Dict {
  readonly kind = 'dict'
  // a byte of a pickle makes a dict: those that stay empty must cost next to nothing
  #entries: Map<PickleValue, PickleValue> | undefined

  /** Gives whether the key is new. */
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

/** How a value is called in a message. */
export const kindOf = (value: PickleValue): string => {
  if (value === null) return 'None'
  if (typeof value !== 'object') return typeof value === 'boolean' ? 'a bool' : `a ${typeof value}`
  if (value.kind === 'other') return value.what
  return value.kind === 'view' ? 'a tensor' : `a ${value.kind}`
}
