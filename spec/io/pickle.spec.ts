import { isLeft } from 'fp-ts/Either'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { torch } from '../../lib/io/pickle/torch.ts'
import { unpickle } from '../../lib/io/pickle/unpickle.ts'
import { Dict, type PickleValue } from '../../lib/io/pickle/values.ts'
import { holds } from '../support/property.ts'
import {
  bytesOf,
  dict,
  emptyDict,
  emptyTuple,
  global,
  int,
  le,
  mark,
  program,
  rebuilt,
  reduce,
  setItems,
  spelling,
  stop,
  storageId,
  text,
  tuple,
  type Protocol
} from './assemble.ts'

/** A value as plain arrays, objects and numbers. */
const plain = (value: PickleValue): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Dict) return { dict: [...value.entries].map(([key, x]) => [plain(key), plain(x)]) }
  return value.kind === 'list' || value.kind === 'tuple' ? { [value.kind]: value.items.map(plain) } : value
}

const run = (bytes: Uint8Array): unknown => {
  const built = unpickle(bytes, torch())
  if (isLeft(built)) throw new Error(built.left)
  return plain(built.right)
}

const fault = (bytes: Uint8Array): string => {
  const built = unpickle(bytes, torch())
  if (!isLeft(built)) throw new Error('it was read')
  return built.left
}

type Made =
  | null
  | boolean
  | number
  | string
  | { readonly tuple: readonly Made[] }
  | { readonly list: readonly Made[] }
  | { readonly dict: readonly (readonly [string, Made])[] }

const { made } = fc.letrec<{ made: Made }>((tie) => {
  const some = fc.array(tie('made'), { maxLength: 4 })
  const pairs = fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), tie('made')), {
    selector: ([key]) => key,
    maxLength: 4
  })
  return {
    made: fc.oneof(
      { depthSize: 'small' },
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.string({ unit: 'grapheme' }),
      some.map((items) => ({ tuple: items })),
      some.map((items) => ({ list: items })),
      pairs.map((items) => ({ dict: items }))
    )
  }
})

type Program = ReturnType<typeof bytesOf>

/** The opcodes that make a value in a protocol. */
const spelled = (value: Made, protocol: Protocol): Program => {
  const spell = spelling(protocol)
  const all = (items: readonly Made[]) => bytesOf(mark, ...items.map((item) => spelled(item, protocol)))
  if (value === null) return bytesOf('N')
  if (typeof value === 'boolean') return bytesOf(value ? 0x88 : 0x89)
  if (typeof value === 'number') return bytesOf(spell.int(value))
  if (typeof value === 'string') return bytesOf(spell.text(value))
  if ('tuple' in value) return bytesOf(all(value.tuple), 't')
  if ('list' in value) return bytesOf(']', all(value.list), 'e')
  return bytesOf(
    emptyDict,
    mark,
    ...value.dict.flatMap(([key, x]) => [spell.text(key), spelled(x, protocol)]),
    setItems
  )
}

describe('a pickle', () => {
  it('builds the plain values that it is made of, in every protocol', () => {
    holds(
      fc.tuple(made, fc.constantFrom<Protocol>(2, 3, 4, 5)),
      ([value, protocol]) => expect(run(spelling(protocol).program(spelled(value, protocol)))).toEqual(value),
      500
    )
  })

  const cases: readonly (readonly [what: string, bytes: Uint8Array, value: unknown])[] = [
    [
      'numbers',
      program(tuple(['M', le(2, 500)], ['J', le(4, -5)], ['G', Buffer.from('3ff8000000000000', 'hex')])),
      { tuple: [500, -5, 1.5] }
    ],
    [
      'long numbers',
      program(tuple([0x8a, 0], [0x8a, 2, 0, 255], [0x8b, le(4, 3), 1, 0, 1])),
      { tuple: [0, -256, 65537] }
    ],
    ['numbers beyond 2^53', program(0x8a, 8, le(8, 2n ** 60n)), { kind: 'other', what: 'an int beyond 2^53' }],
    ['numbers beyond 2^63', program(0x8a, 9, le(9, 2n ** 70n)), { kind: 'other', what: 'an int of 9 bytes' }],
    [
      'short tuples',
      program(int(1), 0x85, int(2), 0x86, int(3), int(4), 0x87),
      { tuple: [{ tuple: [{ tuple: [1] }, 2] }, 3, 4] }
    ],
    ['texts of Python 2', program(tuple(['U', 2, 'ab'], ['T', le(4, 1), 'c'])), { tuple: ['ab', 'c'] }],
    ['bytes', program('C', 3, 'abc'), { kind: 'other', what: 'bytes' }],
    ['long texts', bytesOf(0x80, 4, 0x8d, le(8, 2), 'ab', stop), 'ab'],
    ['lists at once and one by one', program(mark, int(1), 'l', int(2), 'a'), { list: [1, 2] }],
    [
      'dicts at once and one by one',
      program(mark, text('a'), int(1), 'd', text('b'), int(2), 's'),
      {
        dict: [
          ['a', 1],
          ['b', 2]
        ]
      }
    ],
    [
      'sets',
      bytesOf(0x80, 4, 0x8f, mark, int(1), 0x90, mark, int(2), 0x91, 0x86, stop),
      { tuple: [{ list: [1] }, { tuple: [2] }] }
    ],
    [
      'what is kept and recalled',
      program(int(7), 'q', 3, 'r', le(4, 300), 'h', 3, 'j', le(4, 300), 0x87),
      { tuple: [7, 7, 7] }
    ],
    [
      'what is kept in turn',
      bytesOf(0x80, 4, int(7), 0x94, int(8), 0x94, 'h', 0, 'h', 1, mark, '1', '2', '0', 0x86, 0x86, 0x86, stop),
      { tuple: [7, { tuple: [8, { tuple: [7, 8] }] }] }
    ],
    [
      'ordered dicts, whose attributes are no items',
      program(global('collections', 'OrderedDict'), emptyTuple, reduce, dict(text('_metadata'), 'N'), 'b'),
      { dict: [] }
    ]
  ]

  it.each(cases)('holds %s', (_, bytes, value) => expect(run(bytes)).toEqual(value))

  it('may hold itself', () => {
    const built = unpickle(program(']', 'q', 0, 'h', 0, 'a'), torch())
    expect(built).toMatchObject({ right: { kind: 'list', items: [{ kind: 'list' }] } })
  })
})

describe('a pickle is refused', () => {
  const tensor = { count: 4, shape: [4], strides: [1] }
  const rebuild = global('torch._utils', '_rebuild_tensor_v2')
  const long = 'x'.repeat(1000)
  const cases: readonly (readonly [what: string, bytes: Uint8Array, says: string])[] = [
    [
      'that names os.system',
      program(global('os', 'system'), tuple(text('true')), reduce),
      'it names "os.system", which no state dict needs (nothing was run)'
    ],
    [
      'that names it in protocol 4',
      spelling(4).program(spelling(4).global('posix', 'system')),
      'it names "posix.system"'
    ],
    ['that makes an instance', program(mark, text('true'), 'ios\nsystem\n'), 'it names "os.system"'],
    [
      'that makes an instance of what is known',
      program(mark, 'icollections\nOrderedDict\n'),
      'makes an instance of a class'
    ],
    ['that names a whole model', program(global('__main__', 'MyDDPM')), 'save model.state_dict() alone'],
    ['that names builtins', program(global('builtins', 'eval')), 'it names "builtins.eval"'],
    ['that names what objects have', program(global('', '__proto__')), 'it names ".__proto__"'],
    ['with a long name', program(global(long, long)), `"${'x'.repeat(60)}..."`],
    ['with a name of two lines', spelling(4).program(spelling(4).global('a\nb', 'c')), '"a\\nb.c"'],
    ['with a name that is no text', bytesOf(0x80, 4, int(1), int(2), 0x93, stop), 'the name of a global is no text'],
    [
      'that calls what is no function',
      program(global('torch', 'FloatStorage'), emptyTuple, reduce),
      'it calls torch.FloatStorage'
    ],
    ['that calls a tensor', program(rebuilt(tensor), emptyTuple, reduce), 'calls a tensor with a tuple'],
    ['that calls with no tuple', program(rebuild, int(1), reduce), 'calls a global with a number'],
    ['of an extension registry', program(0x82, 1), 'the opcode 0x82 at byte 2 is in no state dict'],
    ['that makes objects', program(global('collections', 'OrderedDict'), emptyTuple, 0x81), 'the opcode 0x81'],
    ['of protocol 1', bytesOf(0x80, 1, 'N', stop), 'of protocol 1, not 2 to 5'],
    ['of protocol 6', bytesOf(0x80, 6, 'N', stop), 'of protocol 6, not 2 to 5'],
    ['that is empty', new Uint8Array(), 'the pickle ends at byte 0'],
    ['that builds nothing', program(), 'takes a value off an empty stack'],
    ['that ends early', program(text('abc')).subarray(0, 5), 'the pickle ends at byte 5, within a value of 4 bytes'],
    ['with a text of 4 GB', program('X', le(4, 2 ** 32 - 1)), 'within a value of 4294967295 bytes'],
    ['with bytes of 2^63', program(0x8e, le(8, 2n ** 63n)), 'within a value of 9223372036854776000 bytes'],
    ['with an int of 2^31 bytes', program(0x8b, le(4, 2 ** 31)), 'within a value of 2147483648 bytes'],
    ['with a frame beyond its end', bytesOf(0x80, 4, 0x95, le(8, 99), 'N', stop), 'within a frame of 99 bytes'],
    ['with a text that is none', program('X', le(4, 1), 0xff), 'is not UTF-8'],
    ['with half a name', program('cos'), 'ends within a line'],
    ['that recalls what was not kept', program('h', 5), 'recalls value 5, which was never kept'],
    ['without a mark', program('t'), 'wants a mark'],
    ['that reaches below its mark', program(int(1), mark, 'a'), 'off an empty stack'],
    ['that appends to a dict', program(emptyDict, int(1), 'a'), 'appends to a dict'],
    ['that sets an item of a list', program(']', int(1), int(1), 's'), 'sets an item of a list'],
    ['that sets a key without a value', program(emptyDict, mark, int(1), setItems), 'a key without a value'],
    ['with a key twice', program(dict(text('a'), int(1), text('a'), int(2))), 'a dict has "a" twice'],
    ['with attributes of a list', program(']', emptyDict, 'b'), 'gives attributes to a list'],
    [
      'with an OrderedDict of arguments',
      program(global('collections', 'OrderedDict'), tuple(']'), reduce),
      'is made of arguments'
    ],
    ['with a storage of another kind', program(text('storage'), 'Q'), 'a storage is not made of'],
    [
      'with a storage of an unknown class',
      program(tuple(text('storage'), global('torch', 'float32'), text('0'), text('cpu'), int(1)), 'Q'),
      'a storage is not made of'
    ],
    [
      'with a storage of two sizes',
      program(storageId(tensor), 'Q', storageId({ ...tensor, count: 5 }), 'Q', 0x86),
      'the storage "0" is of two types or sizes'
    ],
    [
      'with a storage of two types',
      program(storageId(tensor), 'Q', storageId({ ...tensor, type: 'IntStorage' }), 'Q', 0x86),
      'the storage "0" is of two types or sizes'
    ],
    ['with fewer strides than sizes', program(rebuilt({ ...tensor, strides: [] })), 'a tensor is not made of'],
    ['with a negative stride', program(rebuilt({ ...tensor, strides: [-1] })), 'a tensor is not made of'],
    ['with a negative size', program(rebuilt({ ...tensor, shape: [-4] })), 'a tensor is not made of'],
    ['with a negative offset', program(rebuilt({ ...tensor, offset: -4 })), 'a tensor is not made of'],
    ['with a size beyond 2^53', program(rebuilt({ ...tensor, shape: [2 ** 60] })), 'a tensor is not made of'],
    [
      'with a tensor of 65 axes',
      program(rebuilt({ ...tensor, shape: Array<number>(65).fill(1), strides: Array<number>(65).fill(1) })),
      'a tensor is not made of'
    ],
    ['with a tensor of nothing', program(rebuild, emptyTuple, reduce), 'a tensor is not made of'],
    [
      'with a negated tensor',
      program(rebuilt({ ...tensor, metadata: dict(text('neg'), 0x88) })),
      'save it after .resolve_neg()'
    ],
    [
      'with a parameter of nothing',
      program(global('torch._utils', '_rebuild_parameter'), tuple(int(1)), reduce),
      'a parameter is not made of a tensor'
    ]
  ]

  it.each(cases)('%s', (_, bytes, says) => {
    expect(fault(bytes)).toContain(says)
    expect(fault(bytes)).toMatch(/^[^\n]{1,200}$/)
  })

  it('with more opcodes than twenty-five thousand tensors have', () => {
    expect(fault(new Uint8Array(2 ** 20 + 10).fill(0x7d))).toBe(`the pickle has more than ${2 ** 20} opcodes`)
  })

  it('or read, and never throws, whatever its bytes are', () => {
    const opcodes = [
      ...Buffer.from('().0125abcdeghijlqrstuBCGJKMNQRTUX]}'),
      ...Array.from({ length: 25 }, (_, i) => 0x80 + i)
    ]
    const byte = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...opcodes) }, { weight: 1, arbitrary: fc.nat(255) })
    holds(fc.array(byte, { maxLength: 60 }), (bytes) => void unpickle(bytesOf(0x80, 4, ...bytes, stop), torch()), 5000)
  })
})
