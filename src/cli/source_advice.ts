import { timestampFromMs } from '../core/kql/timestamp.ts';
import { SOURCES, type Source } from '../core/records/report.ts';
import { windowOf } from '../core/scoring/window.ts';
import { formatsOf } from '../reading/formats.ts';
import { OfflineScore } from '../scoring/offline_scorer.ts';
import { contentOf, type InputFile } from './input_files.ts';

/** A window that nothing lies in: what is read is not kept. */
const NONE = windowOf(timestampFromMs(0), 1);

/**
 * For who has found no report in the files: what to set, where they hold reports of sources that are not active; null
 * where they do not. Looks no further than the first file that does. Defender's single events, which stand beside its
 * reports in every tenant, are named only where there is nothing else.
 */
export async function adviceOnSources(files: readonly InputFile[], active: readonly Source[]): Promise<string | null> {
  let hasSingle = false;
  for (const file of files) {
    // What came through standard input is gone.
    if (file.path === '-') continue;
    const found: Source[] = [];
    for (const source of SOURCES) {
      const isKnown = active.includes(source) || (source === 'defender-raw' && hasSingle);
      if (!isKnown && (await holds(file, source))) found.push(source);
    }
    const others = found.filter((source) => source !== 'defender-raw');
    if (others.length > 0) return adviceOf(others);
    hasSingle ||= found.length > 0;
    if (hasSingle && active.includes('defender')) break;
  }
  return hasSingle ? adviceOf(['defender-raw']) : null;
}

function adviceOf(sources: readonly Source[]): string {
  return `The files hold reports of another source: set SOURCES=${sources.join(',')}`;
}

async function holds(file: InputFile, source: Source): Promise<boolean> {
  const offline = new OfflineScore(NONE, formatsOf([source]), () => {});
  try {
    await offline.read(
      { container: '', name: file.path },
      contentOf(file, () => {}),
    );
  } catch (error) {
    // A file that cannot be read has been named already.
    if (!(error instanceof Error) || !('code' in error)) throw error;
  }
  return offline.newest !== '';
}
