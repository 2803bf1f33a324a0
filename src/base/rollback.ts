// SPDX-License-Identifier: Apache-2.0
// A stack of undo steps for an operation that must happen whole or not at all. Steps run last first; one that fails does
// not stop the others.

import { errorText } from "./errors.ts";
import type { Logger } from "./log.ts";

type Undo = () => void | Promise<void>;

export class Rollback {
  readonly #steps: { readonly what: string; readonly undo: Undo }[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Registers how to undo what was just done (or is about to be). */
  add(what: string, undo: Undo): void {
    this.#steps.push({ what, undo });
  }

  /** The operation succeeded: forget all steps. */
  commit(): void {
    this.#steps.length = 0;
  }

  /** Undoes everything, last step first. Failures are logged: the first error is what the caller must see. */
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        this.#log.warn(`cannot undo: ${step.what}`, { error: errorText(error) });
      }
    }
  }
}
