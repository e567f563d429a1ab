import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

const IMPORT = "import jwt from 'jsonwebtoken';\n";
const CALL = ' = jwt.sign(';

/** The client of identities signs only where a certificate is its secret. The library for it, and all that it needs, is loaded then. */
export const lateJsonWebToken: Plugin = {
  name: 'late-json-web-token',
  setup(build) {
    build.onLoad({ filter: /[\\/]msal-node[\\/]dist[\\/]client[\\/]ClientAssertion\.mjs$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (text.split(IMPORT).length !== 2 || text.split(CALL).length !== 2)
        throw new Error(`${path}: not of the form that scripts/bundle/late_json_web_token.ts knows`);
      return { contents: text.replace(IMPORT, '').replace(CALL, " = require('jsonwebtoken').sign(") };
    });
  },
};
