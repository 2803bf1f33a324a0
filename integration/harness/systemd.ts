// SPDX-License-Identifier: Apache-2.0
// A real systemd as process 1 of namespaces of its own, on the file systems of this machine: nothing of it is reached by the
// machine's own processes, and with its first process everything goes. It runs one empty target, and what tests start.

import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type CommandOptions, type CommandResult, run } from "./command.ts";
import { eventually } from "./eventually.ts";

/** "v2" sees nothing but cgroup2; "hybrid" what a v1 host has. */
export type SystemdKind = "v2" | "hybrid";

const SYSTEMD = "/lib/systemd/systemd";

/** Leaves the host's cgroups for those that were made for it, and makes the namespaces. $PROCS: files to join by. */
const ENTER = `for file in $PROCS; do echo $$ > "$file" || exit 1; done
exec unshare --mount --pid --ipc --uts --net --cgroup --fork --kill-child --propagation private sh -ec "$INSIDE"`;

/**
 * In the namespaces. systemd may write below /run, /etc/systemd and /var/lib/systemd, which are empty; kernel settings, clock and
 * modules are the machine's and stay as they are. $TREES: names of v1 trees with their options, "cpu=cpu systemd=none,name=systemd".
 */
const INSIDE = `mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
# These are the network namespace's own.
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,ro /proc/sys
[ ! -e /dev/console ] || mount --bind "$CONSOLE" /dev/console
umount -l /sys/fs/cgroup
if [ -z "$TREES" ]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  mount -t tmpfs tmpfs /sys/fs/cgroup
  for tree in $TREES unified=; do
    mkdir "/sys/fs/cgroup/\${tree%%=*}"
    if [ "$tree" = unified= ]; then mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
    else mount -t cgroup -o "\${tree#*=}" cgroup "/sys/fs/cgroup/\${tree%%=*}"; fi
  done
fi
for directory in /run /etc/systemd /var/lib/systemd; do mkdir -p "$directory"; mount -t tmpfs tmpfs "$directory"; done
mkdir -p /run/lock /run/proc /etc/systemd/system
# A user namespace gets no procfs where there is none without anything on top.
mount -t proc proc /run/proc
# systemd mounts each controller that the kernel has and nobody has mounted, which would take it from the machine's cgroup2 tree.
grep -E "$CONTROLLERS" /proc/cgroups > /run/cgroups
mount --bind /run/cgroups /proc/cgroups
if [ -e /etc/machine-id ]; then
  tr -d - < /proc/sys/kernel/random/uuid > /run/machine-id
  mount --bind /run/machine-id /etc/machine-id
fi
printf '[Unit]\\nDescription=Nothing\\nDefaultDependencies=no\\n' > /etc/systemd/system/nothing.target
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin setpriv --bounding-set=-sys_module,-sys_time \\
  ${SYSTEMD} --system --unit=nothing.target --log-target=console --show-status=no`;

/**
 * Into the tree of systemd's namespace, from outside of it: on a tree that is mounted with "nsdelegate", which is a flag of all
 * mounts of it, systemd could not take processes from elsewhere.
 */
const JOIN = 'echo $$ > "$0" && exec "$@"';

/** Joins the trees that systemd does not manage, then becomes a unit of its own, as containerd is on a real host. */
const RUN = `for tree in /sys/fs/cgroup/*/; do [ ! -e "$tree/tasks" ] || echo $$ > "$tree/cgroup.procs"; done
exec systemd-run --scope --slice=system.slice --unit="run-$$" -- "$@"`;

interface Tree {
  readonly mountPoint: string;
  /** Of v1: how it is mounted. */
  readonly options: string | undefined;
  /** This process's cgroup in it. */
  readonly own: string;
}

/** Why there can't be a systemd here, if that is so. */
export function systemdObstacle(kind: SystemdKind): string | undefined {
  const trees = readTrees();
  if (!trees.some(({ options }) => options === undefined)) return "no cgroup2 tree is mounted";
  if (kind === "hybrid" && !trees.some(({ options }) => options?.includes("name=systemd"))) {
    return "this machine has no cgroup v1 tree for systemd";
  }
  return undefined;
}

export class Systemd {
  readonly #trees: readonly Tree[];
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #console: string;
  #pid = 0;

  private constructor(kind: SystemdKind, directory: string) {
    this.#trees = readTrees();
    this.#name = `tsrunc-systemd-${process.pid}`;
    this.#console = join(directory, `console-${kind}`);
    const log = openSync(this.#console, "a");
    for (const tree of this.#trees) makeCgroup(tree, this.#name);
    const v1 = this.#trees.filter(({ options }) => options !== undefined);
    const trees = v1.map((tree) => `${tree.mountPoint.replace(/.*\//, "")}=${tree.options}`);
    this.#process = spawn("sh", ["-c", ENTER], {
      env: {
        ...process.env,
        PROCS: this.#trees.map((tree) => `${this.#pathIn(tree)}/cgroup.procs`).join(" "),
        TREES: kind === "v2" ? "" : trees.join(" "),
        CONTROLLERS: `^(#subsys_name|${v1.map(({ options }) => options).join("|")})\\s`.replaceAll(
          ",",
          "|",
        ),
        CONSOLE: this.#console,
        INSIDE,
      },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
  }

  /** Boots, and returns when it is up. `directory` is for its console. */
  static async boot(kind: SystemdKind, directory: string): Promise<Systemd> {
    const systemd = new Systemd(kind, directory);
    try {
      await systemd.#awaitBoot();
      return systemd;
    } catch (error) {
      const console = readFileSync(systemd.#console, "utf8");
      await systemd.stop();
      throw new Error(`systemd does not come up:\n${console}`, { cause: error });
    }
  }

  /** Runs a program as a scope of its own. */
  async run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const unified = this.#trees.find((tree) => tree.options === undefined);
    if (unified === undefined) throw new Error("no cgroup2 tree");
    const entry = join(this.#pathIn(unified), "entry");
    mkdirSync(entry, { recursive: true });
    const into = ["sh", "-c", JOIN, join(entry, "cgroup.procs")];
    return await run([...into, ...this.#nsenter(), "sh", "-c", RUN, "sh", ...argv], options);
  }

  /** Ends it with everything in it, and removes its cgroups. Idempotent. */
  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) resolve();
      else this.#process.once("exit", () => resolve());
    });
    this.kill();
    await ended;
    for (const tree of this.#trees) {
      await eventually(`${this.#pathIn(tree)} is gone`, () => removeTree(this.#pathIn(tree)));
    }
  }

  /** The same without waiting or cleaning, for a process that is being ended itself. */
  kill(): void {
    // The end of `unshare` is the end of its child, which is the namespace's process 1.
    this.#process.kill("SIGKILL");
  }

  #pathIn(tree: Tree): string {
    return join(tree.mountPoint, tree.own, this.#name);
  }

  #nsenter(): string[] {
    return ["nsenter", "-t", String(this.#pid), "-m", "-p", "-i", "-u", "-n", "-C", "--"];
  }

  async #awaitBoot(): Promise<void> {
    const pid = this.#process.pid ?? 0;
    await eventually("systemd is up", async () => {
      if (this.#process.exitCode !== null) throw new Error("it has ended");
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
      if (!/^\d+$/.test(children)) return false;
      this.#pid = Number(children);
      // Before, it is the shell that becomes it.
      if (!readFileSync(`/proc/${children}/cmdline`, "utf8").startsWith(SYSTEMD)) return false;
      const { stdout } = await run([...this.#nsenter(), "systemctl", "is-system-running"]);
      return /^(running|degraded)$/m.test(stdout);
    });
  }
}

function readTrees(): readonly Tree[] {
  const own = new Map(
    readFileSync("/proc/self/cgroup", "utf8")
      .split("\n")
      .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
      .map((match) => [match?.[1] ?? "?", match?.[2] ?? "/"]),
  );
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .flatMap((line): Tree[] => {
      const [before = "", after = ""] = line.split(" - ");
      const mountPoint = before.split(" ")[4] ?? "";
      const [type, , superOptions = ""] = after.split(" ");
      if (!mountPoint.startsWith("/sys/fs/cgroup") || !type?.startsWith("cgroup")) return [];
      if (type === "cgroup2") return [{ mountPoint, options: undefined, own: own.get("") ?? "/" }];
      const options = superOptions
        .split(",")
        .filter((option) => own.has(option))
        .join(",");
      const named = options.startsWith("name=") ? `none,${options}` : options;
      return [{ mountPoint, options: named, own: own.get(options) ?? "/" }];
    });
}

function makeCgroup(tree: Tree, name: string): void {
  const path = join(tree.mountPoint, tree.own, name);
  mkdirSync(path);
  if (tree.options !== "cpuset") return;
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    writeFileSync(join(path, file), readFileSync(join(path, "..", file)));
  }
}

/** @returns whether it is gone */
function removeTree(path: string): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(join(path, entry.name))) return false;
    }
    rmdirSync(path);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}
