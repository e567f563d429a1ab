import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import {
  type Binding,
  type CoreModule,
  type FunctionCallback,
  type FunctionMetadata,
  type ProgrammingModel,
  provideCoreModule,
  type RpcData,
} from './core_module.ts';

/** A function that the app has registered. */
export interface HostedFunction {
  readonly name: string;
  readonly trigger: Binding;
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** The input of an invocation: the trigger's value, and the host's metadata. */
export interface TriggerInput {
  readonly data: RpcData;
  readonly metadata?: Readonly<Record<string, RpcData>>;
}

export interface Invocation {
  readonly function: string;
  /** The lines that the handler logged. */
  readonly logs: readonly string[];
  /** The error that the handler threw. */
  readonly error?: unknown;
}

const running = new AsyncLocalStorage<string>();

/** The name of the function that the current code runs for; undefined outside of functions. */
export function currentFunction(): string | undefined {
  return running.getStore();
}

/**
 * A Functions host for this machine. It registers the functions of a bundle, and invokes them through the programming
 * model in the bundle, with the same values as the real host and Node worker. This process is the only worker.
 */
export class FunctionsHost {
  readonly #functions = new Map<string, HostedFunction>();
  readonly #onInvocation: (invocation: Invocation) => void;
  #model: ProgrammingModel | undefined;

  constructor(onInvocation: (invocation: Invocation) => void = () => {}) {
    this.#onInvocation = onInvocation;
  }

  get functions(): readonly HostedFunction[] {
    return [...this.#functions.values()];
  }

  /** Imports the bundle, which registers its functions. Throws the bundle's error, such as a SettingsError. */
  async load(bundle: URL): Promise<void> {
    provideCoreModule(this.#core());
    await import(bundle.href);
    // The worker asks before the first invocation; afterwards the model accepts no other settings.
    await this.#model?.getCapabilities({});
  }

  /** Runs one function. Throws the error of its handler. */
  async invoke(
    name: string,
    { data, metadata = {} }: TriggerInput,
  ): Promise<{ logs: string[]; result: RpcData | null }> {
    const hosted = this.#functions.get(name);
    if (!hosted || !this.#model) throw new RangeError(`no function ${name} is registered`);
    const invocationId = randomUUID();
    const logs: string[] = [];
    const context = {
      invocationId,
      request: { invocationId, inputData: [{ name: hosted.trigger.name, data }], triggerMetadata: metadata },
      metadata: hosted.metadata,
      state: undefined as 'invocation' | undefined,
      log(_level: string, category: string, message: string) {
        if (category === 'user') logs.push(message);
      },
    };
    const model = this.#model.getInvocationModel(context);
    try {
      const { context: modelContext, inputs } = await model.getArguments();
      context.state = 'invocation';
      const result = await running.run(name, () => model.invokeFunction(modelContext, inputs, hosted.callback));
      context.state = undefined;
      const { returnValue } = await model.getResponse(modelContext, result);
      this.#onInvocation({ function: name, logs });
      return { logs, result: returnValue ?? null };
    } catch (error) {
      this.#onInvocation({ function: name, logs, error });
      throw error;
    }
  }

  #core(): CoreModule {
    return {
      version: '3.0.0-local',
      hostVersion: '4.0.0-local',
      setProgrammingModel: (model) => {
        this.#model = model;
      },
      getProgrammingModel: () => this.#model,
      registerFunction: (metadata, callback) => {
        this.#functions.set(metadata.name, hostedFunction(metadata, callback));
        return { dispose: () => this.#functions.delete(metadata.name) };
      },
      registerHook: (name) => {
        // This host ends only when its functions have ended, so that nothing has to stop early.
        if (name === 'appTerminate') return { dispose: () => {} };
        throw new Error(`the local host does not support hooks; the app registers the hook ${name}`);
      },
      log: () => {},
    };
  }
}

function hostedFunction(metadata: FunctionMetadata, callback: FunctionCallback): HostedFunction {
  const { name, bindings } = metadata;
  const trigger = Object.values(bindings).find(({ type }) => /trigger$/i.test(type));
  if (!trigger) throw new Error(`the function ${name} has no trigger`);
  return { name, trigger, metadata, callback };
}
