// The bare read: every byte of the exports brought into the process, and nothing done with it.
import { createReadStream } from 'node:fs';
import { exportsIn } from './files.mjs';

let bytes = 0;
for (const path of exportsIn(process.argv[2])) {
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) bytes += chunk.length;
}
process.stdout.write(JSON.stringify({ bytes }));
