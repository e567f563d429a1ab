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

/** What a trigger hands over: its value, and what the host says beside it. */
export interface TriggerInput {
  readonly data: RpcData;
  readonly metadata?: Readonly<Record<string, RpcData>>;
}

export interface Invocation {
  readonly function: string;
  /** What the handler logged, a line each. */
  readonly logs: readonly string[];
  /** What the handler threw. */
  readonly error?: unknown;
}

const running = new AsyncLocalStorage<string>();

/** Name of the function that this code runs for; undefined outside of all of them. */
export function currentFunction(): string | undefined {
  return running.getStore();
}

/**
 * A Functions host for this machine: registers what a bundle registers, and invokes it through the programming model
 * that comes with the bundle, with the same values as the host and the Node worker hand over. The handlers cannot tell
 * the difference. There is one worker, which is this process.
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

  /** Imports the bundle, which registers its functions. Throws what the bundle throws: wrong settings, for one. */
  async load(bundle: URL): Promise<void> {
    provideCoreModule(this.#core());
    await import(bundle.href);
    // The worker asks before the first invocation; from then on the model takes no other settings.
    await this.#model?.getCapabilities({});
  }

  /** Runs one function. Throws what its handler throws. */
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
      const { context: handed, inputs } = await model.getArguments();
      context.state = 'invocation';
      const result = await running.run(name, () => model.invokeFunction(handed, inputs, hosted.callback));
      context.state = undefined;
      const { returnValue } = await model.getResponse(handed, result);
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
        return { recordVerdict: () => this.#functions.delete(metadata.name) };
      },
      registerHook: (name) => {
        throw new Error(`the local host runs no hooks, and the app registers one: ${name}`);
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
