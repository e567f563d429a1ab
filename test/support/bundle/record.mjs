// Loads a bundle of functions as the Node worker does, with a stub of the core module that records what is registered,
// and prints that as JSON. `node record.mjs <bundle>`
import Module from 'node:module';
import { pathToFileURL } from 'node:url';

const functions = [];
const hooks = [];
let model = null;
const core = {
  version: '3.13.0',
  hostVersion: '4.1045.0',
  setProgrammingModel: (given) => {
    model = { name: given.name, version: given.version };
  },
  getProgrammingModel: () => model,
  registerFunction: (metadata, callback) => {
    functions.push({ ...metadata, callback: typeof callback });
    return { dispose: () => {} };
  },
  registerHook: (name) => {
    hooks.push(name);
    return { dispose: () => {} };
  },
  log: () => {},
};

const { require } = Module.prototype;
Module.prototype.require = function (id) {
  return id === '@azure/functions-core' ? core : require.call(this, id);
};

await import(pathToFileURL(process.argv[2]).href);
process.stdout.write(JSON.stringify({ model, functions, hooks }));
