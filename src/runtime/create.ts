// SPDX-License-Identifier: Apache-2.0
// Create: from a bundle to an init that waits at exec.fifo. Everything or nothing: each step registers how it is undone
// before the next one begins. The order is docs/two-phase-start.md.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Rollback } from "../base/rollback.ts";
import { Cgroup, type CgroupState } from "../cgroup/cgroup.ts";
import type { Resctrl } from "../cgroup/resctrl.ts";
import { compileContainer, ROOT_FD_TAG } from "../oci/compile.ts";
import { compileHooks, hookSubject } from "../oci/compile-hook.ts";
import type { CompiledContainer, CompileOptions } from "../oci/compiled.ts";
import { joinedNamespaces } from "../oci/namespaces.ts";
import { parseSpec } from "../oci/parse.ts";
import { withoutRules } from "../oci/seccomp.ts";
import type { Spec } from "../oci/spec.ts";
import type { Slot } from "../plan/ops.ts";
import type { Fd } from "../sys/fd.ts";
import { innerPid, processStartTime } from "../sys/proc.ts";
import { readConfig, rootfsPath } from "./bundle.ts";
import { cgroupDirectories, cgroupSlots } from "./cgroup-slots.ts";
import { ContainerHooks } from "./container-hooks.ts";
import { CreationRecord } from "./creation-record.ts";
import { IdMapNamespaces, openTrees } from "./detached-trees.ts";
import { createExecFifo } from "./exec-fifo.ts";
import { initFailure, limitsFailure } from "./failure.ts";
import type { Host } from "./host.ts";
import { countInherited, inheritedSlots } from "./inherited.ts";
import type { Milestone } from "./init-channel.ts";
import { type InitProcess, InitSpawn } from "./init-process.ts";
import { sharedNamespaces } from "./joined-namespace.ts";
import { Live } from "./live.ts";
import { hostProcMounts, type MountFacts, probeMounts } from "./mount-facts.ts";
import { openNamespaces } from "./namespaces.ts";
import { moveNetDevices } from "./net-devices.ts";
import { homeDirectory } from "./passwd.ts";
import { duePoststop, runPoststopHooks } from "./poststop.ts";
import { ProcessOwner } from "./process-owner.ts";
import { joinPrograms } from "./programs.ts";
import { planResctrl } from "./resctrl.ts";
import {
  makeRootfsDirectory,
  mountedRootfs,
  mountRootfs,
  unmountRecursive,
} from "./rootfs-mounts.ts";
import { type ContainerFilter, containerFilter, FilterInstallation } from "./seccomp-install.ts";
import { checkTerminal, nullStreams, openStdio, type ProcessStdio } from "./stdio.ts";
import type { CreateOptions, LiveContainer } from "./types.ts";

/** Creates a container; its init then waits to be started. On a throw nothing of it is left. */
export async function createContainer(host: Host, options: CreateOptions): Promise<LiveContainer> {
  const rollback = new Rollback(host.log);
  try {
    const live = await new Creation(host, options, rollback).run();
    rollback.commit();
    return live;
  } catch (error) {
    await rollback.run();
    throw error;
  }
}

/** What had to be looked up before the container could be compiled. */
type FoundFacts = MountFacts & Pick<CompileOptions, "userNamespace" | "sharedNamespaces">;

interface Parts {
  readonly compiled: CompiledContainer;
  /** Undefined: none. */
  readonly filter: ContainerFilter | undefined;
  readonly cgroup: Cgroup;
  /** Undefined: it asks for no share of caches or memory bandwidth. */
  readonly resctrl: Resctrl | undefined;
  readonly hooks: ContainerHooks;
  readonly spawned: InitSpawn;
}

class Creation {
  readonly #host: Host;
  readonly #options: CreateOptions;
  readonly #rollback: Rollback;
  readonly #record: CreationRecord;

  constructor(host: Host, options: CreateOptions, rollback: Rollback) {
    this.#host = host;
    this.#options = options;
    this.#rollback = rollback;
    this.#record = new CreationRecord(options, host.now());
  }

  async run(): Promise<LiveContainer> {
    this.#record.reserve(this.#rollback);
    await this.#mountRootfs();
    this.#rollback.add("run poststop hooks", () =>
      runPoststopHooks(this.#host, this.#record.directory),
    );
    const given = this.#readSpec();
    const filter = this.#makeFilter(given);
    const spec = withoutRules(given);
    const probing = probeMounts(spec.mounts, this.#options.bundle);
    // Goes on in other threads while the cgroup is made; its failure is met below.
    probing.catch(() => undefined);
    const cgroup = this.#createCgroup(spec);
    using namespaces = await openNamespaces(this.#host, spec);
    this.#warn(namespaces.warnings);
    const compiled = this.#compile(spec, cgroup, {
      ...(await probing),
      userNamespace: namespaces.user,
      sharedNamespaces: sharedNamespaces(joinedNamespaces(spec.linux.namespaces), namespaces.fds),
    });
    const resctrl = this.#planResctrl(spec);
    const hooks = this.#compileHooks(spec, { cgroup, compiled, filter, resctrl });
    const aborted = new AbortController();
    const opening = this.#openStdio(compiled, aborted.signal);
    this.#rollback.add("close stdio", async () => {
      aborted.abort();
      await opening.then(
        (stdio) => stdio.abort(),
        () => undefined,
      );
    });
    // The rendezvous with the client goes on while the namespaces are made; its failure is met below.
    opening.catch(() => undefined);
    const spawned = new InitSpawn(this.#host, cgroup);
    this.#rollback.add("kill init", () => spawned.kill());
    try {
      const parts = { compiled, filter, cgroup, resctrl, hooks, spawned };
      using trees = await openTrees(this.#host, compiled.trees, namespaces.fds.get("ns:user"));
      const process = await this.#prepare(parts, [...namespaces.fds, ...trees.fds]);
      await using devices = await moveNetDevices(this.#host, spec.linux.netDevices, process);
      await hooks.prepared(process);
      const init = new ProcessOwner(process, await opening);
      await this.#finish(parts, init);
      const live = this.#commit(parts, init, spawned.channel.next());
      devices.keep();
      return live;
    } catch (error) {
      throw initFailure(error, cgroup);
    }
  }

  async #mountRootfs(): Promise<void> {
    const { rootfsMounts } = this.#options;
    if (rootfsMounts.length === 0) return;
    const rootfs = mountedRootfs(this.#options.bundle);
    makeRootfsDirectory(rootfs);
    this.#rollback.add("unmount rootfs", () => unmountRecursive(rootfs));
    using namespaces = new IdMapNamespaces(this.#host, undefined);
    await mountRootfs(rootfsMounts, rootfs, (mappings) => namespaces.of(mappings));
  }

  #readSpec(): Spec {
    const { bundle, stdio } = this.#options;
    const { spec, warnings } = parseSpec(readConfig(bundle));
    this.#warn(warnings);
    checkTerminal(spec.process.terminal, stdio);
    // Saved with the place of the cgroup.
    this.#record.note({ rootfs: rootfsPath(bundle, spec.root.path) });
    return spec;
  }

  #makeFilter(spec: Spec): ContainerFilter | undefined {
    const { seccomp } = spec.linux;
    if (seccomp === undefined) return undefined;
    const program = this.#host.seccomp.filter(seccomp, this.#options.stateRoot);
    return containerFilter(program, seccomp, hookSubject(spec, this.#options));
  }

  #createCgroup(spec: Spec): Cgroup {
    const { id, systemdCgroup: systemd } = this.#options;
    const onPlace = (cgroupToBe: CgroupState): void => this.#record.save({ cgroupToBe });
    const { resources } = spec.linux;
    const options = { systemd, resources, annotations: spec.annotations, onPlace };
    const cgroup = Cgroup.create(this.#host.layout, spec.linux.cgroupsPath, id, options);
    this.#rollback.add("remove cgroup", async () => {
      cgroup.kill();
      await cgroup.destroy();
    });
    if (cgroup.isMade) this.#record.saveCgroup(cgroup);
    return cgroup;
  }

  /** Its groups are noted before they are made. */
  #planResctrl({ linux }: Spec): Resctrl | undefined {
    const resctrl = planResctrl(linux.intelRdt, this.#options.id);
    if (resctrl === undefined) return undefined;
    this.#record.save({ resctrl: resctrl.state });
    this.#rollback.add("remove groups of resctrl", () => resctrl.remove());
    return resctrl;
  }

  #compile(spec: Spec, cgroup: Cgroup, found: FoundFacts): CompiledContainer {
    const { id, bundle, noPivot, noNewKeyring, stdio, inherited } = this.#options;
    const { rootfs } = this.#record.state;
    const compiled = compileContainer(spec, this.#host.facts, {
      id,
      bundle,
      rootfs,
      noPivot,
      noNewKeyring,
      nullStdio: nullStreams(stdio),
      inherited: inherited && countInherited(inherited),
      ...found,
      ...cgroupDirectories(cgroup),
      hostProcMounts: noPivot ? hostProcMounts(rootfs) : [],
    });
    this.#warn(compiled.process.warnings);
    return compiled;
  }

  /** From here on poststop hooks are due, whatever becomes of the container. */
  #compileHooks(
    spec: Spec,
    { cgroup, compiled, filter, resctrl }: Omit<Parts, "hooks" | "spawned">,
  ): ContainerHooks {
    const hooks = compileHooks(spec, compiled, { ...this.#options, facts: this.#host.facts });
    const poststop = duePoststop(hooks);
    if (poststop !== undefined) this.#record.save({ poststop });
    return new ContainerHooks({ host: this.#host, cgroup, resctrl, filter }, hooks);
  }

  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) this.#host.log.warn(warning, { id: this.#options.id });
  }

  #openStdio(compiled: CompiledContainer, signal: AbortSignal): Promise<ProcessStdio> {
    const { stdio, ioUid, ioGid, id, namespace, bundle } = this.#options;
    const { uid, gid } = compiled.process.hostIds ?? compiled.process;
    return openStdio(stdio, {
      // With a pid namespace of its own the kernel ends every writer together with init: nothing can hold the FIFO open.
      direct: compiled.privatePidNamespace && ioUid === undefined && ioGid === undefined,
      uid: ioUid ?? uid,
      gid: ioGid ?? gid,
      signal,
      logger: { host: this.#host, id, namespace, cwd: bundle },
    });
  }

  /** Namespaces, root filesystem, mounts, devices; then the limits, before any of the user's program runs. */
  async #prepare(
    { spawned, compiled, cgroup, resctrl }: Parts,
    inputs: readonly (readonly [Slot, Fd])[],
  ): Promise<InitProcess> {
    await cgroup.enter(spawned.stagePid, compiled.resources);
    this.#record.saveCgroup(cgroup);
    resctrl?.enter(spawned.stagePid);
    using slots = cgroupSlots(cgroup);
    const fds = new Map<Slot, Fd>([["proc", this.#host.proc], ...slots.fds, ...inputs]);
    const program = joinPrograms(compiled.enter(slots.fds.length), compiled.prepare);
    const process = await spawned.enter(program, fds, "done");
    await cgroup.apply(compiled.resources, compiled.cgroupOwner).catch((error: unknown) => {
      throw limitsFailure(error);
    });
    resctrl?.limit();
    spawned.setRlimits(compiled.process.rlimits);
    return process;
  }

  /** Everything up to the wait at exec.fifo; init goes on to it, and after it, by itself. */
  async #finish({ spawned, compiled, filter }: Parts, { pid, stdio }: ProcessOwner): Promise<void> {
    using root = spawned.channel.takeFd(ROOT_FD_TAG);
    const home = root === undefined ? undefined : homeDirectory(root, compiled.process.uid);
    using fifo = createExecFifo(this.#record.directory);
    using seccomp = new FilterInstallation(filter, { status: "creating" });
    const given = [...stdio.childFds, ...inheritedSlots(this.#options.inherited)];
    const fds = new Map<Slot, Fd>([["fifo", fifo], ...given, ...seccomp.fds]);
    const ownPid = compiled.process.needsPid ? innerPid(pid) : undefined;
    const ready = spawned.run(compiled.finish(home, ownPid), fds, "ready");
    await seccomp.during(spawned.channel, ready);
    stdio.releaseChildFds();
    const console = spawned.channel.takeConsole();
    if (console !== undefined) stdio.attachConsole(console);
    spawned.setTightLimits(compiled.process.rlimits);
  }

  #commit(parts: Parts, init: ProcessOwner, released: Promise<Milestone>): LiveContainer {
    // Heard by start; a container that is killed before has nobody listening.
    released.catch(() => undefined);
    const startTime = String(processStartTime(init.pid) ?? 0n);
    this.#record.save({ init: { pid: init.pid, startTime } });
    writeFileSync(join(this.#options.bundle, "init.pid"), String(init.pid), { mode: 0o644 });
    return new Live({
      ...parts,
      host: this.#host,
      directory: this.#record.directory,
      state: this.#record.state,
      init,
      released,
    });
  }
}
