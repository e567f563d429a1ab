import type { Stores } from '../../src/storage/ports/stores.ts';

/** When a worker dies: at the call of that number (a page is a call), before it reaches storage or after. */
export interface Death {
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** The stores of a worker that dies. From then on none of its calls reaches storage. */
export class DyingStores {
  readonly stores: Stores;
  readonly #death: Death | null;
  readonly #pause: () => Promise<unknown>;
  calls = 0;
  isDead = false;

  /** Without a death it only counts; `pause` comes before and after each call. */
  constructor(stores: Stores, death: Death | null, pause: () => Promise<unknown> = async () => {}) {
    this.#death = death;
    this.#pause = pause;
    this.stores = Object.fromEntries(
      Object.entries(stores).map(([name, port]) => [name, this.#port(port as object)]),
    ) as unknown as Stores;
  }

  #port(port: object): object {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const call = () => Reflect.apply(value, target, args) as unknown;
          const isPaged = value.constructor.name === 'AsyncGeneratorFunction';
          return isPaged ? this.#pages(call() as AsyncIterable<unknown>) : this.#one(call);
        };
      },
    });
  }

  async #one(call: () => unknown): Promise<unknown> {
    this.#mayDie('before', true);
    await this.#pause();
    if (this.isDead) throw new Error('killed');
    const answer = await call();
    this.#mayDie('after', false);
    await this.#pause();
    if (this.isDead) throw new Error('killed');
    return answer;
  }

  async *#pages(pages: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    for await (const page of pages) {
      this.#mayDie('before', true);
      await this.#pause();
      yield page;
    }
  }

  #mayDie(when: Death['when'], isNext: boolean): void {
    if (isNext) this.calls++;
    if (this.#death?.call === this.calls && this.#death.when === when) this.isDead = true;
    if (this.isDead) throw new Error('killed');
  }
}
