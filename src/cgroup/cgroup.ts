// SPDX-License-Identifier: Apache-2.0
// The cgroup of one container, in whatever trees the host has: the folder's face to the rest of the program. It holds no
// descriptors but those of a watch that somebody wants: the rest is opened when it is needed.

import type { Pid } from "../base/brand.ts";
import { isErrno } from "../base/errors.ts";
import type { LinuxResources } from "../oci/spec.ts";
import { O_WRONLY } from "../sys/constants.ts";
import type { Fd } from "../sys/fd.ts";
import { applyDevices, applyLimits, toSystemdLimits, writeAll } from "./apply.ts";
import { realtimeWrites } from "./cpu-writes.ts";
import { createMembers, refuseInUse, removeUnused } from "./create.ts";
import { delegate } from "./delegate.ts";
import { type DevicePolicy, toDevicePolicy } from "./device-policy.ts";
import { DEFAULT_DEVICE_RULES } from "./device-rules.ts";
import { CgroupDirectory, type Member, refusal } from "./directory.ts";
import { type FindFiles, OpenTrees } from "./files.ts";
import { freeze, isStopped, setFrozen } from "./freezer.ts";
import type { CgroupKind, CgroupLayout } from "./layout.ts";
import type { Metrics } from "./metrics.ts";
import { watchOom } from "./oom-notice.ts";
import { choosePlace, requireSystemd } from "./place.ts";
import { killAll, openMoved, readPids, signalAll } from "./processes.ts";
import { removeMembers } from "./remove.ts";
import { readFlatFile } from "./stats.ts";
import { readMetricsV1 } from "./stats-v1.ts";
import { readMetricsV2 } from "./stats-v2.ts";
import { type Scope, setScopeLimits, startScope, updateScopeLimits } from "./systemd.ts";
import { toAnnotatedProperties } from "./systemd-annotations.ts";
import { stopUnit } from "./systemd-manager.ts";
import type { SystemdUnit } from "./systemd-path.ts";
import type { UnitProperty } from "./systemd-properties.ts";

/** Everything that is needed to find a cgroup again. JSON-able. */
export interface CgroupState {
  readonly kind: CgroupKind;
  readonly members: readonly Member[];
  /** The driver is systemd, and the cgroup this unit's. */
  readonly unit?: SystemdUnit | undefined;
}

/** What only some ask for. */
export interface CgroupOptions {
  /** systemd is to manage it, whatever the form of the path. */
  readonly systemd?: boolean;
  /** What is going to be asked: not every place can give everything, and some must be there before a process is. */
  readonly resources?: LinuxResources;
  /** Those of the configuration: some are properties of a systemd unit. */
  readonly annotations?: ReadonlyMap<string, string>;
  /** Told where it is going to be, before anything of it is made. */
  readonly onPlace?: (state: CgroupState) => void;
}

export class Cgroup {
  readonly #kind: CgroupKind;
  readonly #members: readonly Member[];
  readonly #unit: SystemdUnit | undefined;
  /** For the unit that is still to be made. */
  readonly #properties: readonly UnitProperty[];
  /** A unit of this name belongs to somebody else. */
  #isForeign = false;
  #isMade = true;

  private constructor(state: CgroupState, properties: readonly UnitProperty[] = []) {
    this.#kind = state.kind;
    this.#members = state.members;
    this.#unit = state.unit;
    this.#properties = properties;
  }

  /**
   * Makes the container's cgroup in every tree; on a throw nothing is left. SpecError for a bad `cgroupsPath`; SysError for what
   * the kernel refuses, EBUSY if there already is one with processes or a frozen one. One of systemd's is made by `enter`.
   */
  static create(
    layout: CgroupLayout,
    cgroupsPath: string | undefined,
    id: string,
    { systemd = false, resources, annotations = new Map(), onPlace }: CgroupOptions = {},
  ): Cgroup {
    const place = choosePlace(layout, { cgroupsPath, id, systemd });
    const state: CgroupState = { kind: layout.kind, ...place };
    if (place.unit === undefined) {
      onPlace?.(state);
      const cgroup = new Cgroup(state);
      createMembers(place.members, { resources, onMade: () => cgroup.#makeRoom(resources) });
      return cgroup;
    }
    requireSystemd();
    const properties = toAnnotatedProperties(annotations);
    // Before anybody notes this place as the container's: what is at such a place is killed when the container is removed.
    for (const member of place.members) refuseInUse(member);
    onPlace?.(state);
    const cgroup = new Cgroup(state, properties);
    cgroup.#isMade = false;
    return cgroup;
  }

  /** The cgroup that `toState` described, whether it still exists or not. */
  static open(state: CgroupState): Cgroup {
    return new Cgroup(state);
  }

  /** Whether it is there, and the container's: one of systemd's is after `enter`. */
  get isMade(): boolean {
    return this.#isMade;
  }

  toState(): CgroupState {
    return { kind: this.#kind, members: this.#members, unit: this.#unit };
  }

  /**
   * Puts the first process where it belongs if it could not be born there: systemd makes no unit without a process. SysError if
   * it refuses, EEXIST if there is a living unit of that name. `apply` is still to come.
   */
  async enter(pid: Pid, resources: Pick<LinuxResources, "devices" | "unified">): Promise<void> {
    const scope = this.#scope();
    if (scope === undefined) return;
    try {
      const { unified } = resources;
      const asked = { devices: policyOf(resources), unified, extra: this.#properties };
      await startScope(scope, pid, asked);
      this.#isMade = true;
    } catch (error) {
      this.#isForeign = isErrno(error, "EEXIST");
      throw error;
    }
  }

  /**
   * Files into which a single-threaded process writes "0" to join: v1 and hybrid, `tasks` of each v1 tree (cgroup.procs would
   * take a lock that costs milliseconds); v2, cgroup.procs. The caller closes them.
   */
  joinFds(): Fd[] {
    const file = this.#kind === "v2" ? "cgroup.procs" : "tasks";
    const version = this.#kind === "v2" ? 2 : 1;
    const fds: Fd[] = [];
    try {
      for (const member of this.#members) {
        if (member.version !== version) continue;
        using directory = CgroupDirectory.open(member);
        fds.push(directory.openFile(file, O_WRONLY));
      }
      return fds;
    } catch (error) {
      for (const fd of fds) fd.close();
      throw error;
    }
  }

  /**
   * The v2 directory that a process should be born in, if there is one: on a hybrid host as well, where joining it later would
   * cost milliseconds, and `joinFds` is still needed for the v1 trees. For an exec, `init` is the container's init: one that has
   * made a tree of its own (systemd) leaves no room for processes in the container's cgroup, but in its own. The caller closes it.
   * SysError EBUSY for a frozen one: a child of clone3 would not get to its execve, for which its parent's thread waits.
   * Undefined as well for the first process of a unit of systemd's, which is for `enter`.
   */
  spawnDirectory(init?: Pid): Fd | undefined {
    if (this.#unit !== undefined && init === undefined) return undefined;
    const member = this.#members.find(({ version }) => version === 2);
    if (member === undefined) return undefined;
    const directory = CgroupDirectory.open(member);
    const moved = init === undefined ? undefined : openMoved(directory, member, init);
    if (moved !== undefined) directory.fd.close();
    const chosen = moved ?? directory;
    if (!isStopped(chosen)) return chosen.fd;
    chosen.fd.close();
    throw refusal("EBUSY", "cannot start a process in a frozen cgroup", chosen.path);
  }

  /**
   * Puts limits and device rules in force, with the rules that every container gets appended. SysError or SpecError with a text
   * that says which file and value. `owner` is who may make cgroups below this one: host's uid of a user namespace's root.
   */
  async apply(given: LinuxResources, owner?: number): Promise<void> {
    const policy = policyOf(given);
    const resources = this.#checked(given);
    const scope = this.#scope();
    if (scope !== undefined) await setScopeLimits(scope, resources, policy);
    this.#applyPolicy(policy);
    this.#applyLimits(resources);
    if (owner !== undefined && this.#kind === "v2") delegate(this.#processMember(), owner);
  }

  /**
   * Changes limits of a live container; device rules stay as they are. Errors as in `apply`; one that is a SpecError has changed
   * nothing.
   */
  async update(given: LinuxResources): Promise<void> {
    const resources = this.#checked(given);
    const scope = this.#scope();
    const freezer = this.#version === 1 ? this.#memberOf("freezer") : undefined;
    if (scope !== undefined) await updateScopeLimits(scope, resources, freezer);
    this.#applyLimits(resources);
  }

  /** Every process of the container, those in sub-cgroups too, in this pid namespace's numbers. Empty if it is gone. */
  pids(): Pid[] {
    using directory = CgroupDirectory.openIfPresent(this.#processMember());
    return directory === undefined ? [] : readPids(directory);
  }

  /** SIGKILL to every process, also to those of a frozen cgroup. Returns before they have died. */
  kill(): void {
    if (this.#isForeign) return;
    killAll(this.#members, this.#processMember());
  }

  /** Sends `signal` to every process once. SysError EINVAL for a bad signal number. */
  signal(signal: number): void {
    using directory = CgroupDirectory.openIfPresent(this.#processMember());
    if (directory !== undefined) signalAll(directory, signal);
  }

  /** What the container uses. Missing controllers and files are left out or 0. */
  metrics(): Metrics {
    return this.#kind === "v2"
      ? readMetricsV2(this.#processMember())
      : readMetricsV1((controller) => this.#memberOf(controller));
  }

  /** How many processes of the container the OOM killer has ended so far; 0 without a memory controller. */
  oomKills(): bigint {
    const member = this.#memberOf("memory");
    const file = this.#kind === "v2" ? "memory.events" : "memory.oom_control";
    using directory = member && CgroupDirectory.openIfPresent(member);
    return (directory && readFlatFile(directory, file)?.["oom_kill"]) ?? 0n;
  }

  /** Calls `notice` whenever `oomKills` may have grown, until disposed of. SysError if this host cannot tell. */
  watchOom(notice: () => void): Disposable {
    return watchOom(this.#requireMember("memory"), notice);
  }

  /** Stops every process; resolves when all have. SysError ETIMEDOUT after 10 s, and then they run again. */
  async freeze(): Promise<void> {
    await freeze(this.#requireMember("freezer"));
  }

  /** Lets frozen processes go on. */
  thaw(): void {
    setFrozen(this.#requireMember("freezer"), false);
  }

  /** Removes the cgroup with those below it, after its processes have died. Idempotent; SysError EBUSY after 4 s. */
  async destroy(): Promise<void> {
    if (this.#isForeign) return;
    try {
      if (this.#unit !== undefined) await stopUnit(this.#unit.name);
    } finally {
      await removeMembers(this.#members);
    }
  }

  /** Removes what nobody is in: of one that was perhaps never made, at a place that may be somebody else's by now. */
  discard(): void {
    removeUnused(this.#members);
  }

  /** v1: no real-time thread can enter a cgroup without any time for it. */
  #makeRoom(resources: LinuxResources | undefined): void {
    const writes = this.#version === 1 ? realtimeWrites(resources?.cpu) : [];
    this.#withFiles((find) => writeAll(writes, find));
  }

  #scope(): Scope | undefined {
    const unit = this.#unit;
    return unit && { unit, version: this.#version, members: this.#members };
  }

  get #version(): 1 | 2 {
    return this.#kind === "v2" ? 2 : 1;
  }

  #applyLimits(resources: LinuxResources): void {
    this.#withFiles((find) => applyLimits(this.#version, find, resources));
  }

  /** systemd must not hear of what is refused, and gets what it can hold; else everything is checked before the first write. */
  #checked(resources: LinuxResources): LinuxResources {
    if (this.#unit === undefined) return resources;
    return this.#withFiles((find) => toSystemdLimits(this.#version, find, resources));
  }

  #withFiles<T>(action: (find: FindFiles) => T): T {
    using trees = new OpenTrees((controller) => this.#memberOf(controller));
    return action((controller) => trees.get(controller));
  }

  #applyPolicy(policy: DevicePolicy): void {
    applyDevices(this.#requireMember("devices"), policy);
  }

  #memberOf(controller: string): Member | undefined {
    if (this.#kind === "v2") return this.#members[0];
    return this.#members.find(({ controllers }) => controllers.includes(controller));
  }

  /** Without its tree a container would run with fewer bounds than it must have. */
  #requireMember(controller: string): Member {
    const member = this.#memberOf(controller);
    if (member !== undefined) return member;
    throw refusal("ENODEV", `cgroup controller "${controller}" is not mounted`, controller);
  }

  /** The tree whose cgroup.procs says which processes the container has. */
  #processMember(): Member {
    // systemd moves processes within the trees of controllers as it sees fit, but not in its own.
    const own = this.#unit === undefined ? undefined : this.#memberOf("name=systemd");
    const member =
      own ?? this.#memberOf("devices") ?? this.#memberOf("freezer") ?? this.#members[0];
    if (member !== undefined) return member;
    throw refusal("ENODEV", "the container has no cgroup", "cgroup");
  }
}

const policyOf = ({ devices }: Pick<LinuxResources, "devices">): DevicePolicy =>
  toDevicePolicy([...devices, ...DEFAULT_DEVICE_RULES]);
