// SPDX-License-Identifier: Apache-2.0
// The promise: every flag of `ctr run` does what it says, which is observed in the container or in the kernel. Those that
// a table can tell are in harness/ctr-cases.ts; here are the others, and the check that none is forgotten.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { check } from "./harness/command.ts";
import {
  ELSEWHERE,
  INSIDE_CASES,
  type InsideCase,
  LIMIT_CASES,
  type LimitCase,
  PLACE_FILES,
} from "./harness/ctr-cases.ts";
import { ownView } from "./harness/own-view.ts";
import { cgroupDirectory, namespaceOf, readLimit } from "./harness/processes.ts";
import type { Scope } from "./harness/scope.ts";
import { onEachContainerd } from "./harness/suite.ts";

/** The flags that a ctr has, by its own help. */
function flagsOf(ctr: string, ...command: readonly string[]): ReadonlySet<string> {
  const { stdout } = spawnSync(ctr, [...command, "--help"], { encoding: "utf8" });
  return new Set([...stdout.matchAll(/^ +(--[a-z-]+)/gm)].map(([, flag = ""]) => flag));
}

async function writePlaceFiles(scope: Scope): Promise<void> {
  for (const [name, text] of Object.entries(PLACE_FILES)) {
    mkdirSync(dirname(scope.path(name)), { recursive: true });
    writeFileSync(scope.path(name), text);
  }
  await check(["mknod", scope.path("node"), "c", "1", "99"]);
}

function argumentsOf(flags: InsideCase["flags"], path: (name: string) => string): string[] {
  return [...(typeof flags === "function" ? flags({ path }) : flags)];
}

function flagNames(flags: InsideCase["flags"]): string[] {
  return argumentsOf(flags, (name) => name).filter((word) => word.startsWith("--"));
}

async function runInside(scope: Scope, flagCase: InsideCase): Promise<void> {
  await writePlaceFiles(scope);
  const flags = argumentsOf(flagCase.flags, (name) => scope.path(name));
  const result = await scope.ctrRun(["--rm", ...flags], "c", ["sh", "-c", flagCase.script]);
  const { stdout } = flagCase;
  if (typeof stdout === "string") assert.equal(result.stdout, stdout, result.stderr);
  else assert.match(result.stdout, stdout, result.stderr);
  assert.equal(result.status, 0, result.stderr);
}

/** A container in the background. Returns the pid of its init. */
async function runDetached(scope: Scope, flags: readonly string[], id = "c"): Promise<number> {
  await scope.ctrOk(scope.runArgs(["-d", "--null-io", ...flags], id, ["sleep", "1000"]));
  return (await scope.api.state({ containerId: id })).pid;
}

async function runLimited(scope: Scope, limit: LimitCase): Promise<void> {
  const flags = argumentsOf(limit.flags, (name) => scope.path(name));
  const pid = await runDetached(scope, flags);
  assert.match(readLimit(pid, limit.controller, limit.file), limit.value);
}

/** The configuration that containerd gave to the runtime. */
function bundleOf(scope: Scope, id: string): { annotations: Record<string, string> } {
  const tasks = join(scope.containerd.directory, "state", "io.containerd.runtime.v2.task");
  return JSON.parse(readFileSync(join(tasks, scope.namespace, id, "config.json"), "utf8"));
}

/** A directory with a root file system of busybox, as `--rootfs` and `--config` want it. */
async function makeRootfs(scope: Scope): Promise<string> {
  const rootfs = scope.path("rootfs");
  for (const name of ["bin", "dev", "etc", "proc", "root", "run", "sys", "tmp"]) {
    mkdirSync(join(rootfs, name), { recursive: true });
  }
  await check(["cp", "/bin/busybox", join(rootfs, "bin", "busybox")]);
  await check(["ln", "-s", "busybox", join(rootfs, "bin", "sh")]);
  writeFileSync(join(rootfs, "marker"), "mine\n");
  return rootfs;
}

/** A disk of the machine, which is only looked at. */
function anyDisk(): string | undefined {
  return readdirSync("/sys/block").find((name) => /^([hsv]d|nvme|xvd)/.test(name));
}

const MARK_ADDRESS = "192.0.2.99";

/** A CNI plugin, where clients look for plugins, that gives the loopback device of the container one more address. */
function installMarkPlugin(): void {
  const result = { cniVersion: "0.4.0", ips: [{ version: "4", address: `${MARK_ADDRESS}/32` }] };
  const versions = { cniVersion: "0.4.0", supportedVersions: ["0.3.1", "0.4.0"] };
  const script = `#!/bin/sh
case $CNI_COMMAND in
ADD) nsenter --net="$CNI_NETNS" ip addr add ${MARK_ADDRESS}/32 dev lo && echo '${JSON.stringify(result)}' ;;
VERSION) echo '${JSON.stringify(versions)}' ;;
esac
`;
  mkdirSync("/opt/cni/bin", { recursive: true });
  mkdirSync("/etc/cni/net.d", { recursive: true });
  writeFileSync("/opt/cni/bin/mark", script, { mode: 0o755 });
  const network = { cniVersion: "0.4.0", name: "mark", plugins: [{ type: "mark" }] };
  writeFileSync("/etc/cni/net.d/00-mark.conflist", JSON.stringify(network));
}

/** The namespaces that a container may share with another: as the spec calls them, and as the kernel does. */
const JOINED: ReadonlyMap<string, string> = new Map([
  ["network", "net"],
  ["ipc", "ipc"],
  ["uts", "uts"],
  ["pid", "pid"],
  ["cgroup", "cgroup"],
]);

/** With cgroup v1 clients ask for no cgroup namespace. */
const SHARED_BY_DEFAULT: ReadonlySet<string> = new Set(["cgroup"]);

await onEachContainerd(({ edition, test }) => {
  const ctr = join(edition.bin, "ctr");
  const known = flagsOf(ctr, "run");

  test("ctr run: every flag has a case or a reason", async () => {
    const cases = [...INSIDE_CASES, ...LIMIT_CASES].flatMap(({ flags }) => flagNames(flags));
    const covered = new Set([...cases, ...Object.keys(ELSEWHERE)]);
    const forgotten = [...known].filter((flag) => !covered.has(flag));
    assert.deepEqual(forgotten, []);
  });

  for (const flagCase of INSIDE_CASES) {
    if (flagCase.except === edition.name) continue;
    if (!flagNames(flagCase.flags).every((flag) => known.has(flag))) continue;
    test(`ctr run: ${flagCase.promise}`, (scope) => runInside(scope, flagCase));
  }

  for (const limit of LIMIT_CASES) {
    if (!flagNames(limit.flags).every((flag) => known.has(flag))) continue;
    test(`ctr run: ${limit.promise}`, (scope) => runLimited(scope, limit));
  }

  test("ctr run: the runtime can be named by the path of its program", async (scope) => {
    const program = scope.containerd.shim;
    const args = ["run", "--rm", "--runtime", program, "--fifo-dir", scope.fifoDirectory];
    assert.equal(await scope.ctrOk([...args, scope.imageName, "c", "echo", "fine"]), "fine\n");
  });

  test("ctr run: a directory of files instead of an image", async (scope) => {
    const rootfs = await makeRootfs(scope);
    const own = ["--runtime", scope.runtime, "--fifo-dir", scope.fifoDirectory];
    const command = ["/bin/sh", "-c", "cat /marker; echo out >/written"];
    const shown = await scope.ctrOk(["run", "--rm", ...own, "--rootfs", rootfs, "c", ...command]);
    assert.equal(shown, "mine\n");
    assert.equal(readFileSync(join(rootfs, "written"), "utf8"), "out\n");
  });

  test("ctr run: a configuration of one's own is run as it is", async (scope) => {
    const spec = JSON.parse(await scope.ctrOk(["oci", "spec"]));
    spec.root = { path: await makeRootfs(scope) };
    spec.hostname = "own";
    spec.process.args = ["/bin/busybox", "sh", "-c", "cat /marker; /bin/busybox hostname; exit 4"];
    spec.linux.cgroupsPath = `/${scope.namespace}/c`;
    writeFileSync(scope.path("config.json"), JSON.stringify(spec));
    const own = ["--runtime", scope.runtime, "--fifo-dir", scope.fifoDirectory];
    const config = ["--config", scope.path("config.json")];
    const result = await scope.ctr(["run", "--rm", ...own, ...config, "c"]);
    assert.deepEqual([result.stdout, result.status], ["mine\nown\n", 4], result.stderr);
  });

  test("ctr run: the cgroup is the one that was named", async (scope) => {
    const path = `/${scope.namespace}/own`;
    const pid = await runDetached(scope, ["--cgroup", path]);
    assert.equal(
      cgroupDirectory(pid, "memory").endsWith(path),
      true,
      cgroupDirectory(pid, "memory"),
    );
  });

  test("ctr run: the host's network is there, with its names", async (scope) => {
    const script = "readlink /proc/self/ns/net; cat /etc/hosts; cat /etc/resolv.conf";
    const result = await scope.ctrRun(["--rm", "--net-host"], "c", ["sh", "-c", script]);
    const files = ["/etc/hosts", "/etc/resolv.conf"].map((path) => readFileSync(path, "utf8"));
    assert.equal(result.stdout, [`${namespaceOf("self", "net")}\n`, ...files].join(""));
  });

  for (const [type, kind] of JOINED) {
    test(`ctr run: joins the ${type} namespace of another container`, async (scope) => {
      const first = await runDetached(scope, [], "first");
      const flag = `${type}:/proc/${first}/ns/${kind}`;
      const second = await runDetached(scope, ["--with-ns", flag], "second");
      for (const each of JOINED.values()) {
        const isSame = namespaceOf(first, each) === namespaceOf(second, each);
        assert.equal(isSame, each === kind || SHARED_BY_DEFAULT.has(each), each);
      }
    });
  }

  test("ctr run: the pid is written to the file that was named", async (scope) => {
    const pid = await runDetached(scope, ["--pid-file", scope.path("pid")]);
    assert.equal(readFileSync(scope.path("pid"), "utf8"), String(pid));
  });

  test("ctr run: labels are the container's, annotations the runtime's", async (scope) => {
    await runDetached(scope, ["--label", "a.b=c", "--annotation", "org.example/x=y z"]);
    const info = JSON.parse(await scope.ctrOk(["containers", "info", "c"]));
    assert.equal(info.Labels["a.b"], "c");
    assert.equal(bundleOf(scope, "c").annotations["org.example/x"], "y z");
  });

  test("ctr run: another place for runc's state is no obstacle", async (scope) => {
    const flags = ["--rm", "--runc-root", scope.path("runc")];
    assert.equal((await scope.ctrRun(flags, "c", ["echo", "fine"])).stdout, "fine\n");
  });

  test("ctr run: an AppArmor profile is refused where the kernel has no AppArmor", async (scope) => {
    if (existsSync("/sys/kernel/security/apparmor")) return;
    const result = await scope.ctrRun(["--rm", "--apparmor-profile", "own"], "c", ["true"]);
    assert.equal(result.status, 1);
    assert.match(result.stderr, /apparmor/i);
  });

  test("ctr run: CNI finds the network namespace between create and start", async (scope) => {
    const views = [await ownView("/etc", scope.directory), await ownView("/opt", scope.directory)];
    try {
      installMarkPlugin();
      const result = await scope.ctrRun(["--rm", "--cni"], "c", ["ip", "addr", "show", "lo"]);
      assert.match(result.stdout, new RegExp(`inet ${MARK_ADDRESS}/32`), result.stderr);
      assert.equal(result.status, 0, result.stderr);
    } finally {
      for (const end of views.reverse()) await end();
    }
  });

  const disk = anyDisk();
  if (known.has("--blockio-class") && disk !== undefined) {
    test("ctr run: a class of block I/O limits a disk", async (scope) => {
      const classes = `Classes:\n  slow:\n  - Devices: [/dev/${disk}]\n    ThrottleReadBps: 1M\n`;
      writeFileSync(scope.path("classes.yaml"), classes);
      const config = ["--blockio-config-file", scope.path("classes.yaml")];
      const pid = await runDetached(scope, [...config, "--blockio-class", "slow"]);
      const file = { v1: "blkio.throttle.read_bps_device", v2: "io.max" };
      assert.match(readLimit(pid, "blkio", file), /^\d+:0 (rbps=)?1000000\b/);
    });
  }
});
