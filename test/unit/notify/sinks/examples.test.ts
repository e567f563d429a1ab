import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sinkExamples } from '../../../../scripts/sink_examples.ts';

/** With the query of each link to the portal as text: other versions of Node may compress it in another way. */
function unzipped(text: string): string {
  return text.replace(/(?<=advanced-hunting\?query=)[\w-]+/g, (base64) =>
    gunzipSync(Buffer.from(base64, 'base64url')).toString('utf16le'),
  );
}

describe('docs/sinks/examples', () => {
  it.each(Object.entries(sinkExamples()))(
    '%s is what is sent today (node scripts/write-sink-examples.ts writes it)',
    async (name, text) => {
      const stored = await readFile(new URL(`../../../../docs/sinks/examples/${name}`, import.meta.url), 'utf8');
      expect(unzipped(stored)).toBe(unzipped(text));
    },
  );

  it('offers no link that only a program with a function key can open', async () => {
    const page = await readFile(new URL('../../../../docs/sinks/README.md', import.meta.url), 'utf8');
    for (const text of [page, ...Object.values(sinkExamples())]) {
      expect(text).not.toMatch(/https:\/\/[^\s"'/]+\/api\//);
    }
  });

  it.each(['teams.png', 'teams-phone.png', 'teams-digest.png'])('%s is a picture', async (name) => {
    const picture = await readFile(new URL(`../../../../docs/sinks/examples/${name}`, import.meta.url));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(picture.length).toBeGreaterThan(20_000);
  });
});
