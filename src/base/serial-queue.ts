// SPDX-License-Identifier: Apache-2.0
// Runs async tasks one after the other, in the order in which they were added. One per container: whatever changes a
// container goes through it, whatever only reads does not.

export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `task` after all earlier ones have settled; a failure reaches only its own caller. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task, task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
