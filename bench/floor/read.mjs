// The bare read: every byte of the exports brought into the process, and nothing done with it.
import { exportsIn, piecesOf } from './files.mjs';

let bytes = 0;
for (const path of exportsIn(process.argv[2])) for (const piece of piecesOf(path)) bytes += piece.length;
process.stdout.write(JSON.stringify({ bytes }));
