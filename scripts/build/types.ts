import { join } from 'node:path'
import ts from 'typescript'
import { dist, inTypes, root, sources } from './paths.ts'

type Rename = (node: ts.StringLiteral) => ts.StringLiteral

const renamed =
  ({ factory }: ts.TransformationContext): Rename =>
  ({ text }) =>
    factory.createStringLiteral(inTypes(text), true)

/** A declaration with the module that it names, if it names one, as it is called in the build. */
const withModule = (factory: ts.NodeFactory, rename: Rename, node: ts.Node): ts.Node => {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
    return factory.updateImportDeclaration(node, node.modifiers, node.importClause, rename(node.moduleSpecifier), node.attributes) // prettier-ignore
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
    return factory.updateExportDeclaration(node, node.modifiers, node.isTypeOnly, node.exportClause, rename(node.moduleSpecifier), node.attributes) // prettier-ignore
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    const argument = factory.updateLiteralTypeNode(node.argument, rename(node.argument.literal))
    return factory.updateImportTypeNode(node, argument, node.attributes, node.qualifier, node.typeArguments, node.isTypeOf) // prettier-ignore
  }
  return node
}

const renaming: ts.TransformerFactory<ts.SourceFile | ts.Bundle> = (context) => (file) => {
  const rename = renamed(context)
  const visit = (node: ts.Node): ts.Node => withModule(context.factory, rename, ts.visitEachChild(node, visit, context))
  return ts.isSourceFile(file) ? ts.visitEachChild(file, visit, context) : file
}

const problem = (diagnostics: readonly ts.Diagnostic[]): string =>
  ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n'
  })

/** Writes the type declarations of the library, and maps from them to the sources. Throws on a type error. */
export const writeTypes = (): void => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    readonly config: object
  }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const ambient = ['lib/render/gifenc.d.ts']
  const program = ts.createProgram(
    [...sources(), ...ambient].map((path) => join(root, path)),
    { ...options, noEmit: false, emitDeclarationOnly: true, declaration: true, declarationMap: true, rootDir: root, outDir: join(root, dist) } // prettier-ignore
  )
  const { diagnostics } = program.emit(undefined, undefined, undefined, true, { afterDeclarations: [renaming] })
  const all = [...ts.getPreEmitDiagnostics(program), ...diagnostics]
  if (all.length > 0) throw new Error(problem(all))
}
