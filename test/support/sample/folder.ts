import { type WriteSampleOptions, writeSample } from '../../../tools/sample/write.ts';
import { cached } from '../cache.ts';

/** A folder with this sample tenant, written once for all tests. Copy it before you change it. */
export function sampleFolder(options: Omit<WriteSampleOptions, 'out' | 'onProgress'>): Promise<string> {
  return cached(`sample ${JSON.stringify(options)}`, ['tools/sample'], (out) => writeSample({ out, ...options }));
}
