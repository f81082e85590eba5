import ts from 'typescript'

export interface MeasuredFunction {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly lines: number
}

export interface MeasuredFile {
  readonly path: string
  readonly lines: number
  /** Lines that are neither blank nor only a comment. */
  readonly code: number
  readonly functions: readonly MeasuredFunction[]
  /** Lines on which `any` is written as a type. */
  readonly anys: readonly number[]
  /** What it imports, as written; types too. */
  readonly imports: readonly string[]
  /** The names of the types that it exports. */
  readonly types: readonly string[]
  /** Lines that compare a row's name. */
  readonly byName: readonly number[]
}

const walk = <A>(root: ts.Node, pick: (node: ts.Node) => readonly A[]): readonly A[] => {
  const visit = (node: ts.Node): readonly A[] => [...pick(node), ...node.getChildren().flatMap(visit)]
  return visit(root)
}

const lineOf = (source: ts.SourceFile, position: number): number => source.getLineAndCharacterOfPosition(position).line

const isFunction = (node: ts.Node): node is ts.FunctionLikeDeclaration =>
  ts.isFunctionLike(node) && 'body' in node && node.body !== undefined

/** A function's own name, or that of the variable or property that it is the value of. */
const nameOf = (node: ts.FunctionLikeDeclaration): string | undefined => {
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  const owner = node.name === undefined ? node.parent : node
  const named = ts.isVariableDeclaration(owner) || ts.isPropertyAssignment(owner) || ts.isPropertyDeclaration(owner)
  return named || isFunction(owner) ? owner.name?.getText() : undefined
}

const measureFunction = (source: ts.SourceFile, node: ts.Node): readonly MeasuredFunction[] => {
  const name = isFunction(node) ? nameOf(node) : undefined
  if (name === undefined) return []
  const first = lineOf(source, node.getStart())
  return [{ name, file: source.fileName, line: first + 1, lines: lineOf(source, node.end) - first + 1 }]
}

const importOf = (node: ts.Node): readonly string[] => {
  if (!(ts.isImportDeclaration(node) || ts.isExportDeclaration(node))) return []
  return node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)
    ? [node.moduleSpecifier.text]
    : []
}

const isExported = (node: ts.Declaration): boolean =>
  (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Export) !== 0

const typeOf = (node: ts.Node): readonly string[] =>
  (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node)) &&
  isExported(node)
    ? [node.name?.text ?? '']
    : []

const isComparison = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) &&
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken].includes(node.operatorToken.kind)

/** The number of lines with a token on them; comments are no tokens. */
const codeLines = (source: ts.SourceFile): number => {
  const touched = walk(source, (node) => {
    if (node.getChildCount() > 0 || node.kind === ts.SyntaxKind.EndOfFileToken || ts.isJSDoc(node)) return []
    const [first, last] = [lineOf(source, node.getStart()), lineOf(source, node.end)]
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
  return new Set(touched).size
}

export const measureFile = (path: string, text: string): MeasuredFile => {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const anyOf = (node: ts.Node): readonly number[] =>
    node.kind === ts.SyntaxKind.AnyKeyword ? [lineOf(source, node.getStart()) + 1] : []
  return {
    path,
    lines: text.trimEnd().split('\n').length,
    code: codeLines(source),
    functions: walk(source, (node) => measureFunction(source, node)),
    anys: walk(source, anyOf),
    imports: walk(source, importOf),
    types: walk(source, typeOf),
    byName: walk(source, (node) =>
      isComparison(node) && /\brow\.name$/.test(node.left.getText()) ? [lineOf(source, node.getStart()) + 1] : []
    )
  }
}
