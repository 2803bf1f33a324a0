// SPDX-License-Identifier: Apache-2.0
// For tests as root: cgroups of this test's own with processes in them, and nothing left of either afterwards.

import type { Pid } from "../../base/brand.ts";
import type { Exit } from "../../base/exit.ts";
import type { DeviceCgroupRule, LinuxResources } from "../../oci/spec.ts";
import { O_RDWR } from "../../sys/constants.ts";
import { open, pipe, readFd } from "../../sys/fd.ts";
import { Reaper } from "../../sys/reaper.ts";
import { spawn } from "../../sys/spawn.ts";
import { Cgroup } from "../cgroup.ts";
import type { CgroupLayout } from "../layout.ts";
import { readCgroupLayout } from "../mode.ts";
import { choosePlace } from "../place.ts";
import { removeMembers } from "../remove.ts";

/** Joins every cgroup whose file was passed, says so, and goes on as `$0`. */
const JOIN =
  'for fd in $FDS; do echo 0 > /proc/self/fd/$fd || exit 99; done; echo ready; eval "$0"';

/** Processes that live no longer than it takes to make the next: listing finds them, but too late. They do not become more. */
export const BOMB = "f() { f & }; f; f; f; f; echo lit";

export interface Started {
  readonly pid: Pid;
  readonly exited: Promise<Exit>;
  /** What the script has printed, once it and all that it started have ended. */
  output(): Promise<string>;
}

export class Sandbox implements AsyncDisposable {
  readonly layout: CgroupLayout = readCgroupLayout();
  readonly #reaper = Reaper.start();
  readonly #name = `tsrunc-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  readonly #cgroups: Cgroup[] = [];
  readonly #exits: Promise<Exit>[] = [];

  /** A cgroup below (v2: beside) the one of this process, in a parent of this sandbox's own. */
  create(name: string): Cgroup {
    const cgroup = Cgroup.create(this.layout, this.pathOf(name), name);
    this.#cgroups.push(cgroup);
    return cgroup;
  }

  /** The cgroupsPath of `create`. */
  pathOf(name: string): string {
    return `${this.#name}/${name}`;
  }

  /** Runs a shell script in `cgroup`; returns when it is there, and has said `until` if that is given. */
  start(
    cgroup: Cgroup,
    script: string,
    options?: { readonly join?: boolean; readonly until?: string },
  ): Started {
    using stack = new DisposableStack();
    const inputs = options?.join === false ? [] : cgroup.joinFds();
    for (const fd of inputs) stack.use(fd);
    const directory = cgroup.spawnDirectory();
    if (directory !== undefined) stack.use(directory);
    const output = pipe();
    stack.use(output.write);
    const numbers = inputs.map((_, index) => index + 3);
    const { pid, pidfd } = spawn({
      exe: "/bin/sh",
      argv: ["sh", "-c", JOIN, script],
      env: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin", `FDS=${numbers.join(" ")}`],
      fds: [
        { fd: stack.use(open("/dev/null", O_RDWR)), as: 0 },
        { fd: output.write, as: 1 },
        { fd: output.write, as: 2 },
        ...inputs.map((fd, index) => ({ fd, as: index + 3 })),
      ],
      cgroup: directory,
    });
    pidfd.close();
    const exited = this.#reaper.claim(pid);
    this.#exits.push(exited);
    let first = read(output.read);
    for (let part = first; part !== "" && !first.includes(options?.until ?? ""); first += part) {
      part = read(output.read);
    }
    if (!first.startsWith("ready\n")) throw new Error(`the process could not join: ${first}`);
    return {
      pid,
      exited,
      output: async () => {
        await exited;
        let text = first.slice("ready\n".length);
        for (let part = read(output.read); part !== ""; part = read(output.read)) text += part;
        output.read.close();
        return text;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cgroup of this.#cgroups) cgroup.kill();
    await Promise.all(this.#exits);
    for (const cgroup of this.#cgroups) await cgroup.destroy();
    const request = { cgroupsPath: this.#name, id: "", systemd: false };
    await removeMembers(choosePlace(this.layout, request).members);
    this.#reaper.stop();
  }
}

function read(fd: Parameters<typeof readFd>[0]): string {
  const buffer = new Uint8Array(65_536);
  const count = readFd(fd, buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, count));
}

const NOTHING: LinuxResources = {
  devices: [],
  memory: undefined,
  cpu: undefined,
  pids: undefined,
  blockIO: undefined,
  hugepageLimits: [],
  network: undefined,
  rdma: [],
  unified: new Map(),
};

/** Resources with only these limits; `memory` and `cpu` in the words of the runtime spec. */
export function limits(given: {
  readonly memory?: Partial<NonNullable<LinuxResources["memory"]>>;
  readonly cpu?: Partial<NonNullable<LinuxResources["cpu"]>>;
  readonly pids?: bigint;
  readonly devices?: readonly DeviceCgroupRule[];
  readonly blockIO?: Partial<NonNullable<LinuxResources["blockIO"]>>;
  readonly hugepageLimits?: LinuxResources["hugepageLimits"];
  readonly network?: Partial<NonNullable<LinuxResources["network"]>>;
  readonly rdma?: LinuxResources["rdma"];
  readonly unified?: Readonly<Record<string, string>>;
}): LinuxResources {
  const { memory, cpu, pids, devices, blockIO, network, unified, hugepageLimits, rdma } = given;
  return {
    ...NOTHING,
    hugepageLimits: hugepageLimits ?? [],
    rdma: rdma ?? [],
    blockIO: blockIO && { ...NO_BLOCK_IO, ...blockIO },
    network: network && { classID: undefined, priorities: [], ...network },
    unified: new Map(Object.entries(unified ?? {})),
    devices: devices ?? [],
    memory: memory && { ...NO_MEMORY, ...memory },
    cpu: cpu && { ...NO_CPU, ...cpu },
    pids: pids === undefined ? undefined : { limit: pids },
  };
}

const NO_MEMORY: NonNullable<LinuxResources["memory"]> = {
  limit: undefined,
  reservation: undefined,
  swap: undefined,
  kernel: undefined,
  kernelTCP: undefined,
  swappiness: undefined,
  disableOOMKiller: false,
  checkBeforeUpdate: false,
};

const NO_CPU: NonNullable<LinuxResources["cpu"]> = {
  shares: undefined,
  quota: undefined,
  period: undefined,
  burst: undefined,
  realtimeRuntime: undefined,
  realtimePeriod: undefined,
  idle: undefined,
  cpus: undefined,
  mems: undefined,
};

const NO_BLOCK_IO: NonNullable<LinuxResources["blockIO"]> = {
  weight: undefined,
  leafWeight: undefined,
  weightDevice: [],
  throttleReadBpsDevice: [],
  throttleWriteBpsDevice: [],
  throttleReadIOPSDevice: [],
  throttleWriteIOPSDevice: [],
};
