// SPDX-License-Identifier: Apache-2.0
// The hooks that run inside of the container, as programs: another process that joins init in its cgroup and namespaces, like
// an exec, and becomes the hook. Before init has entered its root, what is joined is still the host's tree.

import type { Op, Program } from "../plan/ops.ts";
import { umaskOp } from "./compile.ts";
import { compileExec, inUserNamespace, joinContainerProgram } from "./compile-exec.ts";
import type {
  CompiledContainer,
  CompiledHook,
  CompiledHooks,
  CompiledProcess,
  CompileOptions,
  ExecTarget,
  HostFacts,
} from "./compiled.ts";
import type { HookSubject } from "./hooks.ts";
import { sessionOps } from "./keyring.ts";
import { forkedScheduler } from "./scheduling.ts";
import type { Hook, Process, Spec } from "./spec.ts";
import { givenStdioOps, stdioInputs } from "./stdio.ts";
import { O } from "./tables/kernel.ts";

/** The slot of the root directory that init has when a hook is started, O_PATH. */
export const INIT_ROOT = "init:root";

interface HookTarget {
  /** The container's own process, as far as it is a hook's: without its terminal. */
  readonly process: Process;
  readonly exec: ExecTarget;
  readonly facts: HostFacts;
  /** Absolute path of the root filesystem on the host. */
  readonly rootfs: string;
  readonly noPivot: boolean;
}

/** The hooks of a container that has been compiled. */
export function compileHooks(
  { ociVersion, annotations, hooks, process }: Spec,
  { execTarget, rootfs }: Pick<CompiledContainer, "execTarget" | "rootfs">,
  options: Pick<CompileOptions, "id" | "bundle" | "noPivot"> & { readonly facts: HostFacts },
): CompiledHooks {
  const { id, bundle, noPivot, facts } = options;
  // As if init had forked them. They are no execs of a client, and no program of the container can disturb them yet.
  const scheduler = forkedScheduler(process.scheduler);
  const execCPUAffinity = undefined;
  const traits = { ...execTarget.traits, scheduler };
  const target: HookTarget = {
    process: { ...process, terminal: false, scheduler, execCPUAffinity },
    exec: { ...execTarget, nullStdio: [], traits, execCPUAffinity, mayFreeze: undefined },
    facts,
    rootfs,
    noPivot,
  };
  return {
    ...hooks,
    subject: hookSubject({ ociVersion, annotations }, { id, bundle }),
    createContainer: hooks.createContainer.map((hook) => compileCreateContainerHook(hook, target)),
    startContainer: hooks.startContainer.map((hook) => compileStartContainerHook(hook, target)),
  };
}

/** What is told of a container, to hooks and to others. */
export function hookSubject(
  { ociVersion, annotations }: Pick<Spec, "ociVersion" | "annotations">,
  { id, bundle }: Pick<CompileOptions, "id" | "bundle">,
): HookSubject {
  return { ociVersion, id, bundle, annotations };
}

/** Nothing of the user's process holds for it. */
const ROOT_PROCESS: CompiledProcess = {
  terminal: false,
  uid: 0,
  gid: 0,
  hostIds: undefined,
  rlimits: [],
  needsHome: false,
  needsPid: false,
  warnings: [],
};

/**
 * createContainer: everything is mounted and init has not entered it. The path is the host's, the working directory the
 * container's root, the rights those of root in the container's user namespace, the environment empty unless given.
 */
function compileCreateContainerHook(hook: Hook, target: HookTarget): CompiledHook {
  const { exec, process } = target;
  const place = placeOf(target);
  return {
    hook,
    process: ROOT_PROCESS,
    startsOutside: false,
    enter: (cgroupSlots) => joinContainerProgram(exec, process.oomScoreAdj, cgroupSlots),
    finish: () => ({
      inputs: [...stdioInputs(process, exec.nullStdio), ...place.inputs],
      ops: [
        ...givenStdioOps(process, exec.nullStdio),
        ...sessionOps(exec.keyring, inUserNamespace(exec)),
        umaskOp(),
        ...place.ops,
        findOp(hook),
        { op: "close_from", first: 3, why: "error closing descriptors" },
        execOp(hook, hook.env ?? []),
      ],
    }),
  };
}

/**
 * At the container's root, with the root that init still has. Who joins gets what is on top of "/": the host's tree, or, in a
 * user namespace where nothing else was possible, the container's, which lies over it there (rootfs.ts).
 */
function placeOf({ exec, rootfs, noPivot }: HookTarget): Program {
  const why = `chdir to the root filesystem ${JSON.stringify(rootfs)}`;
  const enter = { op: "chdir", path: rootfs, why } as const;
  if (!inUserNamespace(exec)) return { inputs: [], ops: [enter] };
  const whyRoot = "error returning to the host's tree";
  const goBack: Op = { op: "fchdir", dir: "root", why };
  return {
    inputs: [INIT_ROOT],
    ops: [
      { op: "open", dir: "cwd", path: "/", flags: O.PATH, mode: 0, out: "root", why: whyRoot },
      { op: "chroot", root: INIT_ROOT, why: whyRoot },
      noPivot ? goBack : { ...enter, tolerate: ["EACCES"], otherwise: goBack },
      // Other processes of the pid namespace may see this one.
      { op: "close", fd: "root", why: "" },
      { op: "close", fd: INIT_ROOT, why: "" },
    ],
  };
}

/**
 * startContainer: an exec of the container's own process, but for its program. That is one of the container's, so the seccomp
 * filter holds for it, too, and its environment that of the process unless another is given.
 */
function compileStartContainerHook(hook: Hook, target: HookTarget): CompiledHook {
  // The path, so that nothing is looked for in PATH.
  const own = { ...target.process, args: [hook.path] };
  const { process, startsOutside, enter, finish } = compileExec(own, target.exec, target.facts);
  return {
    hook,
    startsOutside,
    process: { ...process, needsHome: process.needsHome && hook.env === undefined },
    enter,
    finish: (home) => {
      const { inputs, ops } = finish(home);
      return { inputs, ops: ops.map((op) => replaceProgram(op, hook)) };
    },
  };
}

function replaceProgram(op: Op, hook: Hook): Op {
  if (op.op === "find_exec") return findOp(hook);
  return op.op === "exec" ? execOp(hook, hook.env ?? op.env) : op;
}

/** The path is the program, whatever the first argument says. */
function findOp({ path }: Hook): Op {
  return { op: "find_exec", candidates: [path], why: `fork/exec ${path}` };
}

function execOp({ path, args }: Hook, env: readonly string[]): Op {
  return { op: "exec", argv: args, env, why: `fork/exec ${path}` };
}
