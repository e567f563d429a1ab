import { type Expression, parseSync, Visitor } from 'oxc-parser';
import type { Piece } from './page.ts';

/** The texts of a TypeScript file: string literals and templates, and apart from them the comments. */
export interface Texts {
  readonly literals: readonly Piece[];
  readonly comments: readonly Piece[];
}

/** What stands for an expression in a template: `${count} are enough` is found as any number would be. */
const EXPRESSION = '0';

/** Reads a file's texts. Specifiers of imports are names of files: they are no texts. Throws where it does not parse. */
export function textsOf(code: string, file: string): Texts {
  const { program, comments, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const specifiers = new Set<number>();
  const literals: (Piece & { readonly start: number })[] = [];
  const noteSpecifier = ({ source }: { readonly source?: { readonly start: number } | null }) => {
    if (source) specifiers.add(source.start);
  };
  new Visitor({
    ImportDeclaration: noteSpecifier,
    ExportNamedDeclaration: noteSpecifier,
    ExportAllDeclaration: noteSpecifier,
    ImportExpression: ({ source }) => {
      specifiers.add(source.start);
    },
    Literal: ({ value, start }) => {
      if (typeof value === 'string') literals.push({ text: value, line: lineAt(code, start), start });
    },
    TemplateLiteral: ({ quasis, start }) => {
      literals.push({
        text: quasis.map(({ value }) => value.cooked ?? value.raw).join(EXPRESSION),
        line: lineAt(code, start),
        start,
      });
    },
  }).visit(program);
  return {
    literals: literals.filter(({ start }) => !specifiers.has(start)).map(({ text, line }) => ({ text, line })),
    comments: comments.map(({ value, start }) => ({ text: value, line: lineAt(code, start) })),
  };
}

/** The functions that take the title of a test, or of a group of tests, first. */
const TITLED = ['describe', 'it', 'test'];

/** Titles of tests: what is given to `describe('…')`, `it('…')` and `it.each(cases)('…')` first. */
export function titlesOf(code: string, file: string): Piece[] {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const titles: Piece[] = [];
  new Visitor({
    CallExpression: ({ callee, arguments: [first] }) => {
      if (first === undefined || !TITLED.includes(calledName(callee))) return;
      const line = lineAt(code, first.start);
      if (first.type === 'Literal' && typeof first.value === 'string') titles.push({ text: first.value, line });
      if (first.type === 'TemplateLiteral') {
        titles.push({ text: first.quasis.map(({ value }) => value.cooked ?? value.raw).join(EXPRESSION), line });
      }
    },
  }).visit(program);
  return titles;
}

/** `it` of `it`, `it.skip` and `it.each(cases)`; '' of what is no name. */
function calledName(callee: Expression): string {
  switch (callee.type) {
    case 'Identifier':
      return callee.name;
    case 'MemberExpression':
      return calledName(callee.object);
    case 'CallExpression':
      return calledName(callee.callee);
    default:
      return '';
  }
}

/** A shell script's text without its comments, which stand apart; both keep their lines. */
export function shellTextsOf(script: string): Texts {
  const lines = script.split('\n').map((text, index) => ({ text, line: index + 1 }));
  const isComment = ({ text }: Piece) => /^\s*#/.test(text);
  return { literals: lines.filter((each) => !isComment(each)), comments: lines.filter(isComment) };
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
