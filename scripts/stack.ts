/** Prints a stack of the deployed app (standard input) with places in the source, by the maps that `npm run package` has left. */
import { text } from 'node:stream/consumers';
import { namePlaces } from './stack/name_places.ts';

process.stdout.write(namePlaces(await text(process.stdin), process.argv[2] ?? 'dist/package-maps'));
