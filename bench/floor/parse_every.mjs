// What one would write first, but for how the bytes are read: JSON.parse of every line, then count.
import { Aggregate } from './aggregate.mjs';
import { exportsIn, wholeLines } from './files.mjs';

const aggregate = new Aggregate();
for (const path of exportsIn(process.argv[2])) {
  for (const bytes of wholeLines(path)) {
    for (let start = 0; start < bytes.length; ) {
      let end = bytes.indexOf(10, start);
      if (end === -1) end = bytes.length;
      if (end > start) aggregate.add(JSON.parse(bytes.utf8Slice(start, end)));
      start = end + 1;
    }
  }
}
aggregate.print();
