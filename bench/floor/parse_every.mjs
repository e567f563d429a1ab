// node parse_every.mjs FOLDER [window]: JSON.parse of every line, then count. By a stream, as one would write it first; or
// read as our own reader does.
import { Aggregate } from './aggregate.mjs';
import { exportsIn, streamedLines, wholeLines } from './files.mjs';

const [, , folder, how] = process.argv;
const linesOf = how === 'window' ? wholeLines : streamedLines;
const aggregate = new Aggregate();
for (const path of exportsIn(folder)) {
  for await (const bytes of linesOf(path)) {
    for (let start = 0; start < bytes.length; ) {
      let end = bytes.indexOf(10, start);
      if (end === -1) end = bytes.length;
      if (end > start) aggregate.add(JSON.parse(bytes.utf8Slice(start, end)));
      start = end + 1;
    }
  }
}
aggregate.print();
