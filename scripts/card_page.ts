import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';

const LIBRARY = new URL('../node_modules/adaptivecards/dist/adaptivecards.min.js', import.meta.url);

/** What Teams adds to a card, roughly: its fonts and colours. Sizes and spacings are the library's own. */
const FONT = {
  fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 22 },
  fontWeights: { lighter: 200, default: 400, bolder: 600 },
};
const HOST = {
  fontTypes: {
    default: { fontFamily: 'Segoe UI, Noto Sans, DejaVu Sans, sans-serif', ...FONT },
    monospace: { fontFamily: 'Consolas, Noto Sans Mono, DejaVu Sans Mono, monospace', ...FONT },
  },
  actions: { actionsOrientation: 'horizontal', actionAlignment: 'left', showCard: { actionMode: 'inline' } },
};

interface Library {
  AdaptiveCard: {
    new (): { hostConfig: unknown; parse(card: unknown): void; render(): unknown };
    onProcessMarkdown: (text: string, result: { outputHtml?: string; didProcess: boolean }) => void;
  };
  HostConfig: new (config: unknown) => unknown;
}

/** What the page has, of what is used here. */
interface PageGlobals {
  readonly AdaptiveCards: Library;
  readonly document: { getElementById(id: string): { append(element: unknown): void } | null };
}

/**
 * A page that shows an Adaptive Card by Microsoft's own renderer, as the browser lays it out. The library brings no
 * Markdown; here everything that it would hand to one becomes HTML as it stands, links among it: whatever text of a card
 * gets there, acts.
 */
export async function cardPage(browser: Browser, card: unknown, width = 760, scale = 2): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 400 }, deviceScaleFactor: scale });
  await page.setContent(
    '<!doctype html><meta charset="utf-8"><body style="margin:0;background:#fff"><div id="card" style="padding:12px"></div>',
  );
  await page.addScriptTag({ content: await readFile(LIBRARY, 'utf8') });
  await page.evaluate(
    ({ card, host }) => {
      const { AdaptiveCards: library, document } = globalThis as unknown as PageGlobals;
      library.AdaptiveCard.onProcessMarkdown = (text, result) => {
        result.outputHtml = text.replace(/!?\[([^\]]*)\]\(([^)]*)\)/g, '<a href="$2">$1</a>');
        result.didProcess = true;
      };
      const shown = new library.AdaptiveCard();
      shown.hostConfig = new library.HostConfig(host);
      shown.parse(card);
      document.getElementById('card')?.append(shown.render());
    },
    { card, host: HOST },
  );
  return page;
}
