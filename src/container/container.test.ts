// SPDX-License-Identifier: Apache-2.0
// Interleavings: whatever order things happen in, what is told is in the order that was promised.
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../base/log.ts";
import type { CreateOptions } from "../runtime/types.ts";
import type { Container } from "./container.ts";
import type { ContainerEvent } from "./events.ts";
import { type FakeContainer, FakeRuntime } from "./fake-runtime.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { Registry } from "./registry.ts";

const STDIO = { terminal: false, stdin: "", stdout: "", stderr: "" };

function createOptions(id: string, namespace = "ns"): CreateOptions {
  return {
    ...{
      namespace,
      id,
      bundle: `/bundles/${id}`,
      rootfsMounts: [],
      stdio: STDIO,
      stateRoot: "/run/x",
    },
    ...{
      noPivot: false,
      noNewKeyring: false,
      systemdCgroup: false,
      ioUid: undefined,
      ioGid: undefined,
    },
  };
}

const execOptions = (execId: string) => ({ execId, process: {}, stdio: STDIO });

function told(event: ContainerEvent): string {
  switch (event.kind) {
    case "exit":
      return `exit ${event.processId} ${event.exit.status}`;
    case "delete":
      return `delete ${event.containerId} ${event.exit?.status ?? "-"}`;
    case "exec-added":
    case "exec-started":
      return `${event.kind} ${event.execId}`;
    default:
      return `${event.kind} ${event.containerId}`;
  }
}

interface World {
  readonly runtime: FakeRuntime;
  readonly registry: Registry;
  readonly events: string[];
  readonly warnings: string[];
  readonly create: (id: string) => Promise<{ container: Container; live: FakeContainer }>;
}

function world(limits: Partial<Limits> = {}, errors: string[] = []): World {
  const runtime = new FakeRuntime();
  const events: string[] = [];
  const warnings: string[] = [];
  const registry = new Registry({
    runtime,
    emit: (event) => events.push(told(event)),
    onIdle: () => events.push("idle"),
    log: {
      ...silentLogger,
      warn: (message) => warnings.push(message),
      error: (message) => errors.push(message),
    },
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  const create: World["create"] = async (id) => {
    const container = await registry.create(createOptions(id));
    const live = runtime.created.at(-1)?.live;
    assert.ok(live);
    return { container, live };
  };
  return { runtime, registry, events, warnings, create };
}

/** Lets everything happen that needs no timer. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("create, start, exit and delete are told in this order", async () => {
  const { registry, events, create } = world();
  const { container, live } = await create("c");
  assert.equal(await container.start(""), live.pid);
  live.end(3, 5n);
  assert.deepEqual(await container.init.wait(), { status: 3, atNs: 5n });
  assert.deepEqual(await container.delete(""), { pid: live.pid, exit: { status: 3, atNs: 5n } });
  assert.deepEqual(events, ["create c", "start c", "exit c 3", "delete c 3"]);
  assert.equal(registry.get("ns", "c"), undefined);
});

test("an exit that comes before start has returned is told after the start", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  const started = Promise.withResolvers<void>();
  live.start = () => started.promise;
  const starting = container.start("");
  live.end(0);
  await settle();
  assert.deepEqual(events, ["create c"]);
  started.resolve();
  await starting;
  await container.init.wait();
  assert.deepEqual(events, ["create c", "start c", "exit c 0"]);
});

test("an init that dies before its start has an exit and no start", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  container.kill("", 9, false);
  await assert.rejects(container.start(""), { message: "cannot start a stopped process" });
  await container.init.wait();
  assert.deepEqual(events, ["create c", "exit c 137"]);
  assert.deepEqual(live.calls, ["signal 9"]);
});

test("SIGKILL after init has ended ends the hooks that a start still waits for", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  const hooks = Promise.withResolvers<void>();
  live.start = () => hooks.promise;
  live.giveUpHooks = () => hooks.reject(new Error("given up"));
  const starting = container.start("");
  starting.catch(() => undefined);
  live.end(0);
  await live.exited;
  assert.throws(() => container.kill("", 9, false), { code: "ESRCH" });
  await assert.rejects(starting, { message: "given up" });
  await container.init.wait();
  assert.deepEqual(events, ["create c", "exit c 0"]);
});

test("a start that fails leaves the container created, and its exit is told", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  live.start = () => Promise.reject(new Error("no"));
  await assert.rejects(container.start(""), { message: "no" });
  assert.equal(container.init.state.kind, "created");
  live.end(1);
  assert.equal((await container.init.wait())?.status, 1);
  assert.deepEqual(events, ["create c", "exit c 1"]);
});

test("a second start is refused and changes nothing", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  const results = await Promise.allSettled([container.start(""), container.start("")]);
  assert.deepEqual(
    results.map((result) => result.status),
    ["fulfilled", "rejected"],
  );
  await assert.rejects(container.start(""), { message: "cannot start a running process" });
  live.end(0);
  await container.init.wait();
  assert.deepEqual(events, ["create c", "start c", "exit c 0"]);
});

test("a second create with the same id fails while the first is still running, and after it", async () => {
  const { runtime, registry, create } = world();
  const gate = Promise.withResolvers<void>();
  runtime.beforeCreate = () => gate.promise;
  const first = create("c");
  const duplicate = { code: "already_exists", message: "container with given ID already exists" };
  await assert.rejects(registry.create(createOptions("c")), duplicate);
  assert.equal(registry.get("ns", "c"), undefined, "nobody sees it before it is there");
  gate.resolve();
  await first;
  await assert.rejects(registry.create(createOptions("c")), duplicate);
  await registry.create(createOptions("c", "other"));
  assert.equal(registry.list().length, 2);
});

test("a create that fails frees its id", async () => {
  const { runtime, registry, events, create } = world();
  runtime.beforeCreate = () => Promise.reject(new Error("no"));
  await assert.rejects(create("c"), { message: "no" });
  assert.ok(registry.idle);
  assert.deepEqual(events, []);
  runtime.beforeCreate = async () => undefined;
  await create("c");
  assert.deepEqual(events, ["create c"]);
});

test("delete of a created container kills it and tells the exit first", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  assert.deepEqual(await container.delete(""), { pid: live.pid, exit: undefined });
  assert.deepEqual(events, ["create c", "exit c 137", "delete c -"]);
  assert.deepEqual(live.calls, [
    "signal 9",
    `drain ${DEFAULT_LIMITS.drainMs} ${DEFAULT_LIMITS.drainEmptyMs}`,
    "remove",
  ]);
});

test("delete of a created container whose init does not die fails and can be tried again", async () => {
  const { events, create } = world({ killMs: 1 });
  const { container, live } = await create("c");
  live.signal = () => undefined;
  await assert.rejects(container.delete(""), {
    message: "init does not end although it was killed",
  });
  assert.equal(container.init.state.kind, "created");
  live.end(137);
  await container.init.wait();
  await container.delete("");
  assert.deepEqual(events.slice(1), ["exit c 137", "delete c 137"]);
});

test("a delete whose removal fails can be tried again", async () => {
  const { registry, events, create } = world();
  const { container, live } = await create("c");
  live.end(0);
  await container.init.wait();
  live.remove = () => Promise.reject(new Error("busy"));
  await assert.rejects(container.delete(""), { message: "busy" });
  assert.equal(container.init.state.kind, "stopped");
  assert.equal(registry.get("ns", "c"), container);
  live.remove = async () => undefined;
  await container.delete("");
  assert.deepEqual(events.slice(-1), ["delete c 0"]);
  await assert.rejects(container.delete(""), { message: "cannot delete a deleted process" });
});

test("a running container cannot be deleted", async () => {
  const { create } = world();
  const { container } = await create("c");
  await container.start("");
  await assert.rejects(container.delete(""), { message: "cannot delete a running process" });
});

test("the drain is short when no process is left and long while one may write", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  live.end(0);
  await container.init.wait();
  live.pids = () => [live.pid];
  await container.delete("");
  assert.deepEqual(live.calls.slice(0, 1), [
    `drain ${DEFAULT_LIMITS.drainMs} ${DEFAULT_LIMITS.drainMs}`,
  ]);
});

test("exec-added, exec-started and its exit are told in this order", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  await container.start("");
  container.addExec(execOptions("e"));
  const pid = await container.start("e");
  assert.equal(pid, live.execs[0]?.pid);
  assert.deepEqual(container.pids(), [
    { pid: live.pid, execId: undefined },
    { pid, execId: "e" },
  ]);
  live.execs[0]?.end(4);
  assert.equal((await container.process("e").wait())?.status, 4);
  assert.deepEqual(await container.delete("e"), { pid, exit: { status: 4, atNs: 1n } });
  assert.deepEqual(events.slice(2), ["exec-added e", "exec-started e", "exit e 4"]);
  assert.throws(() => container.process("e"), { message: "process does not exist e: not found" });
  container.addExec(execOptions("e"));
});

test("an exec may be added and started while init is only created", async () => {
  const { create } = world();
  const { container } = await create("c");
  container.addExec(execOptions("e"));
  await container.start("e");
  assert.equal(container.statusOf("e"), "running");
});

test("an exec that ends before its start has returned is told after it", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  container.addExec(execOptions("e"));
  const exec = live.exec.bind(live);
  live.exec = async (options) => {
    const process = await exec(options);
    live.execs[0]?.end(0);
    await settle();
    return process;
  };
  await container.start("e");
  await container.process("e").wait();
  assert.deepEqual(events.slice(2), ["exec-started e", "exit e 0"]);
});

test("an exec id cannot be used twice, nor the container's own", async () => {
  const { create } = world();
  const { container } = await create("c");
  container.addExec(execOptions("e"));
  for (const id of ["e", "c"]) {
    assert.throws(() => container.addExec(execOptions(id)), {
      code: "already_exists",
      message: `id ${id}: already exists`,
    });
  }
  assert.throws(() => container.addExec(execOptions("a/b")), { code: "invalid_argument" });
});

test("an exec whose start fails stays created, answers who waits, and may be started again", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  container.addExec(execOptions("e"));
  const process = container.process("e");
  const waiting = process.wait();
  live.beforeExec = () => Promise.reject(new Error("no such program"));
  await assert.rejects(container.start("e"), { message: "no such program" });
  assert.equal(await waiting, undefined);
  assert.equal(await process.wait(), undefined);
  assert.deepEqual(process.state, { kind: "created", pid: undefined });
  live.beforeExec = async () => undefined;
  await container.start("e");
  const again = process.wait();
  live.execs[0]?.end(5);
  assert.equal((await again)?.status, 5);
  assert.deepEqual(events.slice(1), ["exec-added e", "exec-started e", "exit e 5"]);
});

test("an exec that never ran is deleted without an exit, and who waited is answered", async () => {
  const { events, create } = world();
  const { container } = await create("c");
  container.addExec(execOptions("e"));
  const waiting = container.process("e").wait();
  assert.deepEqual(await container.delete("e"), { pid: undefined, exit: undefined });
  assert.equal(await waiting, undefined);
  assert.deepEqual(events.slice(1), ["exec-added e"]);
});

test("delete of an exec that is being started waits for the start and is refused", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  container.addExec(execOptions("e"));
  const gate = Promise.withResolvers<void>();
  live.beforeExec = () => gate.promise;
  const starting = container.start("e");
  const deleting = assert.rejects(container.delete("e"), {
    message: "cannot delete a running process",
  });
  gate.resolve();
  await Promise.all([starting, deleting]);
});

test("an exec that waits for its client holds up no other", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  for (const id of ["slow", "quick"]) container.addExec(execOptions(id));
  live.beforeExec = ({ execId }) =>
    execId === "slow" ? Promise.withResolvers<void>().promise : Promise.resolve();
  const slow = container.start("slow");
  await container.start("quick");
  await container.start("");
  assert.equal(container.statusOf("slow"), "created");
  assert.ok(slow);
});

test("the exits of two running execs are told before the exit of their init", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  await container.start("");
  for (const id of ["e1", "e2"]) {
    container.addExec(execOptions(id));
    await container.start(id);
  }
  live.end(137);
  await settle();
  assert.equal(container.init.state.kind, "running", "not known yet");
  await assert.rejects(container.start("e1"), {
    code: "failed_precondition",
    message: "container c init process is not running: failed precondition",
  });
  for (const exec of live.execs) exec.end(137);
  await container.init.wait();
  assert.deepEqual(events.slice(-3), ["exit e1 137", "exit e2 137", "exit c 137"]);
  assert.ok(
    !live.calls.includes("signalAll 9"),
    "the kernel does that for a private pid namespace",
  );
});

test("without a pid namespace of its own everything in the container is killed when init ends", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  live.privatePidNamespace = false;
  await container.start("");
  container.addExec(execOptions("e"));
  await container.start("e");
  live.end(0);
  await container.init.wait();
  assert.ok(live.calls.includes("signalAll 9"));
  assert.deepEqual(events.slice(-2), ["exit e 137", "exit c 0"]);
});

test("an exec that does not end cannot hide the exit of init for ever", async () => {
  const { events, create } = world({ execExitsMs: 1 });
  const { container, live } = await create("c");
  await container.start("");
  container.addExec(execOptions("e"));
  await container.start("e");
  live.end(0);
  await container.init.wait();
  live.execs[0]?.end(137);
  await container.process("e").wait();
  assert.deepEqual(events.slice(-2), ["exit c 0", "exit e 137"]);
});

test("the exit of init waits for an exec that is being started, which is killed then", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  live.privatePidNamespace = false;
  await container.start("");
  container.addExec(execOptions("e"));
  const gate = Promise.withResolvers<void>();
  live.beforeExec = () => gate.promise;
  const starting = container.start("e");
  await settle();
  live.end(0);
  await settle();
  gate.resolve();
  await starting;
  await container.init.wait();
  assert.deepEqual(events.slice(-3), ["exec-started e", "exit e 137", "exit c 0"]);
});

test("an exec whose start fails does not hold up the exit of init", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  await container.start("");
  container.addExec(execOptions("e"));
  const gate = Promise.withResolvers<void>();
  live.beforeExec = () => gate.promise;
  const starting = assert.rejects(container.start("e"));
  await settle();
  live.end(0);
  await settle();
  gate.reject(new Error("no"));
  await starting;
  await container.init.wait();
  assert.deepEqual(events.slice(-1), ["exit c 0"]);
});

test("a container takes its execs along when it is deleted, also one that is being started", async () => {
  const { events, create } = world({ execExitsMs: 1 });
  const { container, live } = await create("c");
  for (const id of ["idle", "late"]) container.addExec(execOptions(id));
  const waiting = container.process("idle").wait();
  const gate = Promise.withResolvers<void>();
  live.beforeExec = () => gate.promise;
  const starting = container.start("late");
  await settle();
  await container.delete("");
  assert.equal(await waiting, undefined);
  gate.resolve();
  await assert.rejects(starting, { message: "cannot start a deleted process" });
  assert.deepEqual(live.execs[0]?.calls, ["signal 9", "close"]);
  assert.deepEqual(events.slice(-2), ["exit c 137", "delete c -"]);
});

test("kills by the OOM killer are told before the exit, once for each time they grew", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  await container.start("");
  container.addExec(execOptions("e"));
  await container.start("e");
  live.kills = 1n;
  live.execs[0]?.end(137);
  await container.process("e").wait();
  live.end(0);
  await container.init.wait();
  assert.deepEqual(events.slice(-3), ["oom c", "exit e 137", "exit c 0"]);
});

test("kills by the OOM killer are told while the container runs, once for each notice of more", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  live.oomKill();
  live.oomKill(0n);
  await container.start("");
  live.oomKill(2n);
  assert.deepEqual(events, ["create c", "oom c", "start c", "oom c"]);
  live.end(137);
  await container.init.wait();
  assert.deepEqual(events.slice(4), ["exit c 137"]);
});

test("nobody waits for the OOM killer once the exit of init is told", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  assert.equal(live.oomNotices.size, 1);
  await container.delete("");
  assert.equal(live.oomNotices.size, 0);
  assert.deepEqual(events.slice(-1), ["delete c -"]);
});

test("a container whose OOM kills cannot be watched lives, and its exit tells of them", async () => {
  const { runtime, events, warnings, create } = world();
  runtime.beforeCreate = async (live) => {
    live.watchOom = () => {
      throw new Error("no memory controller");
    };
  };
  const { container, live } = await create("c");
  live.kills = 1n;
  live.end(137);
  await container.init.wait();
  assert.deepEqual(events, ["create c", "oom c", "exit c 137"]);
  assert.deepEqual(warnings, ["cannot watch for OOM kills"]);
});

test("an init that the OOM killer ended has that told before its exit", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  live.kills = 1n;
  live.end(137);
  await container.init.wait();
  assert.deepEqual(events, ["create c", "oom c", "exit c 137"]);
});

test("nothing is told of an exec that outlived its container's deletion", async () => {
  const errors: string[] = [];
  const { events, create } = world({ execExitsMs: 1 }, errors);
  const { container, live } = await create("c");
  container.addExec(execOptions("e"));
  await container.start("e");
  live.end(0);
  await container.init.wait();
  await container.delete("");
  live.execs[0]?.end(137);
  await settle();
  assert.deepEqual(events.slice(-2), ["exit c 0", "delete c 0"]);
  assert.deepEqual(errors, []);
});

test("delete of an exec lets its output drain and then cuts it", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  container.addExec(execOptions("e"));
  await container.start("e");
  live.execs[0]?.end(0);
  await container.process("e").wait();
  await container.delete("e");
  assert.deepEqual(live.execs[0]?.calls, [
    `drain ${DEFAULT_LIMITS.drainMs} ${DEFAULT_LIMITS.drainMs}`,
    "close",
  ]);
});

test("a counter that cannot be read loses no exit", async () => {
  const { events, create } = world();
  const { container, live } = await create("c");
  live.oomKills = () => {
    throw new Error("gone");
  };
  live.end(1);
  await container.init.wait();
  assert.deepEqual(events, ["create c", "exit c 1"]);
});

test("several may wait, and one of them may give up", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  const gone = new AbortController();
  const waiting = [container.init.wait(), container.init.wait()];
  const givenUp = assert.rejects(container.init.wait(gone.signal), { message: "client has gone" });
  gone.abort(new Error("client has gone"));
  await givenUp;
  await assert.rejects(container.init.wait(gone.signal), { message: "client has gone" });
  live.end(2);
  assert.deepEqual(
    (await Promise.all(waiting)).map((exit) => exit?.status),
    [2, 2],
  );
});

test("kill reaches init only, or everything where that is asked for or needed", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  container.kill("", 15, false);
  container.kill("", 15, true);
  live.privatePidNamespace = false;
  container.kill("", 0, false);
  container.kill("", 9, false);
  assert.deepEqual(live.calls.slice(0, 4), [
    "signal 15",
    "signalAll 15",
    "signal 0",
    "signalAll 9",
  ]);
  await container.init.wait();
  container.kill("", 9, true);
  assert.throws(() => container.kill("", 9, false), { message: "process already finished" });
});

test("numbers that are no signals are refused without a system call", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  for (const all of [false, true]) {
    assert.throws(() => container.kill("", 65, all), { message: "invalid argument" });
  }
  assert.deepEqual(live.calls, []);
});

test("a kill after init has been reaped and before its exit is told fails with ESRCH", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  container.addExec(execOptions("e"));
  await container.start("e");
  live.end(0);
  await settle();
  assert.throws(() => container.kill("", 15, false), { code: "ESRCH" });
  live.execs[0]?.end(0);
  await container.init.wait();
});

test("an exec that was not started cannot be killed", async () => {
  const { create } = world();
  const { container } = await create("c");
  container.addExec(execOptions("e"));
  assert.throws(() => container.kill("e", 9, false), { message: "process not created" });
});

test("stdin that was closed before the start of an exec is closed at its start", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  container.addExec(execOptions("e"));
  container.process("e").closeStdin();
  await container.start("e");
  assert.deepEqual(live.execs[0]?.calls, ["closeStdin"]);
  container.process("").closeStdin();
  assert.deepEqual(live.calls, ["closeStdin"]);
});

test("resize works from created on and is harmless afterwards, but refused for an exec that has ended", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  container.addExec(execOptions("e"));
  container.resize("", 80, 24);
  container.resize("e", 80, 24);
  await container.start("e");
  container.resize("e", 100, 30);
  assert.deepEqual([live.calls, live.execs[0]?.calls], [["resize 80x24"], ["resize 100x30"]]);
  live.execs[0]?.end(0);
  await container.process("e").wait();
  assert.throws(() => container.resize("e", 1, 1), {
    message: "cannot resize a stopped container",
  });
  live.end(0);
  await container.init.wait();
  container.resize("", 1, 1);
  assert.deepEqual(live.calls, ["resize 80x24"]);
});

test("the pids of a container are never empty before it has ended", async () => {
  const { create } = world();
  const { container, live } = await create("c");
  live.pids = () => [];
  assert.deepEqual(container.pids(), [{ pid: live.pid, execId: undefined }]);
  live.end(0);
  await container.init.wait();
  assert.deepEqual(container.pids(), []);
});

test("who asks for the end while containers are there gets it when the last one has been deleted", async () => {
  const { runtime, registry, events, create } = world();
  const { container } = await create("a");
  const gate = Promise.withResolvers<void>();
  runtime.beforeCreate = () => gate.promise;
  const second = create("b");
  registry.requestEnd();
  await container.delete("");
  assert.ok(!events.includes("idle"), "another one is being made");
  gate.resolve();
  await (await second).container.delete("");
  assert.deepEqual(events.slice(-2), ["delete b -", "idle"]);
});

test("a container that was removed without us keeps nobody busy once it has ended", async () => {
  const { registry, events, create } = world();
  const { container, live } = await create("a");
  live.removed = true;
  assert.equal(registry.idle, false, "it runs");
  live.end(137);
  await container.init.wait();
  assert.equal(registry.idle, true);
  live.removed = false;
  assert.equal(registry.idle, false, "its client may still delete it");
  live.removed = true;
  registry.requestEnd();
  assert.equal(events.at(-1), "idle");
});

test("the end comes after a failed create too, and at once when there is nothing", async () => {
  const { runtime, registry, events, create } = world();
  registry.requestEnd();
  assert.deepEqual(events, ["idle"]);
  runtime.beforeCreate = () => Promise.reject(new Error("no"));
  await assert.rejects(create("c"));
  assert.deepEqual(events, ["idle", "idle"]);
});
