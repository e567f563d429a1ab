// JSON.parse of every line, whatever it holds: how many there were.
import { exportsIn, wholeLines } from './files.mjs';

let lines = 0;
for (const path of exportsIn(process.argv[2])) {
  for (const bytes of wholeLines(path)) {
    for (let start = 0; start < bytes.length; ) {
      let end = bytes.indexOf(10, start);
      if (end === -1) end = bytes.length;
      if (end > start && JSON.parse(bytes.utf8Slice(start, end)) !== null) lines++;
      start = end + 1;
    }
  }
}
process.stdout.write(JSON.stringify({ lines }));
