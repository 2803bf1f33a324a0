// SPDX-License-Identifier: Apache-2.0
// What a run leaves on the machine: processes, mounts, cgroups, sockets, FIFOs, state directories. A machine has a life of
// its own, so each kind has a rule for which of its things can be ours, and what was there before never counts.

import { type Dirent, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "./command.ts";
import { eventually } from "./eventually.ts";
import { parentOf } from "./processes.ts";

/** Things by a name that a person understands: "process 123 (tsrunc-init)". */
export type Snapshot = ReadonlySet<string>;

/** Where shims of every containerd put their sockets, under names that say nothing. */
const SOCKET_DIRECTORY = "/run/containerd/s";

/** Directories that have one directory per containerd namespace. */
const STATE_DIRECTORIES = ["/run/containerd/tsrunc", "/run/containerd/runc"];

/** The containerd namespaces of CRI and Docker have no token in their names; only tests of these two use them. */
const CLIENT_NAMESPACES = ["k8s.io", "moby"];

/** Where CNI keeps what a plugin said when it set a pod up, until it has taken it down. */
const CNI_RESULTS = "/var/lib/cni/results";

/** Time for a helper that containerd started at the last moment to end by itself. */
const SETTLE_MS = 15_000;

/** Everything that there is now and that may be ours. `token` is a string in the names of all that a run makes. */
export function takeSnapshot(token: string): Snapshot {
  return new Set([
    ...processes(token),
    ...mounts(token),
    ...containerCgroups(token).map((path) => `cgroup ${path}`),
    ...staleSockets(),
    ...STATE_DIRECTORIES.flatMap((path) => stateOf(path, token)),
    ...cniResults(token),
  ]);
}

/** Throws, naming each thing, unless the machine comes back to `before`. */
export async function assertNothingLeft(token: string, before: Snapshot): Promise<void> {
  let left: string[] = [];
  try {
    await eventually(
      "leftovers",
      () => {
        left = [...takeSnapshot(token)].filter((thing) => !before.has(thing));
        return left.length === 0;
      },
      SETTLE_MS,
    );
  } catch {
    throw new Error(`left behind:\n  ${left.join("\n  ")}`);
  }
}

/** Removes what a run left, by force, so that the next one starts from a clean machine. Quick when there is nothing. */
export async function sweep(token: string, before: Snapshot): Promise<void> {
  const left = (): string =>
    [...takeSnapshot(token)].filter((thing) => !before.has(thing)).join("\n");
  // A container that was just being made goes on being made until its shim is gone: first all processes end.
  await eventually("processes end", () => {
    const pids = [...left().matchAll(/^process (\d+) /gm)];
    for (const [, pid] of pids) killQuietly(Number(pid));
    return pids.length === 0;
  }).catch(() => undefined);
  for (const [, path = ""] of left().matchAll(/^mount (.*)$/gm)) {
    if (path.includes(token)) await run(["umount", "-l", path]);
  }
  for (const path of cgroups(token)) {
    await eventually(path, () => removeQuietly(path), 2000).catch(() => undefined);
  }
  for (const [path] of left().matchAll(/^\/(?:run|var)\/.*$/gm)) {
    rmSync(path, { recursive: true, force: true });
  }
  for (const directory of STATE_DIRECTORIES) {
    const ours = list(directory).filter((entry) => entry.name.includes(token));
    for (const entry of ours) removeQuietly(join(directory, entry.name));
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function removeQuietly(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Everything that has the token in its command, cgroup, environment or directory, and each init that lost its shim. */
function processes(token: string): string[] {
  return list("/proc")
    .filter((entry) => /^\d+$/.test(entry.name) && Number(entry.name) !== process.pid)
    .flatMap((entry) => describeProcess(entry.name, token));
}

function describeProcess(pid: string, token: string): string[] {
  const directory = join("/proc", pid);
  const name = read(join(directory, "comm")).trim();
  const command = read(join(directory, "cmdline")).replaceAll("\0", " ").trim();
  const places = [
    read(join(directory, "cgroup")),
    read(join(directory, "environ")),
    cwd(directory),
  ];
  const description = `process ${pid} (${name}) ${command.slice(0, 200)}`;
  if ([command, ...places].join(" ").includes(token)) return [description];
  // It may be another run's: it is told, but not ended.
  const orphan = name === "tsrunc-init" && parentOf(Number(pid)) === 1;
  return orphan ? [`orphaned ${description}`] : [];
}

function cwd(directory: string): string {
  try {
    return readlinkSync(join(directory, "cwd"));
  } catch {
    return "";
  }
}

/** Socket files that no process serves any more. One that is served belongs to a process, which is looked for itself. */
function staleSockets(): string[] {
  const served = new Set(
    read("/proc/net/unix")
      .split("\n")
      .map((line) => line.split(" ").at(-1)),
  );
  return list(SOCKET_DIRECTORY)
    .map((entry) => join(SOCKET_DIRECTORY, entry.name))
    .filter((path) => !served.has(path));
}

/** Mounts with the token in their place or source, and every pinned namespace. */
function mounts(token: string): string[] {
  return read("/proc/self/mountinfo")
    .split("\n")
    .filter((line) => line.includes(token) || line.includes(" - nsfs "))
    .map((line) => `mount ${line.split(" ")[4] ?? ""}`);
}

/** The parent that ctr puts all cgroups of a namespace in outlives its containers with runc as well: it is no leftover. */
function containerCgroups(token: string): string[] {
  return cgroups(token).filter((path) => !basename(path).includes(token));
}

/** All cgroups of ours in every hierarchy, children first. */
function cgroups(token: string): string[] {
  const roots = read("/proc/self/mountinfo")
    .split("\n")
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(" ")[4] ?? "");
  return roots.flatMap((root) => cgroupsBelow(root, token));
}

function cgroupsBelow(directory: string, token: string): string[] {
  return list(directory)
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      const below = cgroupsBelow(path, token);
      return path.includes(token) ? [...below, path] : below;
    });
}

/** Containers that a runtime still keeps state of, in namespaces of ours. An empty namespace directory is not state. */
function stateOf(directory: string, token: string): string[] {
  return list(directory)
    .filter((entry) => entry.name.includes(token) || CLIENT_NAMESPACES.includes(entry.name))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return list(path).map((container) => join(path, container.name));
    });
}

/** Each names the network namespace that it is about, which is in a directory of ours. */
function cniResults(token: string): string[] {
  return list(CNI_RESULTS)
    .map((entry) => join(CNI_RESULTS, entry.name))
    .filter((path) => path.includes(token) || read(path).includes(token));
}

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
