// Loads a bundle of functions as the Node worker does, with a stub of the core module that records what is registered,
// and prints that as JSON. `node record.mjs <bundle>`
import Module from 'node:module';
import { pathToFileURL } from 'node:url';

const calls = [];
const functions = [];
const hooks = [];
let model = null;
const core = {
  version: '3.13.0',
  hostVersion: '4.1045.0',
  setProgrammingModel: (given) => {
    calls.push('setProgrammingModel');
    model = given;
  },
  getProgrammingModel: () => model,
  registerFunction: (metadata, callback) => {
    calls.push('registerFunction');
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
// The worker makes an invocation of the model for each trigger that fires, and calls these methods.
const invocation = model?.getInvocationModel({
  invocationId: 'i',
  metadata: { name: 'f', bindings: { b: { type: 'timerTrigger', direction: 'in' } } },
  log: () => {},
});
const methods = ['getArguments', 'getResponse', 'invokeFunction'].filter(
  (name) => typeof invocation?.[name] === 'function',
);
process.stdout.write(
  JSON.stringify({ model: { name: model?.name, version: model?.version, methods }, functions, hooks, calls }),
);
