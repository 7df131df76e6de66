// Declarations for the reader of an API page: without bodies, defaults and private members.

import { SyntaxKind } from 'typescript/unstable/ast';
import { ModifierFlags, TypeFlags } from 'typescript/unstable/sync';

const WIDTH = 100;

/** Returns the source of a node in one line, without comments. */
export function sourceOf(node) {
  return node
    .getText()
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/([<(]) /g, '$1')
    .replace(/,? \)/g, ')')
    .replace(/^\| /, '')
    .trim();
}

/**
 * Returns 'name(parameters): result' of a function or method. `isHidden` tells which parameters are left out.
 */
export function signatureOf(checker, node, name, isHidden) {
  const parameters = node.parameters
    .filter((each) => !isHidden(each))
    .map((each) => parameterOf(checker, each));
  const types = typeParametersOf(node);
  const result = node.type === undefined ? '' : `: ${sourceOf(node.type)}`;
  const line = `${name}${types}(${parameters.join(', ')})${result}`;
  if (line.length <= WIDTH) return line;
  return `${name}${types}(\n${parameters.map((each) => `  ${each},\n`).join('')})${result}`;
}

function parameterOf(checker, node) {
  const rest = node.dotDotDotToken === undefined ? '' : '...';
  const isOptional = node.questionToken !== undefined || node.initializer !== undefined;
  return `${rest}${node.name.text}${isOptional ? '?' : ''}: ${typeOf(checker, node)}`;
}

/** Returns '<T extends object = Metadata>', or an empty string. */
export function typeParametersOf(node) {
  const parameters = node.typeParameters ?? [];
  return parameters.length === 0 ? '' : `<${parameters.map(sourceOf).join(', ')}>`;
}

/** Returns the type as it is written, or else as it is inferred; an indexed access type is spelled out. */
export function typeOf(checker, node) {
  const type = node.type ?? undefined;
  if (type !== undefined && type.kind !== SyntaxKind.IndexedAccessType) return sourceOf(type);
  return literalsOf(checker, checker.getTypeAtLocation(node.name));
}

/** Returns a union of strings, spelled out, or else the checker's text of the type; undefined is left out. */
export function literalsOf(checker, type) {
  const parts = type.isUnionType() ? type.getTypes() : [type];
  const given = parts.filter((each) => (each.flags & TypeFlags.Undefined) === 0);
  if (given.every((each) => each.isStringLiteralType())) {
    return given.map((each) => `'${each.value}'`).join(' | ');
  }
  return checker.typeToString(type).replace(/ \| undefined$/, '');
}

/**
 * Wraps a type that is too long for a line: each parameter, or each member of its union, gets its own line.
 */
export function wrapType(text) {
  if (text.length <= WIDTH) return text;
  return text
    .replace(/= \(([^(){}<>]*)\) => /, (_, parameters) => {
      const lines = parameters.split(', ').map((each) => `  ${each},\n`);
      return `= (\n${lines.join('')}) => `;
    })
    .replaceAll(' | {', '\n  | {')
    .replace('= {', '=\n  | {');
}

/** Whether users of the package may use this member of a class. */
export function isPublic(member) {
  if (member.kind === SyntaxKind.ClassStaticBlockDeclaration) return false;
  if (member.name?.kind === SyntaxKind.PrivateIdentifier) return false;
  const hidden = ModifierFlags.Private | ModifierFlags.Protected;
  return (member.modifierFlags & hidden) === 0;
}
