// SPDX-License-Identifier: Apache-2.0
// Descriptors of the caller's that a program is to have besides its stdio: what they are in oci/inherited.ts, with the
// descriptors themselves.

import { TaskError } from "../base/errors.ts";
import { type Inherited, inheritedInputs } from "../oci/inherited.ts";
import type { Slot } from "../plan/ops.ts";
import type { Fd } from "../sys/fd.ts";
import type { InheritedFds } from "./types.ts";

/** All travel in one message with everything else that tsrunc-init gets, and stay open in it. */
const MAX_INHERITED = 128;

/** How many they are. @throws TaskError if they are too many */
export function countInherited({ listening, others }: InheritedFds): Inherited {
  const count = listening.length + others.length;
  if (count > MAX_INHERITED) {
    const problem = `too many descriptors for a process to inherit: ${count}, at most ${MAX_INHERITED}`;
    throw new TaskError("invalid_argument", problem);
  }
  return { count, listening: listening.length };
}

/** For the slots of `inheritedInputs`. They stay the caller's. */
export function inheritedSlots(
  inherited: InheritedFds | undefined,
): readonly (readonly [Slot, Fd])[] {
  if (inherited === undefined) return [];
  const fds = [...inherited.listening, ...inherited.others];
  const slots = inheritedInputs(countInherited(inherited));
  return slots.flatMap((slot, index) => {
    const fd = fds[index];
    return fd === undefined ? [] : [[slot, fd] as const];
  });
}
