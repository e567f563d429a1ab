import type { Plugin } from 'esbuild';

/**
 * Leaves out the checksums of the storage clients, a program of 110 KB in one line. The clients load it for their option
 * `contentChecksumAlgorithm`, which nothing here sets; with it a request fails, and says why.
 */
export const withoutChecksums: Plugin = {
  name: 'without-checksums',
  setup(build) {
    build.onLoad({ filter: /[\\/]storage-common[\\/].*[\\/]crc64\.js$/ }, () => ({
      contents: `export default async () => { throw new Error('${REASON}'); };`,
    }));
  },
};

const REASON =
  'the bundle has no checksums: leave contentChecksumAlgorithm unset, or see scripts/bundle/without_checksums.ts';
