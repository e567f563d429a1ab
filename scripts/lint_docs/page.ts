import GithubSlugger from 'github-slugger';
import type { Nodes, Root } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

/** Text on a page, and the line on which it begins. */
export interface Piece {
  readonly text: string;
  readonly line: number;
}

/** A Markdown page, cut into what the rules ask about. */
export interface Page {
  /** Paragraphs and items of lists: code spans are one word each. */
  readonly prose: readonly Piece[];
  /** Cells of tables. */
  readonly cells: readonly Piece[];
  /** Headings, and cells of the heads of tables. */
  readonly headings: readonly Piece[];
  /** All that is read: also code, and the text for images. Not addresses of links, not comments. */
  readonly words: readonly Piece[];
  /** Where links and images lead. */
  readonly links: readonly Piece[];
  /** What a link can name behind `#`: headings as GitHub spells them, and ids of HTML. */
  readonly anchors: ReadonlySet<string>;
}

/** What stands for a code span in a sentence: with a capital, since a sentence may begin with it. */
const CODE = 'Code';

/** Reads a page. Front matter (of an issue form) is read as a paragraph. */
export function readPage(markdown: string): Page {
  const root: Root = fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const slugger = new GithubSlugger();
  const page = {
    prose: [] as Piece[],
    cells: [] as Piece[],
    headings: [] as Piece[],
    words: [] as Piece[],
    links: [] as Piece[],
    anchors: new Set<string>(),
  };
  for (const { node, isHead } of nodesOf(root)) {
    const piece = (text: string): Piece => ({ text, line: node.position?.start.line ?? 0 });
    switch (node.type) {
      case 'heading':
        page.headings.push(piece(textOf(node)));
        page.words.push(piece(textOf(node, false)));
        page.anchors.add(slugger.slug(textOf(node, false)));
        break;
      case 'paragraph':
        page.prose.push(piece(textOf(node)));
        page.words.push(piece(textOf(node, false)));
        break;
      case 'tableCell':
        (isHead ? page.headings : page.cells).push(piece(textOf(node)));
        page.words.push(piece(textOf(node, false)));
        break;
      case 'code':
        // The fence is a line of its own.
        page.words.push({ text: node.value, line: (node.position?.start.line ?? 0) + 1 });
        break;
      case 'html':
        for (const [, id = ''] of node.value.matchAll(/\b(?:id|name)="([^"]+)"/g)) page.anchors.add(id);
        break;
      case 'link':
      case 'image':
      case 'definition':
        page.links.push(piece(node.url));
        break;
      default:
    }
  }
  return page;
}

/** All nodes below, in order of the text; whether each stands in the head of a table. */
function* nodesOf(node: Nodes, isHead = false): Generator<{ readonly node: Nodes; readonly isHead: boolean }> {
  yield { node, isHead };
  if (!('children' in node)) return;
  for (const [index, child] of node.children.entries()) {
    yield* nodesOf(child, node.type === 'table' ? index === 0 : isHead);
  }
}

/** The text of a node, with its line ends; a code span as one word, or as it stands. */
function textOf(node: Nodes, isCodeOneWord = true): string {
  if (node.type === 'inlineCode') return isCodeOneWord ? CODE : node.value;
  if (node.type === 'text') return node.value;
  if (node.type === 'break') return '\n';
  if (node.type === 'image') return node.alt ?? '';
  return 'children' in node ? node.children.map((child) => textOf(child, isCodeOneWord)).join('') : '';
}
