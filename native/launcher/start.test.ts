// SPDX-License-Identifier: Apache-2.0
// `start` of the native launcher, as installed and with sanitizers, held against the TypeScript that it must agree with.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { packAny } from "../../src/proto/any.ts";
import { encode } from "../../src/proto/codec.ts";
import { containerd, google } from "../../src/proto/generated/messages.js";
import { DEFAULT_SOCKET_DIR, socketPath } from "../../src/shim/address.ts";
import { formatAnswer } from "../../src/shim/answer.ts";
import { NODE_FLAGS } from "../../src/shim/launch.ts";
import { addressPath, toAddress } from "../../src/shim/unix-address.ts";
import { mkfifo, readMountInfo } from "../../src/sys/proc.ts";
import { BUILDS, type Build, type Launch, openSandbox, type Sandbox } from "./sandbox.ts";

const { BootstrapParams } = containerd.runtime.bootstrap.v1;
const GRPC = "/run/containerd/containerd.sock";
/** Unlike any id of anybody else: some sockets are in the machine's own directory. */
const ID = `launcher-test-${process.pid}`;

const ARGS = ["-namespace", "ns", "-address", GRPC, "-publish-binary", "/bin/false", "-id", ID];

/** A start as containerd 2.3 and later do it, in the sandbox's socket directory. */
function launchOf(
  sandbox: Sandbox,
  params: Parameters<typeof BootstrapParams.encode>[0] = {},
): Launch {
  const stdin = encode(BootstrapParams, {
    instanceId: ID,
    namespace: "ns",
    containerdGrpcAddress: GRPC,
    socketDir: sandbox.socketDir,
    ...params,
  });
  return { args: [...ARGS, "start"], stdin };
}

function pathOf(sandbox: Sandbox, group = ID): string {
  const { socketDir } = sandbox;
  return socketPath({ socketDir, grpcAddress: GRPC, namespace: "ns", group });
}

/** Runs a start that must succeed; the address that it printed. */
function start(sandbox: Sandbox, launch: Launch = launchOf(sandbox)): string {
  const { status, stdout, stderr } = sandbox.run(launch);
  assert.deepEqual([status, stderr], [0, ""]);
  return (JSON.parse(stdout.toString()) as { address: string }).address;
}

/** Runs a start that must fail with this one line, and leave nothing. */
function assertFails(sandbox: Sandbox, launch: Launch, message: RegExp): void {
  const { status, stdout, stderr } = sandbox.run(launch);
  assert.equal(status, 1);
  assert.equal(stdout.toString(), "");
  assert.match(stderr, /^containerd-shim-tsrunc-v1: [^\n]+\n$/);
  assert.match(stderr, message);
  const isLeft = (name: string): boolean =>
    name !== "config.json" && statSync(join(sandbox.bundle, name)).isFile();
  assert.deepEqual(readdirSync(sandbox.bundle).filter(isLeft), []);
  const left = existsSync(sandbox.socketDir) ? readdirSync(sandbox.socketDir) : [];
  assert.deepEqual(left, []);
}

async function listen(context: TestContext, path: string): Promise<void> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  context.after(() => server.close());
}

/** Runs `body` as a test of each build. */
function each(
  name: string,
  body: (sandbox: Sandbox, context: TestContext) => Promise<void> | void,
): void {
  for (const build of BUILDS) {
    test(`${name} (${build})`, async (context) => {
      await body(openSandbox(context, build satisfies Build), context);
    });
  }
}

each("the answer for containerd 2.3 and later is version 3", async (sandbox) => {
  const { status, stdout } = sandbox.run(launchOf(sandbox));
  const address = toAddress(pathOf(sandbox));
  assert.equal(status, 0);
  assert.equal(
    stdout.toString(),
    formatAnswer(address, { sendsParams: true, maxShimVersion: "2" }),
  );
  assert.equal(readFileSync(join(sandbox.bundle, "address"), "utf8"), address);
  await sandbox.given();
});

for (const [daemon, maxShimVersion] of [
  ["1.6", ""],
  ["1.7 to 2.2", "2"],
] as const) {
  each(`the answer for containerd ${daemon} is what TypeScript says`, async (sandbox) => {
    const socketDir = DEFAULT_SOCKET_DIR;
    const path = socketPath({ socketDir, grpcAddress: GRPC, namespace: "ns", group: ID });
    const env: Record<string, string> = maxShimVersion === "" ? {} : { MAX_SHIM_VERSION: "2" };
    const { status, stdout, stderr } = sandbox.run({ args: [...ARGS, "start"], env });
    assert.deepEqual([status, stderr], [0, ""]);
    rmSync(path);
    const expected = formatAnswer(toAddress(path), { sendsParams: false, maxShimVersion });
    assert.equal(stdout.toString(), expected);
    await sandbox.given();
  });
}

each("the daemon is Node with the flags, the script and what it must know", async (sandbox) => {
  start(sandbox, launchOf(sandbox, { logLevel: -4 }));
  const { args } = await sandbox.given();
  const script = join(sandbox.dist, "tsrunc.cjs");
  const serve = ["-namespace", "ns", "-id", ID, "-address", GRPC, "-debug"];
  assert.deepEqual(args, [...NODE_FLAGS, script, "containerd-shim-tsrunc-v1", ...serve]);
});

each(
  "the daemon has five descriptors and a group of its own, and is in the bundle",
  async (sandbox) => {
    start(sandbox);
    const { fds, values, pid } = await sandbox.given();
    const [stdin, , , listening, copy] = fds;
    assert.equal(stdin, "/dev/null");
    assert.match(listening ?? "", /^socket:/);
    assert.match(copy ?? "", /memfd:tsrunc-stdin/);
    // The sixth is the directory that ls itself reads.
    assert.deepEqual(values.get("open"), ["0 1 2 3 4 5 "]);
    assert.deepEqual(values.get("cwd"), [sandbox.bundle]);
    assert.deepEqual(values.get("pgrp"), [String(pid)]);
    // Nothing of the launcher's ignored signals: SIGTERM, SIGINT, SIGPIPE.
    assert.deepEqual(values.get("ignored"), ["0000000000000000"]);
  },
);

each("the daemon gets the bytes of stdin as they came", async (sandbox) => {
  const launch = launchOf(sandbox, { containerdVersion: "2.4.0" });
  start(sandbox, launch);
  const { values } = await sandbox.given();
  assert.deepEqual(values.get("input"), [Buffer.from(launch.stdin ?? []).toString("hex")]);
});

each("the daemon's environment is the allow list", async (sandbox) => {
  const kept = {
    GRPC_ADDRESS: "/g",
    NAMESPACE: "ns",
    MAX_SHIM_VERSION: "2",
    OTEL_EXPORTER: "x",
  };
  const dropped = {
    NODE_OPTIONS: "--inspect",
    NODE_EXTRA_CA_CERTS: "/x",
    LD_LIBRARY_PATH: "/x",
    UV_THREADPOOL_SIZE: "9",
    TSRUNC_LISTEN: "/wrong",
    TSRUNC_NOFILE: "1:1",
    GOMAXPROCS: "2",
    TTRPC_ADDRESS: "/old",
  };
  const launch = launchOf(sandbox, { containerdTtrpcAddress: "/new.ttrpc" });
  start(sandbox, { ...launch, env: { ...kept, ...dropped } });
  const { env } = await sandbox.given();
  const { PATH, PWD: _pwd, _: _last, TSRUNC_NOFILE, ...rest } = env;
  assert.equal(PATH, process.env["PATH"]);
  assert.match(TSRUNC_NOFILE ?? "", /^\d+:\d+$/);
  assert.notEqual(TSRUNC_NOFILE, "1:1");
  const own = { TTRPC_ADDRESS: "/new.ttrpc", TSRUNC_LISTEN: pathOf(sandbox) };
  assert.deepEqual(rest, { ...kept, ...own });
});

each("the oom score is one above the caller's", async (sandbox) => {
  start(sandbox);
  const { values } = await sandbox.given();
  const own = Number(readFileSync("/proc/self/oom_score_adj", "utf8"));
  assert.deepEqual(values.get("oom"), [String(Math.min(own + 1, 1000))]);
});

each("modes do not depend on the umask", async (sandbox) => {
  const mask = process.umask(0o077);
  try {
    start(sandbox);
  } finally {
    process.umask(mask);
  }
  const { values } = await sandbox.given();
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  assert.equal(modeOf(sandbox.socketDir), "700");
  assert.equal(modeOf(pathOf(sandbox)), "600");
  assert.equal(modeOf(join(sandbox.bundle, "address")), "644");
  assert.deepEqual(values.get("umask"), ["0077"]);
});

each("the log fifo becomes stderr if somebody reads it", async (sandbox, context) => {
  const fifo = join(sandbox.bundle, "log");
  mkfifo(fifo, 0o700);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  context.after(() => closeSync(reader));
  writeFileSync(join(sandbox.dist, "node"), "#!/bin/sh\nreadlink /proc/$$/fd/2 >&2\n");
  start(sandbox);
  const buffer = Buffer.alloc(1000);
  assert.equal(await readSome(reader, buffer), `${fifo}\n`);
});

async function readSome(fd: number, buffer: Buffer): Promise<string> {
  const { readSync } = await import("node:fs");
  for (;;) {
    try {
      const count = readSync(fd, buffer);
      if (count > 0) return buffer.toString("utf8", 0, count);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (const [what, prepare] of [
  ["no log", () => undefined],
  ["a log fifo without a reader", (path: string) => mkfifo(path, 0o700)],
  ["a log that is a file", (path: string) => writeFileSync(path, "")],
  ["a log that is a symbolic link", (path: string) => symlinkSync("/dev/tty", path)],
] as const) {
  each(`with ${what} start goes on`, async (sandbox) => {
    prepare(join(sandbox.bundle, "log"));
    start(sandbox);
    await sandbox.given();
  });
}

each("start returns although its caller has another pipe open", async (sandbox) => {
  const { args, stdin = new Uint8Array() } = launchOf(sandbox);
  const child = spawn(join(sandbox.dist, "containerd-shim-tsrunc-v1"), args, {
    cwd: sandbox.bundle,
    stdio: ["pipe", "pipe", "pipe", "pipe", "pipe"],
  });
  child.stdin?.end(stdin);
  const ends = child.stdio
    .slice(1)
    .map((stream) => new Promise((resolve) => stream?.on("close", resolve)));
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
  // All of them end while the daemon lives: nobody holds their other side.
  await Promise.all(ends);
  const { pid } = await sandbox.given();
  assert.equal(existsSync(`/proc/${pid}`), true);
});

each("with closed standard descriptors nothing else takes their place", (sandbox) => {
  const script = `exec "$0" "$@" <&- >&- 2>&-`;
  const launcher = join(sandbox.dist, "containerd-shim-tsrunc-v1");
  const child = spawn("sh", ["-c", script, launcher, ...ARGS, "start"], { cwd: sandbox.bundle });
  return new Promise<void>((resolve) => {
    child.on("exit", async () => {
      const { fds } = await sandbox.given();
      rmSync(fds.length > 0 ? socketPathOfDefault() : "", { force: true });
      assert.match(fds[3] ?? "", /^socket:/);
      resolve();
    });
  });
});

function socketPathOfDefault(): string {
  const socketDir = DEFAULT_SOCKET_DIR;
  return socketPath({ socketDir, grpcAddress: GRPC, namespace: "ns", group: ID });
}

each("a group that is served is joined, and nothing is started", async (sandbox, context) => {
  writeFileSync(
    join(sandbox.bundle, "config.json"),
    JSON.stringify({ annotations: { "io.kubernetes.cri.sandbox-id": "pod" } }),
  );
  const path = pathOf(sandbox, "pod");
  mkdirSync(sandbox.socketDir, { mode: 0o700 });
  await listen(context, path);
  assert.equal(addressPath(start(sandbox)), path);
  assert.equal(readFileSync(join(sandbox.bundle, "address"), "utf8"), toAddress(path));
  assert.deepEqual(readdirSync(sandbox.dist).includes("given"), false);
});

each("a socket that nobody serves is replaced", async (sandbox, context) => {
  mkdirSync(sandbox.socketDir, { mode: 0o700 });
  start(sandbox);
  const { pid } = await sandbox.given();
  process.kill(pid, "SIGKILL");
  while (existsSync(`/proc/${pid}/fd/3`)) await new Promise((resolve) => setTimeout(resolve, 5));
  start(sandbox);
  await sandbox.given();
  const probe = net.connect(pathOf(sandbox));
  context.after(() => probe.destroy());
  await new Promise((resolve) => probe.once("connect", resolve));
});

each("of many starts of one group at once exactly one makes a daemon", async (sandbox) => {
  writeFileSync(
    join(sandbox.dist, "node"),
    `#!/bin/sh\necho $$ >> "$(dirname "$0")/pids"\nexec sleep 1000\n`,
  );
  const { args, stdin = new Uint8Array() } = launchOf(sandbox);
  const runs = Array.from({ length: 12 }, () => {
    const child = spawn(join(sandbox.dist, "containerd-shim-tsrunc-v1"), args, {
      cwd: sandbox.bundle,
      stdio: ["pipe", "ignore", "inherit"],
    });
    child.stdin.end(stdin);
    return new Promise<number | null>((resolve) => child.on("exit", resolve));
  });
  assert.deepEqual(new Set(await Promise.all(runs)), new Set([0]));
  const pidsFile = join(sandbox.dist, "pids");
  while (!existsSync(pidsFile) || readFileSync(pidsFile, "utf8") === "") {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const pids = readFileSync(pidsFile, "utf8").trim().split("\n");
  for (const pid of pids) process.kill(Number(pid), "SIGKILL");
  assert.equal(pids.length, 1);
});

const ADDRESSES: readonly [string, string][] = [
  ["/run//containerd/./c.sock", "plain"],
  ["/a/../../b", "plain"],
  ["relative/c.sock", "../up"],
  ["", "with/slashes//and/../dots"],
  ["/c.sock", "ünïcödé"],
];

for (const [grpcAddress, group] of ADDRESSES) {
  each(
    `the socket of "${grpcAddress}" and group "${group}" is where TypeScript says`,
    async (sandbox) => {
      const annotations = { "io.containerd.runc.v2.group": group };
      writeFileSync(join(sandbox.bundle, "config.json"), JSON.stringify({ annotations }));
      const launch = launchOf(sandbox, { containerdGrpcAddress: grpcAddress });
      const args = ["-namespace", "ns", "-address", grpcAddress, "-id", ID, "start"];
      const address = start(sandbox, { ...launch, args });
      const { socketDir } = sandbox;
      assert.equal(
        address,
        toAddress(socketPath({ socketDir, grpcAddress, namespace: "ns", group })),
      );
      await sandbox.given();
    },
  );
}

/** config.json, and what it says of it; "" is accepted. */
const CONFIGS: readonly [string, string | Buffer, RegExp | undefined][] = [
  ["an integer beyond 64 bits", '{"linux":{"x":36893488147419103232}}', undefined],
  ["a big document", `{"x":"${"y".repeat(1 << 20)}"}`, undefined],
  ["annotations that are null", '{"annotations":null}', undefined],
  ["a key twice", '{"annotations":{"a":1},"annotations":{"b":"c"}}', undefined],
  ["nothing", "", /config\.json: line 1/],
  ["half a document", '{"annotations":{', /config\.json: line 1/],
  ["deep nesting", `${"[".repeat(100_000)}`, /config\.json: line 1/],
  ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /config/],
  ["a list", "[]", /config\.json: annotations is not an object/],
  ["annotations that are a text", '{"annotations":"a"}', /annotations is not an object/],
  [
    "a group that is no text",
    '{"annotations":{"io.containerd.runc.v2.group":{}}}',
    /annotation "io.containerd.runc.v2.group" is not a plain string/,
  ],
  [
    "a group with a NUL",
    '{"annotations":{"io.containerd.runc.v2.group":"a\\u0000b"}}',
    /is not a plain string/,
  ],
];

for (const [what, text, refusal] of CONFIGS) {
  each(`config.json with ${what} is ${refusal ? "refused" : "accepted"}`, async (sandbox) => {
    writeFileSync(join(sandbox.bundle, "config.json"), text);
    if (refusal === undefined) {
      start(sandbox);
      await sandbox.given();
    } else assertFails(sandbox, launchOf(sandbox), refusal);
  });
}

for (const hex of ["ff", "0a05", "0a0461", "08", "0b", "0c", "0f", "ffffffffffffffffffffff01"]) {
  each(`stdin ${hex} is refused`, (sandbox) => {
    const stdin = Buffer.from(hex, "hex");
    const problem = /malformed bootstrap parameters on stdin/;
    assertFails(sandbox, { args: [...ARGS, "start"], stdin }, problem);
  });
}

each("more than 10 MiB on stdin are refused", (sandbox) => {
  const stdin = Buffer.alloc(10 * 1024 * 1024 + 1);
  assertFails(sandbox, { args: [...ARGS, "start"], stdin }, /stdin: more than 10485760 bytes/);
});

each("a NUL in a path on stdin is refused", (sandbox) => {
  assertFails(sandbox, launchOf(sandbox, { socketDir: "/run/\0" }), /NUL byte/);
});

each("unknown fields and groups on stdin are skipped", async (sandbox) => {
  const launch = launchOf(sandbox);
  // 100: a varint; 101: a group with a nested group and a string; 102: fixed64; 103: fixed32.
  const unknown = Buffer.from(
    "a00601ab06b306120161b406ac06b1060102030405060708bd0601020304",
    "hex",
  );
  start(sandbox, { ...launch, stdin: Buffer.concat([unknown, Buffer.from(launch.stdin ?? [])]) });
  await sandbox.given();
});

each("a socket directory that others may write to is refused", (sandbox) => {
  mkdirSync(sandbox.socketDir);
  chmodSync(sandbox.socketDir, 0o777);
  assertFails(sandbox, launchOf(sandbox), /belongs to others or is writable for them/);
});

each("a socket path that is too long is refused", (sandbox) => {
  const socketDir = `/tmp/${"x".repeat(60)}`;
  assertFails(sandbox, launchOf(sandbox, { socketDir }), /unix socket path too long \(> 106\)/);
});

each("a relative socket directory is refused", (sandbox) => {
  assertFails(sandbox, launchOf(sandbox, { socketDir: "s" }), /is not absolute/);
});

each("a directory where the socket belongs is refused, and stays", (sandbox) => {
  mkdirSync(pathOf(sandbox), { recursive: true, mode: 0o700 });
  const { status, stderr } = sandbox.run(launchOf(sandbox));
  assert.equal(status, 1);
  assert.match(stderr, /remove stale socket/);
});

each("a bundle that cannot be written to fails the start and leaves no socket", (sandbox) => {
  mkdirSync(join(sandbox.bundle, "address"));
  assertFails(sandbox, launchOf(sandbox), /write "address": Is a directory/);
});

each("without Node the start fails and leaves nothing", (sandbox) => {
  rmSync(join(sandbox.dist, "node"));
  assertFails(sandbox, launchOf(sandbox), /execute ".*\/node": No such file or directory/);
});

each("without the program the start fails and leaves nothing", (sandbox) => {
  rmSync(join(sandbox.dist, "tsrunc.cjs"));
  assertFails(sandbox, launchOf(sandbox), /tsrunc\.cjs is neither in/);
});

/** The options of a legacy Any and of an extension, both with a cgroup for the shim. */
function withShimCgroup(sandbox: Sandbox, shimCgroup: string): Launch {
  const any = packAny("containerd.runc.v1.Options", { shimCgroup });
  return launchOf(sandbox, { extensions: [{ value: any }] });
}

each("the shim cgroup is joined in every hierarchy that has it", async (sandbox, context) => {
  const name = `tsrunc-${ID}`;
  const mount = readMountInfo().find(
    ({ type, superOptions }) => type === "cgroup" && superOptions.includes("pids"),
  );
  if (mount === undefined) {
    context.skip("no cgroup v1 hierarchy with the pids controller");
    return;
  }
  const directory = join(mount.mountPoint, name);
  mkdirSync(directory);
  try {
    start(sandbox, withShimCgroup(sandbox, `/${name}`));
    const { pid, values } = await sandbox.given();
    const joined = values.get("cgroup")?.filter((line) => line.endsWith(`/${name}`));
    process.kill(pid, "SIGKILL");
    assert.equal(joined?.length, 1);
    assert.match(joined?.[0] ?? "", /pids/);
  } finally {
    await removeCgroup(directory);
  }
});

async function removeCgroup(directory: string): Promise<void> {
  for (;;) {
    try {
      rmdirSync(directory);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

each("a shim cgroup that does not exist fails the start and leaves nothing", (sandbox) => {
  const problem = /failed to load cgroup: there is no cgroup "\/tsrunc-none"/;
  assertFails(sandbox, withShimCgroup(sandbox, "/tsrunc-none"), problem);
});

each("a shim cgroup that leads out of the hierarchy is refused", (sandbox) => {
  assertFails(sandbox, withShimCgroup(sandbox, "/a/../../x"), /contains "\.\."/);
});

each("a shim cgroup in a legacy Any is seen, too", (sandbox) => {
  const any = packAny("containerd.runc.v1.Options", { shimCgroup: "/tsrunc-none" });
  const typeUrl = `type.googleapis.com/${any.typeUrl}`;
  const stdin = encode(google.protobuf.Any, { ...any, typeUrl });
  assertFails(sandbox, { args: [...ARGS, "start"], stdin }, /there is no cgroup/);
});

each("core scheduling is asked for, or the start fails in its name", async (sandbox) => {
  const launch = { ...launchOf(sandbox), env: { SCHED_CORE: "1" } };
  const { status, stderr } = sandbox.run(launch);
  if (status === 0) await sandbox.given();
  else assert.match(stderr, /enable sched core support: /);
});

test("stdin that is cut or changed anywhere is taken or refused, without a finding of the sanitizers", (context) => {
  const sandbox = openSandbox(context, "asan");
  rmSync(join(sandbox.dist, "node"));
  symlinkSync("/bin/true", join(sandbox.dist, "node"));
  const { stdin = new Uint8Array(), args } = launchOf(sandbox, {
    logLevel: -4,
    extensions: [{ value: packAny("containerd.runc.v1.Options", { root: "/r", ioUid: 7 }) }],
  });
  const variants = [...stdin.keys()].flatMap((at) => {
    const flipped = Buffer.from(stdin);
    flipped[at] = (flipped[at] ?? 0) ^ 0x84;
    return [stdin.subarray(0, at), flipped];
  });
  for (const variant of variants) {
    // A socket directory that came out changed is not to be made anywhere.
    if (!Buffer.from(variant).includes(sandbox.socketDir) && variant.length > 0) continue;
    const { status, stderr } = sandbox.run({ args, stdin: variant });
    assert.ok(status === 0 || status === 1, `status ${status}`);
    assert.match(stderr, /^(containerd-shim-tsrunc-v1: [^\n]+\n)?$/);
  }
  rmSync(socketPathOfDefault(), { force: true });
});
