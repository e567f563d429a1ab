import { timestampFromMs } from '../core/kql/timestamp.ts';
import { SOURCES, type Source } from '../core/records/report.ts';
import { windowOf } from '../core/scoring/window.ts';
import { formatsOf } from '../reading/formats.ts';
import { OfflineScore } from '../scoring/offline_scorer.ts';
import { contentsOf, type InputFile } from './input_files.ts';

/** A window without any report, so that nothing is kept. */
const NONE = windowOf(timestampFromMs(0), 1);

/**
 * Advice for files without a report of an active source: the SOURCES to set, null if no other source has reports in them.
 * Stops at the first file that has. Every tenant has single events of Defender beside its reports, so `defender-raw` is
 * advised only if nothing else is found.
 */
export async function adviceOnSources(files: readonly InputFile[], active: readonly Source[]): Promise<string | null> {
  let hasSingle = false;
  for (const file of files) {
    // Standard input cannot be read a second time.
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
  return `The files hold records of an inactive source: set SOURCES=${sources.join(',')}`;
}

async function holds(file: InputFile, source: Source): Promise<boolean> {
  const offline = new OfflineScore(NONE, formatsOf([source]), () => {});
  try {
    for await (const content of contentsOf(file, () => {})) {
      if ('chunks' in content) await offline.read({ container: '', name: content.name }, content.chunks);
    }
  } catch (error) {
    // The caller has already reported a file that cannot be read.
    if (!(error instanceof Error) || !('code' in error)) throw error;
  }
  return offline.newest !== '';
}
