// SPDX-License-Identifier: Apache-2.0
// The whole shim as installed: started by the launcher and by its TypeScript twin, spoken to over its socket, with a
// containerd that only takes events. Needs root, and `make build`.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../base/log.ts";
import { encode } from "../proto/codec.ts";
import { containerd } from "../proto/generated/messages.js";
import {
  TASK_METHODS,
  type TaskMethod,
  type TaskRequest,
  type TaskResponse,
} from "../proto/task-methods.ts";
import { mkfifo, readMountInfo } from "../sys/proc.ts";
import { connectUnix, listenUnix } from "../sys/socket.ts";
import { EVENTS_METHOD, EVENTS_SERVICE } from "../task/events.ts";
import { Client } from "../ttrpc/client.ts";
import { DEFAULT_STATE_ROOT } from "./bundle-files.ts";
import { Endpoint } from "./endpoint.ts";
import { SocketTransport } from "./socket-transport.ts";
import { addressPath } from "./unix-address.ts";

const { BootstrapParams } = containerd.runtime.bootstrap.v1;
const { ForwardRequest } = containerd.services.events.ttrpc.v1;

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = `daemon-test-${process.pid}`;
const KEEP_ALIVE_MS = 600_000;

/** How a shim is started, by its two programs. */
const STARTERS = {
  launcher: [join(ROOT, "build/dist/containerd-shim-tsrunc-v1")],
  typescript: [process.execPath, join(ROOT, "src/main.ts"), "containerd-shim-tsrunc-v1"],
} as const;
type Starter = keyof typeof STARTERS;

interface World {
  readonly bundle: string;
  readonly socketDir: string;
  readonly eventsPath: string;
  readonly id: string;
  /** Runs a command of the shim in the bundle. */
  command(action: string, stdin?: Uint8Array): { stdout: Buffer; stderr: string };
  /** Starts the shim; its socket. */
  start(): string;
  dial(path: string): Client;
}

/** A directory with everything that containerd would have made, removed with everything that runs in it. */
function openWorld(context: TestContext, starter: Starter): World {
  const root = mkdtempSync(join(tmpdir(), "daemon-"));
  const id = "c1";
  const bundle = join(root, id);
  const socketDir = join(root, "s");
  const eventsPath = join(root, "e");
  mkdirSync(bundle);
  writeFileSync(join(bundle, "config.json"), "{}");
  const [program, ...first] = STARTERS[starter];
  const keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
  context.after(() => {
    clearInterval(keepAlive);
    for (const pid of daemonPids(root)) process.kill(pid, "SIGKILL");
    rmSync(root, { recursive: true, force: true });
  });
  const identity = ["-namespace", NAMESPACE, "-id", id, "-address", join(root, "grpc")];
  const world: World = {
    ...{ bundle, socketDir, eventsPath, id },
    command(action, stdin = new Uint8Array()) {
      const args = [...first, ...identity, "-bundle", bundle, action];
      const { status, stdout, stderr } = spawnSync(program, args, { cwd: bundle, input: stdin });
      assert.equal(status, 0, stderr.toString());
      return { stdout, stderr: stderr.toString() };
    },
    start() {
      const stdin = encode(BootstrapParams, {
        ...{ instanceId: id, namespace: NAMESPACE, logLevel: -4, socketDir },
        containerdTtrpcAddress: eventsPath,
      });
      const { stdout, stderr } = world.command("start", stdin);
      assert.equal(stderr, "");
      const answer: unknown = JSON.parse(stdout.toString());
      assert.partialDeepStrictEqual(answer, { version: 3, protocol: "ttrpc" });
      const address = readFileSync(join(bundle, "address"), "utf8");
      assert.partialDeepStrictEqual(answer, { address });
      return addressPath(address);
    },
    dial(path) {
      const transport = new SocketTransport(connectUnix(path));
      const client = new Client(transport);
      transport.attach(client);
      context.after(() => client.close());
      return client;
    },
  };
  return world;
}

/** Processes whose environment names a socket below `root`. */
function daemonPids(root: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`TSRUNC_LISTEN=${root}/`);
      } catch {
        return false;
      }
    });
}

async function call<M extends TaskMethod>(
  client: Client,
  method: M,
  request: Partial<TaskRequest<M>>,
): Promise<TaskResponse<M>> {
  const codecs = TASK_METHODS[method];
  const payload = await client.call({
    ...{ service: "containerd.task.v3.Task", method, timeoutMs: 20_000 },
    payload: encode(codecs.request as never, request),
    metadata: new Map([["containerd-namespace-ttrpc", [NAMESPACE]]]),
  });
  return codecs.response.decode(payload) as TaskResponse<M>;
}

async function pidOf(client: Client): Promise<number> {
  return (await call(client, "Connect", {})).shimPid ?? 0;
}

/** Waits until `condition` holds, but not for ever: it may read a descriptor that is another's by then. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 2_000, "waited for too long");
    await sleep(10);
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Takes events as containerd does: their topics, in order. */
function takeEvents(context: TestContext, world: World): string[] {
  const topics: string[] = [];
  const endpoint = new Endpoint({
    socket: listenUnix(world.eventsPath, 0o600),
    path: world.eventsPath,
    services: new Map([
      [
        EVENTS_SERVICE,
        new Map([
          [
            EVENTS_METHOD,
            async ({ payload }) => {
              const { envelope } = ForwardRequest.decode(payload);
              assert.equal(envelope?.namespace, NAMESPACE);
              topics.push(envelope?.topic ?? "");
              return new Uint8Array();
            },
          ],
        ]),
      ],
    ]),
    log: silentLogger,
    now: () => performance.now(),
  });
  context.after(() => endpoint.close());
  return topics;
}

/** Makes the bundle one of a container that runs `args` in a busybox. */
function fillBundle(world: World, args: readonly string[]): void {
  const bin = join(world.bundle, "rootfs/bin");
  mkdirSync(bin, { recursive: true });
  copyFileSync("/bin/busybox", join(bin, "busybox"));
  for (const applet of ["true", "sleep", "sh"]) symlinkSync("busybox", join(bin, applet));
  const config = {
    ociVersion: "1.0.2",
    root: { path: "rootfs" },
    process: { args, cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } },
    linux: { namespaces: ["pid", "mount"].map((type) => ({ type })) },
  };
  writeFileSync(join(world.bundle, "config.json"), JSON.stringify(config));
}

const stdio = { stdin: "", stdout: "", stderr: "", terminal: false };

function each(
  name: string,
  body: (world: World, context: TestContext) => Promise<void> | void,
): void {
  for (const starter of ["launcher", "typescript"] as const) {
    test(`${name} (${starter})`, (context) => body(openWorld(context, starter), context));
  }
}

each("a shim that is asked to end answers, and then nothing of it is left", async (world) => {
  const path = world.start();
  const client = world.dial(path);
  const shimPid = await pidOf(client);
  assert.equal(isRunning(shimPid), true);
  await call(client, "Shutdown", { id: world.id });
  // Gone with the answer, not some time after it: tests of containerd look at once.
  assert.deepEqual(readdirSync(world.socketDir), []);
  await until(() => client.isClosed && !isRunning(shimPid));
});

each(
  "a daemon has nothing of its bundle open, is called containerd-shim and obeys SIGTERM",
  async (world) => {
    const client = world.dial(world.start());
    const shimPid = await pidOf(client);
    assert.equal(readFileSync(`/proc/${shimPid}/comm`, "utf8"), "containerd-shim\n");
    assert.match(readFileSync(`/proc/${shimPid}/status`, "utf8"), /^SigBlk:\t0+$/m);
    process.kill(shimPid, "SIGTERM");
    await until(() => !isRunning(shimPid));
    assert.deepEqual(readdirSync(world.socketDir), []);
  },
);

each("a shim whose bundle goes before its first container ends by itself", async (world) => {
  const client = world.dial(world.start());
  const shimPid = await pidOf(client);
  rmSync(world.bundle, { recursive: true });
  await until(() => !isRunning(shimPid));
  assert.deepEqual(readdirSync(world.socketDir), []);
});

each(
  "SIGUSR1 writes the shim's state into the log and opens no debugger",
  async (world, context) => {
    const fifo = join(world.bundle, "log");
    mkfifo(fifo, 0o700);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    context.after(() => closeSync(reader));
    const client = world.dial(world.start());
    const shimPid = await pidOf(client);
    process.kill(shimPid, "SIGUSR1");
    let text = "";
    const buffer = Buffer.alloc(65_536);
    await until(() => {
      try {
        text += buffer.toString("utf8", 0, readSync(reader, buffer));
      } catch {
        // Nothing there yet.
      }
      return text.includes("\n");
    });
    assert.match(text, /level=info msg="state of the shim" .*connections=1/);
    assert.doesNotMatch(text, /Debugger/);
    assert.doesNotMatch(readFileSync(`/proc/${shimPid}/net/tcp`, "utf8"), /:240D /);
    await call(client, "Shutdown", {});
  },
);

each(
  "a container lives, and its events arrive in order although containerd comes late",
  async (world, context) => {
    fillBundle(world, ["true"]);
    const client = world.dial(world.start());
    const shimPid = await pidOf(client);
    const { id, bundle } = world;
    const pid = (await call(client, "Create", { id, bundle, ...stdio })).pid ?? 0;
    assert.equal(isRunning(pid), true);
    assert.equal(existsSync(join(DEFAULT_STATE_ROOT, NAMESPACE, id, "state.json")), true);
    await call(client, "Start", { id });
    const { exitStatus } = await call(client, "Wait", { id });
    assert.equal(exitStatus, 0);
    await call(client, "Delete", { id });
    const topics = takeEvents(context, world);
    await call(client, "Shutdown", { id });
    await until(() => !isRunning(shimPid));
    assert.deepEqual(topics, ["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"]);
    assert.equal(existsSync(join(DEFAULT_STATE_ROOT, NAMESPACE)), false);
  },
);

each("delete removes everything of a shim that was killed", async (world) => {
  fillBundle(world, ["sleep", "1000"]);
  const path = world.start();
  const client = world.dial(path);
  const shimPid = await pidOf(client);
  const { id, bundle } = world;
  // A bind mount of itself: something to unmount.
  const source = join(bundle, "rootfs");
  const rootfs = [{ type: "bind", source, target: "", options: ["rbind"] }];
  const pid = (await call(client, "Create", { id, bundle, rootfs, ...stdio })).pid ?? 0;
  await call(client, "Start", { id });
  process.kill(shimPid, "SIGKILL");
  await until(() => !isRunning(shimPid));
  const { stdout } = world.command("delete");
  const answer = containerd.task.v3.DeleteResponse.decode(stdout);
  assert.deepEqual([answer.pid, answer.exitStatus], [pid, 137]);
  await until(() => !isRunning(pid));
  assert.equal(existsSync(join(DEFAULT_STATE_ROOT, NAMESPACE)), false);
  assert.deepEqual(
    readMountInfo().filter(({ mountPoint }) => mountPoint.startsWith(bundle)),
    [],
  );
  assert.deepEqual(readdirSync(world.socketDir), []);
  // Again, with nothing left.
  assert.equal(world.command("delete").stderr, "");
});

each(
  "a shim with a container stays when it is asked to end, until the container goes",
  async (world, context) => {
    takeEvents(context, world);
    fillBundle(world, ["sleep", "1000"]);
    const client = world.dial(world.start());
    const shimPid = await pidOf(client);
    const { id, bundle } = world;
    await call(client, "Create", { id, bundle, ...stdio });
    await call(client, "Shutdown", {});
    await call(client, "Kill", { id, signal: 9 });
    await call(client, "Wait", { id });
    assert.equal(isRunning(shimPid), true);
    await call(client, "Delete", { id });
    await until(() => !isRunning(shimPid));
    assert.deepEqual(readdirSync(world.socketDir), []);
  },
);

test("both programs derive the same socket and describe the same runtime", (context) => {
  const [native, twin] = (["launcher", "typescript"] as const).map((starter) =>
    openWorld(context, starter),
  );
  assert.ok(native !== undefined && twin !== undefined);
  const [program, ...first] = STARTERS.typescript;
  const info = (command: readonly string[]): Buffer =>
    spawnSync(command[0] ?? "", [...command.slice(1), "-info"], { cwd: "/", input: "" }).stdout;
  const expected = info([program, ...first]);
  assert.ok(expected.length > 100);
  // The first may be Node's answer, the second is from the cache.
  for (let n = 0; n < 2; n++) assert.deepEqual(info(STARTERS.launcher), expected);
});
