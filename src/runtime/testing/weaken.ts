// SPDX-License-Identifier: Apache-2.0
// For tests of attacks: stands between the runtime and tsrunc-init, and changes the programs on their way. With it an attack
// that fails can be shown to succeed once the defence is taken out of the plan (a positive control), or a process can be held
// at any op. The product has no switch for this: it is done to the class that sends the programs, from outside.

import type { Op, Program, Slot } from "../../plan/ops.ts";
import type { Fd } from "../../sys/fd.ts";
import { InitChannel } from "../init-channel.ts";

/** Changes one program; `fds` are its descriptors, to which more may be added. */
export type Weakening = (program: Program, fds: Map<Slot, Fd>) => Program;

/** What else is done with a program that is on its way. */
export interface Interposed {
  readonly weaken?: Weakening | undefined;
  /** Sees a program before init gets it; `channel` knows the process. */
  readonly watch?: ((program: Program, channel: InitChannel) => Promise<void>) | undefined;
}

/** Does this to every program that this process sends to an init, until it is disposed of. */
export function interpose({ weaken, watch }: Interposed): Disposable {
  const real = InitChannel.prototype.run;
  InitChannel.prototype.run = function (program, fds) {
    const send = () => {
      const all = new Map(fds);
      return real.call(this, weaken?.(program, all) ?? program, all);
    };
    // Whoever runs a program may close its descriptors once they are sent.
    return watch === undefined ? send() : watch(program, this).then(send);
  };
  return {
    [Symbol.dispose]: () => {
      InitChannel.prototype.run = real;
    },
  };
}

/** Puts other ops in the place of each op; none takes it out. What an op has as its alternative is treated in the same way. */
export function rewrite(program: Program, change: (op: Op) => readonly Op[]): Program {
  const ops = program.ops.flatMap((op) => {
    if (op.otherwise === undefined) return change(op);
    const [otherwise, ...more] = change(op.otherwise);
    if (more.length > 0) throw new Error("an alternative is one op");
    return change({ ...op, ...(otherwise && { otherwise }) });
  });
  return { ...program, ops };
}

/** A plan that lacks all ops of these kinds. */
export function without(...names: readonly Op["op"][]): Weakening {
  return (program) => rewrite(program, (op) => (names.includes(op.op) ? [] : [op]));
}

/** One weakening after the other. */
export function together(...weakenings: readonly Weakening[]): Weakening {
  return (program, fds) => weakenings.reduce((one, weaken) => weaken(one, fds), program);
}

/**
 * As runtimes did it before they had openat2: what is in the root filesystem is found by its path on the host, with the
 * host's rules for links.
 */
export function byHostPath(rootfs: string): Weakening {
  return (program) =>
    rewrite(program, (op) => {
      if (op.op === "close" && op.fd === "host") return [];
      if (!("root" in op) || op.root !== "root" || !("path" in op)) return [op];
      if (op.op === "resolve") {
        return [{ ...op, root: "host", path: `${rootfs}${op.path}`, resolve: 0n }];
      }
      return op.op === "mkdir_all" || op.op === "make_file"
        ? [{ ...op, root: "host", path: `${rootfs}${op.path}` }]
        : [op];
    });
}

/** Hands a descriptor to init that it has no use for, as runtimes did by mistake; the caller keeps its own. */
export function leak(fd: Fd): Weakening {
  return (program, fds) => {
    if (!program.ops.some(({ op }) => op === "clone")) return program;
    fds.set("leak", fd);
    return { ...program, inputs: [...program.inputs, "leak"] };
  };
}

/**
 * Holds init before the last op `name` of the programs that have one: until somebody has opened two FIFOs for writing, first `path`,
 * which is the news that it is there, and then `path` with "2" at its end.
 */
export function holdBefore(name: Op["op"], path: string): Weakening {
  const why = "error waiting at the gate";
  const gate: readonly Op[] = [
    { op: "open", dir: "cwd", path, flags: 0, mode: 0, out: "gate", why },
    { op: "open", dir: "cwd", path: `${path}2`, flags: 0, mode: 0, out: "gate", why },
    { op: "close", fd: "gate", why },
  ];
  return (program) => {
    const index = program.ops.findLastIndex(({ op }) => op === name);
    if (index === -1) return program;
    return { ...program, ops: program.ops.toSpliced(index, 0, ...gate) };
  };
}
