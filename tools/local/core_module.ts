import Module from 'node:module';

/** A binding as the programming model registers it: its `type`, its `name`, and the settings of its type. */
export interface Binding {
  readonly type: string;
  readonly name: string;
  readonly direction: 'in' | 'out';
  readonly properties?: Readonly<Record<string, string>>;
  readonly [setting: string]: unknown;
}

/** A value between the host and the worker; exactly one member is set. */
export interface RpcData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly http?: RpcHttp;
  readonly modelBindingData?: {
    readonly source: string;
    readonly version: string;
    readonly contentType: string;
    readonly content: Buffer;
  };
}

export interface RpcHttp {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly statusCode?: string;
  readonly body?: RpcData;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
}

export type FunctionCallback = (...inputs: unknown[]) => unknown;

/** The context that the worker passes to the programming model for one invocation. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: {
    readonly invocationId: string;
    readonly inputData: readonly { readonly name: string; readonly data: RpcData }[];
    readonly triggerMetadata: Readonly<Record<string, RpcData>>;
  };
  readonly metadata: FunctionMetadata;
  state: 'invocation' | undefined;
  log(level: string, category: string, message: string): void;
}

export interface InvocationModel {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ readonly returnValue?: RpcData | null }>;
}

/** The programming model of `@azure/functions`: it converts the host's values to arguments, and results back. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

/** The part of `@azure/functions-core` that `@azure/functions` uses. */
export interface CoreModule {
  readonly version: string;
  readonly hostVersion: string;
  setProgrammingModel(model: ProgrammingModel): void;
  getProgrammingModel(): ProgrammingModel | undefined;
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): { dispose(): void };
  registerHook(name: string): { dispose(): void };
  log(level: string, category: string, message: string): void;
}

const CORE_MODULE = '@azure/functions-core';

/** Makes `require('@azure/functions-core')` return `core`, as the Node worker does. No registry has that module. */
export function provideCoreModule(core: CoreModule): void {
  const { require: original } = Module.prototype;
  Module.prototype.require = Object.assign(function require(this: Module, id: string): unknown {
    return id === CORE_MODULE ? core : original.call(this, id);
  }, original);
}
