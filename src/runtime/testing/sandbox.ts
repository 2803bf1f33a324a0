// SPDX-License-Identifier: Apache-2.0
// For tests as root: a bundle with busybox in it, containers made of it, and nothing left of them afterwards. There is a
// Reaper at work: no child_process in tests that use this.

import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../../base/log.ts";
import { readCgroupLayout } from "../../cgroup/mode.ts";
import { nowNs } from "../../sys/clock.ts";
import { O_NONBLOCK, O_RDONLY } from "../../sys/constants.ts";
import { type Fd, open, readFd } from "../../sys/fd.ts";
import { mkfifo, readMountInfo } from "../../sys/proc.ts";
import { Reaper, type ReaperOptions } from "../../sys/reaper.ts";
import type { HostOptions } from "../host.ts";
import { createRuntime } from "../runtime.ts";
import type { CreateOptions, ExecOptions, LiveContainer, Runtime } from "../types.ts";

const NAMESPACES = ["pid", "mount", "ipc", "uts", "network", "cgroup"];
const MOUNTS = [
  { destination: "/proc", type: "proc", source: "proc" },
  { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
  ...[{ destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance"] }],
];
const PROCESS = { cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } };

export const NO_STDIO = { terminal: false, stdin: "", stdout: "", stderr: "" };

/** What a test wants to be different in config.json. */
export interface ConfigChanges extends Record<string, unknown> {
  readonly process?: object;
  readonly linux?: object;
}

/** What a process writes to `reader`, up to its end; closes it. */
export async function readAll(reader: Fd): Promise<string> {
  let text = "";
  const buffer = Buffer.alloc(65536);
  for (let count = readFd(reader, buffer); count !== 0; count = readFd(reader, buffer)) {
    if (count === undefined) await sleep(2);
    else text += buffer.toString("utf8", 0, count);
  }
  reader.close();
  return text;
}

export class Sandbox implements AsyncDisposable {
  /** Unique on the machine: the cgroup gets this name. */
  readonly id = `tsrunc-rt-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  /** The bundle; its rootfs has busybox in /bin. */
  readonly root = mkdtempSync(join(tmpdir(), "tsrunc-runtime-"));
  readonly reaper: Reaper;
  readonly runtime: Runtime;
  readonly #live: LiveContainer[] = [];

  constructor(options: ReaperOptions & Pick<Partial<HostOptions>, "nofile" | "log"> = {}) {
    this.reaper = Reaper.start(options);
    const { nofile } = options;
    const { reaper } = this;
    const hookEnv = ["PATH=/usr/bin:/bin", "INHERITED=yes"];
    this.runtime = createRuntime({
      reaper,
      log: options.log ?? silentLogger,
      now: nowNs,
      nofile,
      hookEnv,
    });
    chmodSync(this.root, 0o711);
    for (const name of ["bin", "etc", "proc", "dev", "sys", "tmp"]) {
      mkdirSync(join(this.root, "rootfs", name), { recursive: true });
    }
    copyFileSync("/bin/busybox", join(this.root, "rootfs/bin/busybox"));
    for (const applet of ["sh", "cat", "sleep", "tail", "true", "dd"]) {
      symlinkSync("busybox", join(this.root, "rootfs/bin", applet));
    }
  }

  /** Writes config.json: a shell that runs `script`, unless `changes` say otherwise. */
  writeConfig(script: string, changes: ConfigChanges = {}, bundle: string = this.root): void {
    const { process: processChanges, linux, ...rest } = changes;
    const config = {
      ociVersion: "1.0.2",
      root: { path: "rootfs" },
      mounts: MOUNTS,
      process: { ...PROCESS, args: ["sh", "-c", script], ...processChanges },
      linux: { namespaces: NAMESPACES.map((type) => ({ type })), ...linux },
      ...rest,
    };
    writeFileSync(join(bundle, "config.json"), JSON.stringify(config));
  }

  async create(changes: Partial<CreateOptions> = {}): Promise<LiveContainer> {
    const container = await this.runtime.create({
      namespace: "ns",
      id: this.id,
      bundle: this.root,
      rootfsMounts: [],
      stdio: NO_STDIO,
      stateRoot: join(this.root, "state"),
      noPivot: false,
      noNewKeyring: false,
      systemdCgroup: false,
      ioUid: undefined,
      ioGid: undefined,
      ...changes,
    });
    this.#live.push(container);
    return container;
  }

  /** For `LiveContainer.exec`: a shell that runs `script`. */
  exec(script: string, stdio: Partial<ExecOptions["stdio"]> = {}): ExecOptions {
    const process = { ...PROCESS, args: ["sh", "-c", script] };
    return { execId: "e", process, stdio: { ...NO_STDIO, ...stdio } };
  }

  /** The path of a new FIFO that nobody has opened. */
  fifo(name: string): string {
    const path = join(this.root, name);
    mkfifo(path, 0o600);
    return path;
  }

  /** A FIFO with its reading end open, as a client has it. */
  client(name: string): { path: string; reader: Fd } {
    const path = this.fifo(name);
    return { path, reader: open(path, O_RDONLY | O_NONBLOCK) };
  }

  /** Ends what runs; fails if anything is left of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.#live) {
      try {
        container.signal(9);
      } catch {
        // It has ended by itself.
      }
      await container.remove();
    }
    this.reaper.stop();
    const mounts = readMountInfo().filter(({ mountPoint }) => mountPoint.startsWith(this.root));
    assert.deepEqual(mounts, [], "mounts were left");
    assert.equal(existsSync(join(this.root, "state/ns")), false, "state was left");
    for (const { mountPoint, ownPath } of readCgroupLayout().hierarchies) {
      assert.ok(!existsSync(join(mountPoint, ownPath, this.id)), "cgroups were left");
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}
