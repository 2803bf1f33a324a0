// SPDX-License-Identifier: Apache-2.0
// Which number a slot name has in one init. A name keeps its number while it is defined; `close` frees it for another.
// "proc" always has the same, for init uses it by itself.

import { LIMITS } from "./layout.ts";
import type { Slot } from "./ops.ts";

export class SlotTable {
  readonly #numbers: Map<Slot, number>;

  constructor(from?: SlotTable) {
    this.#numbers = new Map(from === undefined ? [] : from.#numbers);
  }

  /** The number of a defined slot or of "cwd"; undefined if nothing has defined it. */
  find(slot: Slot): number | undefined {
    return slot === "cwd" ? LIMITS.cwd : this.#numbers.get(slot);
  }

  /** Defines a slot, again or anew; undefined if all numbers are taken or the name is "cwd". */
  define(slot: Slot): number | undefined {
    if (slot === "cwd") return undefined;
    const number = this.#numbers.get(slot) ?? this.#freeNumber(slot);
    if (number !== undefined) this.#numbers.set(slot, number);
    return number;
  }

  /** Forgets a slot; its number is free. */
  forget(slot: Slot): void {
    this.#numbers.delete(slot);
  }

  /** Forgets all slots. */
  forgetAll(): void {
    this.#numbers.clear();
  }

  #freeNumber(slot: Slot): number | undefined {
    if (slot === "proc") return LIMITS.procSlot;
    const taken = new Set(this.#numbers.values());
    for (let number = 0; number < LIMITS.procSlot; number++) if (!taken.has(number)) return number;
    return undefined;
  }
}
