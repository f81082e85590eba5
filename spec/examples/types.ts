import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import type { Example } from './extract.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The project's own options, but for locals that an example only shows. */
const options = (): ts.CompilerOptions => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: unknown }
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, root).options, noUnusedLocals: false }
}

const prelude = `${root}spec/examples/given.d.ts`
const given = "declare const assert: typeof import('node:assert')"

const nameOf = (i: number): string => `${root}spec/examples/example${i}.ts`

/** A host that finds the examples among the project's files. */
const hostOf = (settings: ts.CompilerOptions, files: ReadonlyMap<string, string>): ts.CompilerHost => {
  const host = ts.createCompilerHost(settings)
  return {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, version, ...rest) => {
      const text = files.get(path)
      return text === undefined ? host.getSourceFile(path, version, ...rest) : ts.createSourceFile(path, text, version)
    }
  }
}

/** What the compiler has to say about some examples. */
export const typeErrors = (examples: readonly Example[]): readonly string[] => {
  const settings = options()
  const files = new Map([
    [prelude, given],
    ...examples.map(({ code }, i) => [nameOf(i), `${code}\nexport {}\n`] as const)
  ])
  const program = ts.createProgram([...files.keys()], settings, hostOf(settings, files))
  return examples.flatMap(({ file, line }, i) => {
    const source = program.getSourceFile(nameOf(i))
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((found) => {
      const at = line + (source?.getLineAndCharacterOfPosition(found.start ?? 0).line ?? 0)
      return `${file}:${at}: ${ts.flattenDiagnosticMessageText(found.messageText, ' ')}`
    })
  })
}
