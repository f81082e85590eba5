import { quote } from '../quote.ts'
import { fault } from './machine.ts'
import type { Fault, Host } from './machine.ts'
import { Dict, other } from './values.ts'
import type { Sequence, StorageName, PickleValue, View } from './values.ts'

/** PyTorch's storage classes, and their element types in the names of safetensors. Others keep their own name. */
const storageTypes: ReadonlyMap<string, string> = new Map([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ShortStorage', 'I16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
  ...['ComplexFloat', 'ComplexDouble', 'QInt8', 'QUInt8', 'QInt32'].map(
    (name) => [`torch.${name}Storage`, `${name}Storage`] as const
  ),
  ['torch.storage.UntypedStorage', 'UntypedStorage'],
  ['torch.storage.TypedStorage', 'TypedStorage']
])

const dtypeNames: ReadonlySet<string> = new Set(
  ['float64', 'float32', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool']
    .concat(['complex64', 'complex128'])
    .map((name) => `torch.${name}`)
)

/** More axes than PyTorch supports. A shape of a million axes, stored once, would be read for each tensor. */
export const mostAxes = 64

const isSequence = (value: PickleValue | undefined): value is Sequence =>
  typeof value === 'object' && value !== null && (value.kind === 'tuple' || value.kind === 'list')

const isSize = (value: PickleValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const isStorage = (value: PickleValue | undefined): value is StorageName =>
  typeof value === 'object' && value !== null && value.kind === 'storage'

const isView = (value: PickleValue | undefined): value is View =>
  typeof value === 'object' && value !== null && value.kind === 'view'

const sizesOf = (value: PickleValue | undefined): readonly number[] | undefined => {
  if (!isSequence(value) || value.items.length > mostAxes) return undefined
  const sizes = value.items.filter(isSize)
  return sizes.length === value.items.length ? sizes : undefined
}

// a tensor may say that its numbers are stored as their negatives or conjugates
const isPlain = (metadata: PickleValue | undefined): boolean =>
  metadata === undefined ||
  metadata === null ||
  (metadata instanceof Dict && [...metadata.entries.values()].every((value) => value === false || value === null))

// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks, metadata)
const rebuildTensor = ([storage, offset, size, stride, , , metadata]: readonly PickleValue[]): PickleValue | Fault => {
  const [shape, strides] = [sizesOf(size), sizesOf(stride)]
  if (!isStorage(storage) || !isSize(offset) || shape === undefined || strides?.length !== shape.length)
    return fault('a tensor is not made of a storage, an offset, sizes and as many strides')
  return isPlain(metadata)
    ? { kind: 'view', storage, offset, shape, strides }
    : fault('a tensor is a negated or conjugated view of another: save it after .resolve_neg().resolve_conj()')
}

const calls: ReadonlyMap<string, (args: readonly PickleValue[]) => PickleValue | Fault> = new Map([
  [
    'collections.OrderedDict',
    (args: readonly PickleValue[]) => (args.length === 0 ? new Dict() : fault('an OrderedDict is made of arguments'))
  ],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  [
    'torch._utils._rebuild_parameter',
    ([data]: readonly PickleValue[]) => (isView(data) ? data : fault('a parameter is not made of a tensor'))
  ],
  [
    'torch.Size',
    ([sizes]: readonly PickleValue[]) => (isSequence(sizes) ? sizes : fault('a torch.Size is not made of a tuple'))
  ],
  ['torch.device', () => other('a device')]
])

const isKnown = (name: string): boolean => calls.has(name) || storageTypes.has(name) || dtypeNames.has(name)

const find = (name: string): PickleValue | Fault =>
  isKnown(name)
    ? { kind: 'global', name }
    : fault(`it names ${quote(name)}, which no state dict needs (nothing was run): save model.state_dict() alone`)

const call = (name: string, args: readonly PickleValue[]): PickleValue | Fault =>
  calls.get(name)?.(args) ?? fault(`it calls ${name}, which is no function`)

const sameStorage = (a: StorageName, b: StorageName): boolean => a.dtype === b.dtype && a.count === b.count

// ('storage', class, key, location, count): torch.save's persistent ids
const storageOf = (id: PickleValue): StorageName | undefined => {
  if (!isSequence(id) || id.items.length !== 5) return undefined
  const [tag, type, key, , count] = id.items
  if (tag !== 'storage' || typeof key !== 'string' || !isSize(count)) return undefined
  const isClass = typeof type === 'object' && type !== null && type !== undefined && type.kind === 'global'
  const dtype = isClass ? storageTypes.get(type.name) : undefined
  return dtype === undefined ? undefined : { kind: 'storage', key, dtype, count }
}

/** Resolves the names that `torch.save` uses in the pickle of a state dict, and refuses all others by name. */
export const torch = (): Host => {
  const storages = new Map<string, StorageName>()
  return {
    find,
    call,
    load: (id) => {
      const storage = storageOf(id)
      if (storage === undefined) return fault('a storage is not made of a class, a name, a place and a size')
      const known = storages.get(storage.key) ?? storage
      storages.set(storage.key, known)
      return sameStorage(known, storage) ? known : fault(`the storage ${quote(storage.key)} is of two types or sizes`)
    }
  }
}
