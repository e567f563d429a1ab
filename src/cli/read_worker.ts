import { keepCompiledCode } from './compile_cache.ts';

// The program of a thread that reads files.
keepCompiledCode(process.env, process.platform);
// Imported only now, so that Node keeps what it compiles of the rest.
await (await import('./read_thread.ts')).readAsked();
