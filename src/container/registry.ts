// SPDX-License-Identifier: Apache-2.0
// Which containers exist. The only owner of that: a container is in here from the moment its creation is under way (as a
// reservation that nobody else sees) until it has been deleted.

import { TaskError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { CreateOptions, Runtime } from "../runtime/types.ts";
import { Container } from "./container.ts";
import type { Emit } from "./events.ts";
import { parseId } from "./id.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";

// The layers above use the model, and through it what the runtime takes.
export type { CreateOptions, ExecOptions, Runtime, StdioConfig } from "../runtime/types.ts";

export interface RegistryOptions {
  readonly runtime: Runtime;
  readonly emit: Emit;
  /**
   * Somebody asked for the end, and now no container is left. Called before the answer of the call that removed the last one
   * has been sent.
   */
  readonly onIdle: () => void;
  readonly log: Logger;
  readonly limits?: Limits;
}

export class Registry {
  readonly #options: RegistryOptions;
  readonly #containers = new Map<string, Container>();
  readonly #reserved = new Set<string>();
  #endRequested = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Whether there is no container, but abandoned ones, and none is being made. */
  get idle(): boolean {
    return this.#reserved.size === 0 && this.list().every(({ abandoned }) => abandoned);
  }

  get(namespace: string, id: string): Container | undefined {
    return this.#containers.get(keyOf(namespace, id));
  }

  /** All containers of all namespaces. */
  list(): readonly Container[] {
    return [...this.#containers.values()];
  }

  /**
   * Creates a container. Throws TaskError already_exists if it exists or is being created, invalid_argument for a bad id, or
   * what the runtime says; then nothing is left of it.
   */
  async create(options: CreateOptions): Promise<Container> {
    parseId(options.id, "container");
    using _reservation = this.#reserve(options);
    const live = await this.#options.runtime.create(options);
    const { emit, log, limits = DEFAULT_LIMITS } = this.#options;
    const onDeleted = (): void => this.#remove(options);
    const container = new Container({ options, live, emit, onDeleted, limits, log });
    this.#containers.set(keyOf(options.namespace, options.id), container);
    return container;
  }

  /** Ends now if there is nothing left to look after, else as soon as that is so. */
  requestEnd(): void {
    this.#endRequested = true;
    this.#endIfIdle();
  }

  #reserve({ namespace, id }: CreateOptions): Disposable {
    const key = keyOf(namespace, id);
    if (this.#containers.has(key) || this.#reserved.has(key)) {
      throw new TaskError("already_exists", "container with given ID already exists");
    }
    this.#reserved.add(key);
    return {
      [Symbol.dispose]: () => {
        this.#reserved.delete(key);
        this.#endIfIdle();
      },
    };
  }

  #remove({ namespace, id }: CreateOptions): void {
    this.#containers.delete(keyOf(namespace, id));
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#endRequested && this.idle) this.#options.onIdle();
  }
}

/** Ids have no slash (`parseId`), so this is unambiguous. */
function keyOf(namespace: string, id: string): string {
  return `${namespace}/${id}`;
}
