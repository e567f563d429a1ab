// The floor of reading: jump from one hit of the needle to the next (one as short as Node finds quickest), JSON.parse only its
// line, count.
import { Aggregate } from './aggregate.mjs';
import { exportsIn, wholeLines } from './files.mjs';

const NEEDLE = Buffer.from('Aggreg');
const aggregate = new Aggregate();
for (const path of exportsIn(process.argv[2])) {
  for (const bytes of wholeLines(path)) {
    for (let at = bytes.indexOf(NEEDLE); at !== -1; ) {
      const start = bytes.lastIndexOf(10, at) + 1;
      let end = bytes.indexOf(10, at);
      if (end === -1) end = bytes.length;
      aggregate.add(JSON.parse(bytes.utf8Slice(start, end)));
      at = bytes.indexOf(NEEDLE, end);
    }
  }
}
aggregate.print();
