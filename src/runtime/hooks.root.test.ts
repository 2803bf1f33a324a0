// SPDX-License-Identifier: Apache-2.0
// Hooks of real containers: when each runs, where, with what, and what becomes of the container when it does not end well.

import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../base/log.ts";
import { openDescriptors } from "../sys/testing/descriptors.ts";
import { removeLeftovers } from "./remove.ts";
import { createStateDirectory, saveState, stateDirectory } from "./state-file.ts";
import { type ConfigChanges, Sandbox } from "./testing/sandbox.ts";
import type { LiveContainer } from "./types.ts";

let sandbox: Sandbox;
let root = "";
let warnings: string[] = [];

beforeEach(() => {
  warnings = [];
  sandbox = new Sandbox({
    log: { ...silentLogger, warn: (message) => warnings.push(message) },
    nofile: { soft: 1000n, hard: 2000n },
  });
  root = sandbox.root;
  for (const applet of ["echo", "id", "readlink", "tr", "grep", "mkdir", "env"]) {
    symlinkSync("busybox", join(root, "rootfs/bin", applet));
  }
  writeFileSync(join(root, "rootfs/etc/passwd"), "app:x:1000:1000::/home/app:/bin/sh\n");
});

afterEach(() => sandbox[Symbol.asyncDispose]());

type Kind =
  | "prestart"
  | "createRuntime"
  | "createContainer"
  | "startContainer"
  | "poststart"
  | "poststop";
type Hooks = Partial<Record<Kind, object[]>>;

const KINDS = [
  "prestart",
  "createRuntime",
  "createContainer",
  "startContainer",
  "poststart",
  "poststop",
] as const;
/** Those that run before the program does. */
const EARLY = ["prestart", "createRuntime", "createContainer", "startContainer"] as const;

/** A hook that is a shell with `script`; $1 is `argument`. */
function shell(script: string, argument = "", more: object = {}): object {
  return { path: "/bin/sh", args: ["sh", "-c", script, "sh", argument], ...more };
}

async function create(hooks: Hooks, changes: ConfigChanges = {}, script = "exec sleep 100") {
  sandbox.writeConfig(script, { hooks, ...changes });
  return await sandbox.create();
}

/** Where a hook of this kind finds the directory of the root filesystem. */
function rootfsOf(kind: Kind): string {
  return kind === "startContainer" ? "" : join(root, "rootfs");
}

function read(name: string): string {
  return readFileSync(join(root, "rootfs", name), "utf8");
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(5);
}

/** Starts the container, waits for its end and removes it. */
async function finish(container: LiveContainer): Promise<void> {
  container.signal(9);
  await container.exited;
  await container.remove();
}

const LIMIT = { timeout: 30_000 };

test("each kind runs at its point, in the order given", LIMIT, async () => {
  const step = (kind: Kind, number: number): object =>
    shell(`echo ${kind} ${number} >> "$1"`, `${rootfsOf(kind)}/log`);
  const hooks = Object.fromEntries(KINDS.map((kind) => [kind, [step(kind, 0), step(kind, 1)]]));
  const container = await create(hooks, {}, "echo program >> /log; exec sleep 100");
  const expected = ["prestart", "createRuntime", "createContainer"].flatMap((kind) => [
    `${kind} 0`,
    `${kind} 1`,
  ]);
  const log = (): string[] => read("log").trimEnd().split("\n");
  assert.deepEqual(log(), expected);

  await container.start();
  await until(() => log().includes("program"));
  expected.push("startContainer 0", "startContainer 1");
  assert.deepEqual(log().slice(0, 8), expected);
  assert.deepEqual(log().slice(8).sort(), ["poststart 0", "poststart 1", "program"]);

  await finish(container);
  await container.remove();
  assert.deepEqual(log().slice(11), ["poststop 0", "poststop 1"]);
  assert.deepEqual(warnings, []);
});

test("what each kind reads from stdin is the state of its point", LIMIT, async () => {
  const save = (kind: Kind): object => shell('cat > "$1"', `${rootfsOf(kind)}/${kind}`);
  const hooks = Object.fromEntries(KINDS.map((kind) => [kind, [save(kind)]]));
  const annotations = { b: "2", a: "1", __proto__x: '"' };
  const container = await create(hooks, { annotations });
  await container.start();
  const { pid } = container;
  await finish(container);
  const state = (status: string, number?: number): string => {
    const numbered = number === undefined ? "" : `"pid":${number},`;
    return `{"ociVersion":"1.0.2","id":"${sandbox.id}","status":"${status}",${numbered}"bundle":"${root}","annotations":{"__proto__x":"\\"","a":"1","b":"2"}}`;
  };
  assert.equal(read("prestart"), state("creating", pid));
  assert.equal(read("createRuntime"), state("creating", pid));
  assert.equal(read("createContainer"), state("creating", 1));
  assert.equal(read("startContainer"), state("created", 1));
  assert.equal(read("poststart"), state("running", pid));
  assert.equal(read("poststop"), state("stopped"));
});

/** Prints what a hook can see of itself. ":" so that no shell becomes tr, whose environment is not that of before. */
const LOOK = `
exec > "$1"
echo "cwd $(pwd)"
echo "ids $(id -u) $(id -g)"
echo "umask $(umask)"
echo "nofile $(ulimit -n)"
fds=; n=0; while [ $n -lt 40 ]; do [ -e /proc/self/fd/$n ] && fds="$fds $n"; n=$((n+1)); done
echo "fds$fds"
for n in pid mnt net ipc uts cgroup; do echo "$n $(readlink /proc/self/ns/$n)"; done
echo "env $(tr '\\0' ' ' < /proc/self/environ; :)"
grep -E '^(NoNewPrivs|CapEff|CapBnd|Seccomp):' /proc/self/status
`;

/** What the hook of one kind has printed, by the first word of each line. */
function look(kind: Kind): Map<string, string> {
  const lines = read(kind).trimEnd().split("\n");
  return new Map(
    lines.map((line) => [line.split(/[ :]/, 1)[0] ?? "", line.replace(/^\S+\s?/, "")]),
  );
}

const NAMESPACES = ["pid", "mnt", "net", "ipc", "uts", "cgroup"];

function namespacesOf(pid: number | "self"): string[] {
  return NAMESPACES.map((name) => readlinkSync(`/proc/${pid}/ns/${name}`));
}

test(
  "each kind runs in its namespaces, with its rights, and with nothing else open",
  LIMIT,
  async () => {
    const hook = (kind: Kind): object => shell(LOOK, `${rootfsOf(kind)}/${kind}`);
    const hooks = Object.fromEntries(KINDS.map((kind) => [kind, [hook(kind)]]));
    const process = {
      user: { uid: 1000, gid: 1001, umask: 0o027 },
      noNewPrivileges: true,
      cwd: "/tmp",
      env: ["PATH=/bin", "OWN=1"],
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 500, hard: 500 }],
    };
    // startContainer runs as the user: the place that it writes to must be there.
    writeFileSync(join(root, "rootfs/startContainer"), "");
    chownSync(join(root, "rootfs/startContainer"), 1000, 1001);
    const container = await create(hooks, { process });
    await container.start();
    const inside = namespacesOf(container.pid);
    await finish(container);
    assert.deepEqual(warnings, []);

    const seen = Object.fromEntries(KINDS.map((kind) => [kind, look(kind)]));
    const of = (kind: Kind, what: string): string | undefined => seen[kind]?.get(what);
    for (const kind of KINDS) {
      assert.equal(of(kind, "fds"), "0 1 2", kind);
      const namespaces = NAMESPACES.map((name) => of(kind, name));
      const isInside = kind === "createContainer" || kind === "startContainer";
      assert.deepEqual(namespaces, isInside ? inside : namespacesOf("self"), kind);
    }
    for (const kind of ["prestart", "createRuntime", "poststart", "poststop"] as const) {
      assert.equal(of(kind, "cwd"), root, kind);
      assert.equal(of(kind, "env"), "PATH=/usr/bin:/bin INHERITED=yes ", kind);
      assert.equal(of(kind, "nofile"), "1000", kind);
    }
    assert.equal(of("createContainer", "cwd"), join(root, "rootfs"));
    assert.equal(of("createContainer", "ids"), "0 0");
    assert.equal(of("createContainer", "umask"), "0022");
    assert.equal(of("createContainer", "env"), "");
    assert.equal(of("createContainer", "nofile"), "1000");
    assert.equal(of("createContainer", "NoNewPrivs"), "0");
    assert.equal(of("startContainer", "cwd"), "/tmp");
    assert.equal(of("startContainer", "ids"), "1000 1001");
    assert.equal(of("startContainer", "umask"), "0027");
    assert.equal(of("startContainer", "env"), "PATH=/bin OWN=1 HOME=/home/app ");
    assert.equal(of("startContainer", "nofile"), "500");
    assert.equal(of("startContainer", "NoNewPrivs"), "1");
    assert.match(of("startContainer", "CapBnd") ?? "", /^0+$/);
  },
);

for (const noNewPrivileges of [true, false]) {
  test(
    `the seccomp filter holds for hooks of the image and no others, noNewPrivileges ${noNewPrivileges}`,
    LIMIT,
    async () => {
      const attempt = 'mkdir "$1-made"; echo $? > "$1"';
      const kinds = ["createRuntime", "createContainer", "startContainer"] as const;
      const hooks = Object.fromEntries(
        kinds.map((kind) => [kind, [shell(attempt, `${rootfsOf(kind)}/${kind}`)]]),
      );
      const deny = { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" };
      const seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [deny] };
      const container = await create(hooks, { process: { noNewPrivileges }, linux: { seccomp } });
      await container.start();
      assert.deepEqual(kinds.map(read), ["0\n", "0\n", "1\n"]);
      await finish(container);
    },
  );
}

test("an environment that is given is all that a hook gets", LIMIT, async () => {
  const given = ["A=b c", "PATH=/bin:/usr/bin"];
  const save = (kind: Kind): object =>
    // ":" so that no shell becomes tr, after which the file that it has opened is empty.
    shell("tr '\\0' '\\n' < /proc/self/environ > \"$1\"; :", `${rootfsOf(kind)}/${kind}`, {
      env: given,
    });
  const hooks = Object.fromEntries(EARLY.map((kind) => [kind, [save(kind)]]));
  const container = await create(hooks);
  await container.start();
  for (const kind of EARLY) assert.equal(read(kind), "A=b c\nPATH=/bin:/usr/bin\n", kind);
});

test(
  "prestart and createRuntime see the container's namespaces and mounts by its pid",
  LIMIT,
  async () => {
    const script = `
pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/')
readlink /proc/$pid/ns/net > "$1"
grep -c " $2/dev " /proc/$pid/mountinfo >> "$1"`;
    const hook = (name: string): object => {
      const at = join(root, "rootfs");
      return { path: "/bin/sh", args: ["sh", "-c", script, "sh", join(at, name), at] };
    };
    const container = await create({ prestart: [hook("one")], createRuntime: [hook("two")] });
    const expected = `${readlinkSync(`/proc/${container.pid}/ns/net`)}\n1\n`;
    assert.equal(read("one"), expected);
    assert.equal(read("two"), expected);
  },
);

for (const [what, changes] of [
  ["at its own place", {}],
  ["over the host's, where no path leads to it", { closed: true }],
  ["over the host's, where it will be moved", { noPivot: true }],
] as const) {
  test(
    `hooks inside of a user namespace are of its root; the root filesystem is ${what}`,
    LIMIT,
    async () => {
      const base = 100_000;
      for (const name of ["", "tmp"]) chownSync(join(root, "rootfs", name), base, base);
      const map = [{ containerID: 0, hostID: base, size: 65_536 }];
      const script = `
echo "$(id -u) $(readlink /proc/self/ns/user)" > tmp/$1
[ -e proc/self/status ] && echo mounted >> tmp/$1
[ -e /usr/bin/env ] && echo host >> tmp/$1; :`;
      const hooks = {
        createContainer: [shell(script, "createContainer")],
        startContainer: [shell(script, "startContainer")],
      };
      const namespaces = ["pid", "mount", "ipc", "uts", "network", "user"].map((type) => ({
        type,
      }));
      const linux = { namespaces, uidMappings: map, gidMappings: map };
      sandbox.writeConfig("exec sleep 100", { hooks, linux });
      chmodSync(root, "closed" in changes ? 0o700 : 0o711);
      const container = await sandbox.create({ noPivot: "noPivot" in changes });
      await container.start();
      const user = readlinkSync(`/proc/${container.pid}/ns/user`);
      assert.equal(read("tmp/createContainer"), `0 ${user}\nmounted\nhost\n`);
      assert.equal(read("tmp/startContainer"), `0 ${user}\nmounted\n`);
    },
  );
}

test("a createContainer hook can still add to the container's mounts", LIMIT, async () => {
  const script = "mkdir -p added && mount -t tmpfs tmpfs added && echo yes > added/file";
  const hooks = { createContainer: [shell(script)] };
  const container = await create(hooks, {}, "cat /added/file > /seen; exec sleep 100");
  assert.deepEqual(readdirSync(join(root, "rootfs/added")), [], "not in the host's mounts");
  await container.start();
  await until(() => existsSync(join(root, "rootfs/seen")) && read("seen") !== "");
  assert.equal(read("seen"), "yes\n");
});

test("at poststart the user's program runs already", LIMIT, async () => {
  const script = `readlink /proc/$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/')/exe > "$1"`;
  const container = await create({ poststart: [shell(script, join(root, "rootfs/exe"))] });
  await container.start();
  assert.equal(read("exe"), "/bin/busybox\n");
});

for (const kind of KINDS.slice(0, 3)) {
  test(
    `a ${kind} hook that fails fails create, poststop runs, and nothing is left`,
    LIMIT,
    async () => {
      const after = `echo $1 >> ${root}/after`;
      const hooks: Hooks = {
        [kind]: [shell("true"), shell("echo out; echo err >&2; exit 3"), shell(after, "more")],
        poststop: [shell(after, "poststop")],
        ...(kind === "prestart" ? { createRuntime: [shell(after, "createRuntime")] } : {}),
      };
      const before = openDescriptors();
      await assert.rejects(create(hooks), {
        message: `unable to start container process: error during container init: error running ${kind} hook #1: exit status 3, stdout: out\n, stderr: err`,
      });
      assert.equal(readFileSync(join(root, "after"), "utf8"), "poststop\n");
      // The host keeps four descriptors that were not open before the first create.
      await assert.rejects(create(hooks), /exit status 3/);
      const again = openDescriptors();
      await assert.rejects(create(hooks), /exit status 3/);
      assert.equal(openDescriptors(), again, `${before} before the first`);
    },
  );
}

test("a startContainer hook that fails fails start and ends the container", LIMIT, async () => {
  const hooks = { startContainer: [shell("echo no >&2; exit 4")] };
  const container = await create(hooks, {}, "echo ran > /ran");
  await assert.rejects(container.start(), {
    message: "error running startContainer hook #0: exit status 4, stdout: , stderr: no",
  });
  assert.equal((await container.exited).status, 137);
  assert.equal(existsSync(join(root, "rootfs/ran")), false);
  await assert.rejects(container.start(), /not running|has stopped/);
});

test("a poststart hook that fails fails start and ends the container", LIMIT, async () => {
  const container = await create({ poststart: [shell("exit 5")] });
  await assert.rejects(container.start(), {
    message: "error running poststart hook #0: exit status 5, stdout: , stderr: ",
  });
  assert.equal((await container.exited).status, 137);
});

test("a poststop hook that fails is a warning, and the others run", LIMIT, async () => {
  const mark = shell('echo ran > "$1"', join(root, "rootfs/mark"));
  const container = await create({ poststop: [shell("exit 6"), mark] });
  await finish(container);
  assert.equal(read("mark"), "ran\n");
  assert.deepEqual(warnings, ["error running poststop hook #0: exit status 6, stdout: , stderr: "]);
});

for (const kind of KINDS.slice(0, 5)) {
  test(`a missing program of a ${kind} hook is named`, LIMIT, async () => {
    const start = async (): Promise<void> => {
      const container = await create({ [kind]: [{ path: "/no/such" }] });
      await container.start();
    };
    const sentence = `error running ${kind} hook #0: fork/exec /no/such: no such file or directory`;
    await assert.rejects(start(), (error: Error) => error.message.endsWith(sentence));
  });
}

for (const kind of ["createRuntime", "createContainer", "startContainer", "poststart"] as const) {
  test(
    `a ${kind} hook that takes too long is killed with everything it has started`,
    LIMIT,
    async () => {
      const script = 'sleep 1000 & echo 1 > "$1"; wait';
      const marker = `${rootfsOf(kind)}/started`;
      const id = `${sandbox.id}-sleep`;
      const hook = shell(script, marker, { timeout: 1, env: ["PATH=/bin:/usr/bin", `MARK=${id}`] });
      const start = async (): Promise<void> => {
        const container = await create({ [kind]: [hook] });
        await container.start();
      };
      const text = new RegExp(
        `error running ${kind} hook #0: hook ran past specified timeout of 1.0s$`,
      );
      await assert.rejects(start(), text);
      assert.equal(existsSync(join(root, "rootfs/started")), true);
      await until(() => withMark(id).length === 0);
    },
  );
}

/** Live processes whose environment has this mark. */
function withMark(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return isAlive(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
      } catch {
        return false;
      }
    });
}

for (const kind of EARLY) {
  test(`a ${kind} hook that leaves a process behind is not waited for`, LIMIT, async () => {
    const mark = `${sandbox.id}-daemon`;
    sandbox.fifo("rootfs/fifo");
    // A part of the shell: after pivot_root no program of the host is found any more.
    const hook = shell('exec 3<>"$1"; (read line <&3) & exit 0', `${rootfsOf(kind)}/fifo`, {
      env: [`MARK=${mark}`],
    });
    const container = await create({ [kind]: [hook] });
    await container.start();
    const [left = 0] = withMark(mark);
    assert.ok(left > 0, "it still runs");
    process.kill(left, "SIGKILL");
    await until(() => !isAlive(left));
  });
}

test(
  "a hook that fails and leaves a writing process behind is reported at once",
  LIMIT,
  async () => {
    const mark = `${sandbox.id}-writer`;
    const env = ["PATH=/bin:/usr/bin", `MARK=${mark}`];
    const script = "trap '' PIPE; yes & exit 7";
    const hooks = { createRuntime: [shell(script, "", { env })] };
    await assert.rejects(create(hooks), /hook #0: exit status 7, stdout: /);
    // Nobody reads what it writes any more.
    await until(() => withMark(mark).length === 0);
  },
);

test(
  "a state of a megabyte reaches a hook that reads it, and holds up none that does not",
  LIMIT,
  async () => {
    const big = "x".repeat(1024 * 1024);
    const hooks = {
      prestart: [shell("exec true")],
      createRuntime: [shell('cat > "$1"', join(root, "rootfs/state"))],
      createContainer: [shell("exec true")],
      startContainer: [shell("exec true")],
    };
    const container = await create(hooks, { annotations: { big } });
    await container.start();
    assert.equal(JSON.parse(read("state")).annotations.big, big);
  },
);

test("of ten megabytes that a hook prints the end is told", LIMIT, async () => {
  const script = "head -c 10485760 /dev/zero | tr '\\0' a; echo the end; exit 1";
  for (const kind of ["createRuntime", "createContainer"] as const) {
    await assert.rejects(create({ [kind]: [shell(script)] }), (error: Error) => {
      assert.match(error.message, /stdout: \.\.\.a+the end\n, stderr: $/);
      assert.ok(error.message.length < 10_000, String(error.message.length));
      return true;
    });
  }
});

test("what a hook prints is told as text, whatever it is", LIMIT, async () => {
  const hooks = { createRuntime: [shell("printf 'a\\377\\303\\244'; exit 1")] };
  await assert.rejects(create(hooks), /exit status 1, stdout: a\?ä, stderr: $/);
});

test("a hook that a signal ended is told apart from one with such a status", LIMIT, async () => {
  for (const kind of ["createRuntime", "createContainer"] as const) {
    await assert.rejects(
      create({ [kind]: [shell("kill -9 $$")] }),
      /hook #0: signal: killed, stdout: , stderr: $/,
    );
    await assert.rejects(create({ [kind]: [shell("exit 137")] }), /hook #0: exit status 137, /);
  }
});

test("when init is killed nobody waits for a hook that has no time-out", LIMIT, async () => {
  const mark = `${sandbox.id}-hang`;
  const env = ["PATH=/bin:/usr/bin", `MARK=${mark}`];
  const pidFile = join(root, "rootfs/pid");
  const script = `sed 's/.*"pid":\\([0-9]*\\).*/\\1/' > "$1"; echo >> "$1"; sleep 1000`;
  const creating = create({ createRuntime: [shell(script, pidFile, { env })] });
  creating.catch(() => undefined);
  await until(() => existsSync(pidFile) && read("pid").endsWith("\n"));
  process.kill(Number(read("pid")), "SIGKILL");
  await assert.rejects(creating, /createRuntime hook #0: container init process is not running/);
  await until(() => withMark(mark).length === 0);
});

for (const kind of ["startContainer", "poststart"] as const) {
  test(`a container that is killed during a ${kind} hook is not waited for`, LIMIT, async () => {
    const script = 'echo > "$1"; sleep 1000';
    const container = await create({ [kind]: [shell(script, `${rootfsOf(kind)}/begun`)] });
    const starting = container.start();
    starting.catch(() => undefined);
    await until(() => existsSync(join(root, "rootfs/begun")));
    container.signal(9);
    await assert.rejects(starting, new RegExp(`error running ${kind} hook #0: `));
  });
}

test("a hook that hangs after the program has ended can be given up", LIMIT, async () => {
  const mark = `${sandbox.id}-poststart`;
  const hang = shell('echo > "$1"; sleep 1000', join(root, "rootfs/begun"), {
    env: ["PATH=/bin:/usr/bin", `MARK=${mark}`],
  });
  const container = await create({ poststart: [hang] }, {}, "true");
  const starting = container.start();
  starting.catch(() => undefined);
  assert.equal((await container.exited).status, 0);
  await until(() => existsSync(join(root, "rootfs/begun")));
  container.giveUpHooks();
  await assert.rejects(starting, /poststart hook #0: container init process is not running/);
  await until(() => withMark(mark).length === 0);
});

test("a program that ends at once does not cut its poststart hooks short", LIMIT, async () => {
  const script = 'sleep 1; echo done > "$1"';
  const hooks = { poststart: [shell(script, join(root, "rootfs/mark"))] };
  const container = await create(hooks, {}, "true");
  await container.start();
  assert.equal(read("mark"), "done\n");
});

test(
  "poststop hooks that a lost runtime had not come to are run by who cleans up, once",
  LIMIT,
  async () => {
    const add = shell(
      `cat >> "$1"; echo >> "$1"; [ ! -e ${root}/state/ns ] || echo kept >> "$1"`,
      join(root, "rootfs/states"),
    );
    const hooks = { poststop: [add, shell("exit 1"), add] };
    const container = await create(hooks, { annotations: { a: "b" } });
    const log = { ...silentLogger, warn: (message: string) => warnings.push(message) };
    const { reaper } = sandbox;
    const options = {
      ...{ stateRoot: join(root, "state"), namespace: "ns", id: sandbox.id, bundle: root, log },
      hooks: () => ({ reaper, nofile: undefined, hookEnv: [] }),
    };
    assert.equal(await removeLeftovers(options), container.pid);
    const state = `{"ociVersion":"1.0.2","id":"${sandbox.id}","status":"stopped","bundle":"${root}","annotations":{"a":"b"}}\n`;
    assert.equal(read("states"), state.repeat(2));
    assert.deepEqual(warnings, [
      "error running poststop hook #1: exit status 1, stdout: , stderr: ",
    ]);
    await removeLeftovers(options);
    await container.remove();
    assert.equal(read("states"), state.repeat(2));
  },
);

test("poststop hooks of a container whose cgroup cannot be removed run once", LIMIT, async () => {
  const stateRoot = join(root, "other");
  const directory = stateDirectory(stateRoot, "ns", "c");
  createStateDirectory(directory);
  const mark = join(root, "mark");
  saveState(directory, {
    ...{ id: "c", namespace: "ns", bundle: root, rootfs: join(root, "rootfs"), init: undefined },
    ...{ rootfsMounted: false, createdAtNs: "1" },
    // No cgroup tree: nothing in there can be removed.
    cgroup: {
      kind: "v2",
      members: [{ version: 2, mountPoint: root, controllers: [], path: "/a" }],
    },
    poststop: {
      ociVersion: "1.2.0",
      annotations: {},
      hooks: [{ index: 0, path: "/bin/sh", args: ["sh", "-c", `echo ran >> ${mark}`] }],
    },
  });
  const { reaper } = sandbox;
  const options = {
    ...{ stateRoot, namespace: "ns", id: "c", bundle: root, log: silentLogger },
    hooks: () => ({ reaper, nofile: undefined, hookEnv: [] }),
  };
  await removeLeftovers(options);
  await removeLeftovers(options);
  assert.equal(readFileSync(mark, "utf8"), "ran\n");
  assert.ok(existsSync(join(directory, "state.json")));
});

test("a create that fails before any hook has run poststop all the same", LIMIT, async () => {
  const hooks = { poststop: [shell('echo ran > "$1"', join(root, "rootfs/mark"))] };
  const changes = { process: { args: ["no-such-program"] } };
  await assert.rejects(create(hooks, changes), /executable file not found in \$PATH/);
  assert.equal(read("mark"), "ran\n");
});
