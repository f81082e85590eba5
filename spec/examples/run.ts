import assert from 'node:assert'
import { transform } from 'esbuild'
import * as either from 'fp-ts/Either'
import * as functions from 'fp-ts/function'
import * as taskEither from 'fp-ts/TaskEither'
import * as tessera from '../../lib/index.ts'
import * as node from '../../lib/node.ts'
import * as laws from '../../lib/laws/index.ts'
import * as metrics from '../../lib/metrics/index.ts'
import * as train from '../../lib/train/index.ts'
import * as models from '../../models/index.ts'
import type { Example } from './extract.ts'

/** What an example may import, by the names that users import it by. */
const modules: Readonly<Record<string, object>> = {
  tessera,
  'tessera/node': node,
  'tessera/train': train,
  'tessera/metrics': metrics,
  'tessera/laws': laws,
  'tessera/models': models,
  'fp-ts/function': functions,
  'fp-ts/Either': either,
  'fp-ts/TaskEither': taskEither
}

const imported = (name: string): object => {
  const found = modules[name]
  if (found === undefined) throw new Error(`examples don't import ${name}`)
  return found
}

/** An import that is not there is a mistake, not undefined. */
const member = (name: string, key: string): unknown => {
  const module = imported(name) as Readonly<Record<string, unknown>>
  if (!(key in module)) throw new Error(`${name} has no ${key}`)
  return module[key]
}

const names = (list: string, from: string): string =>
  list
    .split(',')
    .map((each) => each.trim().split(' as '))
    .map(([key, local = key]) => `const ${local!} = member('${from}', '${key!}');`)
    .join(' ')

/** Import statements, as esbuild writes them, become constants: the rest is the body of an async function. */
const withoutImports = (code: string): string =>
  code
    .replace(
      /^import \* as (\w+) from "(.+)";$/gm,
      (_, local: string, from: string) => `const ${local} = imported('${from}');`
    ) // prettier-ignore
    .replace(/^import \{(.+)\} from "(.+)";$/gm, (_, list: string, from: string) => names(list, from))

type Run = (...given: readonly unknown[]) => Promise<void>
const AsyncFunction = run.constructor as new (...text: readonly string[]) => Run

const compiled = async ({ code }: Example): Promise<Run> => {
  const plain = await transform(code, {
    loader: 'ts',
    target: 'es2022',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } }
  })
  return new AsyncFunction('assert', 'imported', 'member', `'use strict';\n${withoutImports(plain.code)}`)
}

/** Runs an example; what goes wrong says where the example stands. */
export async function run(example: Example): Promise<void> {
  try {
    await (
      await compiled(example)
    )(assert, imported, member)
  } catch (cause) {
    throw new Error(`${example.file}:${example.line}: ${String(cause)}`, { cause })
  }
}
