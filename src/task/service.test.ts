// SPDX-License-Identifier: Apache-2.0
// What containerd gets: every row of the contract's table of calls (4.2) that is implemented, with codes and whole texts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { toErrno } from "../base/brand.ts";
import { InitError, SpecError, SysError, TaskError } from "../base/errors.ts";
import { silentLogger } from "../base/log.ts";
import { type FakeContainer, FakeRuntime } from "../container/fake-runtime.ts";
import { packAny, packJson, unpackAny } from "../proto/any.ts";
import { type Codec, encode } from "../proto/codec.ts";
import type { containerd } from "../proto/generated/messages.js";
import { TASK_METHODS, type TaskMethod } from "../proto/task-methods.ts";
import { fromTimestamp } from "../proto/timestamp.ts";
import { createTaskService } from "./service.ts";

type Message = Record<string, unknown>;

interface World {
  readonly runtime: FakeRuntime;
  /** Topics, in order; "shutdown" is the callback. */
  readonly told: string[];
  readonly call: (method: string, request?: Message, options?: CallOptions) => Promise<Message>;
}
interface CallOptions {
  readonly service?: string;
  readonly namespaces?: readonly string[];
  readonly signal?: AbortSignal;
  readonly payload?: Uint8Array;
}

function world(): World {
  const runtime = new FakeRuntime();
  const told: string[] = [];
  const { services } = createTaskService({
    ...{ runtime, namespace: "default", shimPid: 4321, stateRoot: "/run/state" },
    publish: ({ topic }) => told.push(topic),
    shutdown: () => told.push("shutdown"),
    now: () => 7n,
    readConfig: async (path) => `Root = "${path}/root"\n`,
    log: silentLogger,
  });
  const call: World["call"] = async (method, request = {}, options = {}) => {
    const { service = "containerd.task.v3.Task", namespaces = ["default"] } = options;
    const codecs = TASK_METHODS[method as TaskMethod] as {
      request: Codec<object>;
      response: Codec<object>;
    };
    const handler = services.get(service)?.get(method);
    assert.ok(handler, method);
    const answer = await handler({
      method,
      payload: options.payload ?? encode(codecs.request, request),
      metadata: new Map([["containerd-namespace-ttrpc", namespaces]]),
      signal: options.signal ?? new AbortController().signal,
    });
    return codecs.response.decode(answer) as Message;
  };
  return { runtime, told, call };
}

const SPEC = packJson("Process", { args: ["true"] });
const CREATE = { id: "c", bundle: "/bundles/c" };

async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    assert.ok(error instanceof TaskError, String(error));
    return `${error.code}: ${error.message}`;
  }
}

function live(runtime: FakeRuntime): FakeContainer {
  const created = runtime.created.at(-1);
  assert.ok(created);
  return created.live;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type InitState = "no" | "created" | "running" | "stopped";

/** A world with a container "c" in this state. */
async function worldWith(state: InitState): Promise<World> {
  const made = world();
  if (state === "no") return made;
  await made.call("Create", CREATE);
  if (state === "created") return made;
  await made.call("Start", { id: "c" });
  if (state === "running") return made;
  live(made.runtime).end(3, 5_000_000_001n);
  await made.call("Wait", { id: "c" });
  return made;
}

const NOT_CREATED = "not_found: container not created: not found";
const EXISTS =
  "unknown: OCI runtime create failed: runc create failed: container with given ID already exists";

/** Method, request, and the outcome for no container, a created, a running and a stopped one. */
const INIT_ROWS: readonly (readonly [string, Message, string, string, string, string])[] = [
  ["State", { id: "c" }, NOT_CREATED, "ok", "ok", "ok"],
  ["Connect", { id: "c" }, "ok", "ok", "ok", "ok"],
  ["Create", CREATE, "ok", EXISTS, EXISTS, EXISTS],
  [
    "Start",
    { id: "c" },
    NOT_CREATED,
    "ok",
    "unknown: cannot start a running process",
    "unknown: cannot start a stopped process",
  ],
  ["Delete", { id: "c" }, NOT_CREATED, "ok", "unknown: cannot delete a running process", "ok"],
  ["Pids", { id: "c" }, NOT_CREATED, "ok", "ok", "ok"],
  ["Stats", { id: "c" }, NOT_CREATED, "ok", "ok", "ok"],
  [
    "Pause",
    { id: "c" },
    NOT_CREATED,
    "unknown: cannot pause task in created state",
    "unimplemented: pause is not supported yet: not implemented",
    "unknown: cannot pause a stopped container",
  ],
  [
    "Resume",
    { id: "c" },
    NOT_CREATED,
    "unknown: cannot resume task in created state",
    "unknown: cannot resume a running process",
    "unknown: cannot resume a stopped container",
  ],
  [
    "Checkpoint",
    { id: "c", path: "/x" },
    NOT_CREATED,
    "unknown: cannot checkpoint a task in created state",
    "unimplemented: checkpoint is not supported yet: not implemented",
    "unknown: cannot checkpoint a stopped container",
  ],
  [
    "Update",
    { id: "c", resources: packJson("LinuxResources", {}) },
    NOT_CREATED,
    "unimplemented: update is not supported yet: not implemented",
    "unimplemented: update is not supported yet: not implemented",
    "unknown: cannot update a stopped container",
  ],
  [
    "Kill",
    { id: "c", signal: 0 },
    NOT_CREATED,
    "ok",
    "ok",
    "not_found: process already finished: not found",
  ],
  ["Kill", { id: "c", signal: 15, all: true }, NOT_CREATED, "ok", "ok", "ok"],
  [
    "Kill",
    { id: "c", signal: 4_294_967_295 },
    NOT_CREATED,
    "unknown: unknown error after kill: invalid argument",
    "unknown: unknown error after kill: invalid argument",
    "not_found: process already finished: not found",
  ],
  [
    "Exec",
    { id: "c", execId: "e", spec: SPEC },
    NOT_CREATED,
    "ok",
    "ok",
    "unknown: cannot exec in a stopped state",
  ],
  ["ResizePty", { id: "c", width: 80, height: 24 }, NOT_CREATED, "ok", "ok", "ok"],
  ["CloseIO", { id: "c", stdin: true }, NOT_CREATED, "ok", "ok", "ok"],
  ["Shutdown", { id: "c" }, "ok", "ok", "ok", "ok"],
];

for (const [method, request, ...outcomes] of INIT_ROWS) {
  for (const [index, state] of (["no", "created", "running", "stopped"] as const).entries()) {
    const expected = outcomes[index] ?? "";
    test(`${method} ${JSON.stringify(request).slice(0, 40)} of ${state} container: ${expected}`, async () => {
      const { call } = await worldWith(state);
      assert.equal(await outcome(call(method, request)), expected);
    });
  }
}

test("Wait of an unknown container is an error, else it waits and may be asked again", async () => {
  assert.equal(await outcome(world().call("Wait", { id: "c" })), NOT_CREATED);
  const { call } = await worldWith("stopped");
  for (let times = 0; times < 2; times++) {
    const answer = await call("Wait", { id: "c" });
    assert.equal(answer["exitStatus"], 3);
    assert.equal(fromTimestamp(answer["exitedAt"] as never), 5_000_000_001n);
  }
});

test("Wait ends with the reason of its signal when its client has gone", async () => {
  const { call } = await worldWith("running");
  const gone = new AbortController();
  const waiting = outcome(call("Wait", { id: "c" }, { signal: gone.signal }));
  await settle();
  gone.abort(new TaskError("unavailable", "connection closed"));
  assert.equal(await waiting, "unavailable: connection closed");
});

test("after Delete of init every call says that there is no such container, whatever execs were left", async () => {
  const { call } = await worldWith("running");
  await call("Exec", { id: "c", execId: "e", spec: SPEC });
  await call("Kill", { id: "c", signal: 9 });
  await call("Wait", { id: "c" });
  await call("Delete", { id: "c" });
  for (const method of ["State", "Delete", "Kill", "Start", "Pids", "Wait", "Stats"]) {
    assert.equal(await outcome(call(method, { id: "c" })), NOT_CREATED);
    assert.equal(await outcome(call(method, { id: "c", execId: "e" })), NOT_CREATED);
  }
});

test("a second Delete that raced the first is told that there is nothing any more", async () => {
  const { call } = await worldWith("stopped");
  const outcomes = await Promise.all([
    outcome(call("Delete", { id: "c" })),
    outcome(call("Delete", { id: "c" })),
    outcome(call("Start", { id: "c" })),
  ]);
  assert.deepEqual(outcomes, [
    "ok",
    "not_found: cannot delete a deleted process: not found",
    "unknown: cannot start a deleted process",
  ]);
});

type ExecState = "no" | "created" | "running" | "stopped";

async function worldWithExec(state: ExecState): Promise<World> {
  const made = await worldWith("running");
  if (state === "no") return made;
  await made.call("Exec", { id: "c", execId: "e", spec: SPEC });
  if (state === "created") return made;
  await made.call("Start", { id: "c", execId: "e" });
  if (state === "running") return made;
  live(made.runtime).execs[0]?.end(4);
  await made.call("Wait", { id: "c", execId: "e" });
  return made;
}

const NO_EXEC = "not_found: process does not exist e: not found";
const EXEC_EXISTS = "already_exists: id e: already exists";
const E = { id: "c", execId: "e" };

const EXEC_ROWS: readonly (readonly [string, Message, string, string, string, string])[] = [
  ["Exec", { ...E, spec: SPEC }, "ok", EXEC_EXISTS, EXEC_EXISTS, EXEC_EXISTS],
  ["State", E, NO_EXEC, "ok", "ok", "ok"],
  [
    "Start",
    E,
    NO_EXEC,
    "ok",
    "unknown: cannot start a running process",
    "unknown: cannot start a stopped process",
  ],
  [
    "Kill",
    { ...E, signal: 15, all: true },
    NO_EXEC,
    "failed_precondition: process not created: failed precondition",
    "ok",
    "not_found: process already finished: not found",
  ],
  [
    "Kill",
    { ...E, signal: 99 },
    NO_EXEC,
    "failed_precondition: process not created: failed precondition",
    "unknown: exec kill error: unknown error after kill: invalid argument",
    "not_found: process already finished: not found",
  ],
  ["Delete", E, NO_EXEC, "ok", "unknown: cannot delete a running process", "ok"],
  [
    "ResizePty",
    { ...E, width: 1, height: 2 },
    NO_EXEC,
    "ok",
    "ok",
    "unknown: cannot resize a stopped container",
  ],
  ["CloseIO", { ...E, stdin: true }, NO_EXEC, "ok", "ok", "ok"],
];

for (const [method, request, ...outcomes] of EXEC_ROWS) {
  for (const [index, state] of (["no", "created", "running", "stopped"] as const).entries()) {
    const expected = outcomes[index] ?? "";
    test(`${method} ${request["signal"] ?? ""} of ${state} exec: ${expected}`, async () => {
      const { call } = await worldWithExec(state);
      assert.equal(await outcome(call(method, request)), expected);
    });
  }
}

test("the id of a deleted exec may be used again", async () => {
  const { call } = await worldWithExec("stopped");
  const answer = await call("Delete", E);
  assert.equal(answer["exitStatus"], 4);
  await call("Exec", { ...E, spec: SPEC });
});

test("an exec of a container whose init has been reaped cannot be started", async () => {
  const { call, runtime } = await worldWithExec("running");
  await call("Exec", { id: "c", execId: "late", spec: SPEC });
  live(runtime).end(0);
  await settle();
  assert.equal(
    await outcome(call("Start", { id: "c", execId: "late" })),
    "failed_precondition: container c init process is not running: failed precondition",
  );
  live(runtime).execs[0]?.end(0);
  await call("Wait", { id: "c" });
});

test("an exec whose program is missing stays created, and Wait answers zero at no time", async () => {
  const { call, runtime } = await worldWithExec("created");
  const program = 'exec: "/nonexist": stat /nonexist: no such file or directory';
  const text = `unable to start container process: ${program}`;
  live(runtime).beforeExec = () => Promise.reject(new InitError(text, toErrno(2), "find_exec"));
  assert.equal(
    await outcome(call("Start", E)),
    `unknown: OCI runtime exec failed: exec failed: ${text}`,
  );
  const state = await call("State", E);
  assert.deepEqual([state["status"], state["pid"]], [1, 0]);
  for (const method of ["Wait", "Delete"]) {
    const answer = await call(method, E);
    assert.equal(answer["exitStatus"], 0);
    assert.equal(fromTimestamp(answer["exitedAt"] as never), undefined);
  }
});

test("a Create whose program is missing fails with the whole chain and leaves nothing", async () => {
  const { call, runtime, told } = world();
  const program = 'exec: "/nonexist": stat /nonexist: no such file or directory';
  const text = `unable to start container process: ${program}`;
  runtime.beforeCreate = () => Promise.reject(new InitError(text, toErrno(2), "find_exec"));
  assert.equal(
    await outcome(call("Create", CREATE)),
    `unknown: OCI runtime create failed: runc create failed: ${text}`,
  );
  assert.equal(await outcome(call("Delete", { id: "c" })), NOT_CREATED);
  assert.deepEqual(told, []);
});

test("a root filesystem that cannot be mounted is told without the words of a runtime", async () => {
  const { call, runtime } = world();
  const text = "failed to mount rootfs component: no such device";
  runtime.beforeCreate = () => Promise.reject(new TaskError("unknown", text));
  assert.equal(await outcome(call("Create", CREATE)), `unknown: ${text}`);
});

test("an error in config.json names the field", async () => {
  const { call, runtime } = world();
  runtime.beforeCreate = () => Promise.reject(new SpecError("process.cwd", "must be absolute"));
  assert.equal(
    await outcome(call("Create", CREATE)),
    "unknown: OCI runtime create failed: runc create failed: process.cwd: must be absolute",
  );
});

test("no text ends with white space, which is no field of HTTP/2", async () => {
  const { call, runtime } = world();
  runtime.beforeCreate = () => Promise.reject(new Error("exit status 1, stdout: , stderr: "));
  assert.equal(
    await outcome(call("Create", CREATE)),
    "unknown: OCI runtime create failed: runc create failed: exit status 1, stdout: , stderr:",
  );
});

test("a Start of init that fails says so, and the container stays created", async () => {
  const { call, runtime } = await worldWith("created");
  live(runtime).start = () => Promise.reject(new Error("boom"));
  assert.equal(
    await outcome(call("Start", { id: "c" })),
    "unknown: OCI runtime start failed: boom",
  );
  assert.equal((await call("State", { id: "c" }))["status"], 1);
});

test("a Delete that fails can be tried again", async () => {
  const { call, runtime, told } = await worldWith("stopped");
  live(runtime).remove = () => Promise.reject(new Error("device or resource busy"));
  assert.equal(
    await outcome(call("Delete", { id: "c" })),
    "unknown: failed to delete task: device or resource busy",
  );
  assert.equal((await call("State", { id: "c" }))["status"], 3);
  live(runtime).remove = async () => undefined;
  await call("Delete", { id: "c" });
  assert.deepEqual(told, ["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"]);
});

test("a Kill that meets a process that has just ended says that it has finished", async () => {
  const { call, runtime } = await worldWithExec("running");
  live(runtime).end(0);
  await settle();
  assert.equal(
    await outcome(call("Kill", { id: "c", signal: 15 })),
    "not_found: process already finished: not found",
  );
  live(runtime).execs[0]?.end(0);
  await call("Wait", { id: "c" });
});

test("another failure of Kill keeps its text behind the reference's", async () => {
  const { call, runtime } = await worldWith("running");
  live(runtime).signal = () => {
    const fields = { syscall: "pidfd_send_signal", errno: toErrno(1), code: "EPERM" };
    throw new SysError({ ...fields, message: "operation not permitted" });
  };
  assert.equal(
    await outcome(call("Kill", { id: "c", signal: 15 })),
    "unknown: unknown error after kill: operation not permitted",
  );
});

test("Stats of a container whose cgroup is gone is not found", async () => {
  const { call, runtime } = await worldWith("stopped");
  live(runtime).metrics = () => {
    const fields = { syscall: "openat2", errno: toErrno(2), code: "ENOENT" };
    throw new SysError({ ...fields, message: "no such file or directory" });
  };
  assert.equal(
    await outcome(call("Stats", { id: "c" })),
    "not_found: cgroup does not exist: not found",
  );
});

test("Create takes everything from its request and from runc's options", async () => {
  const { call, runtime } = world();
  const options = packAny("containerd.runc.v1.Options", {
    root: "/r",
    noPivotRoot: true,
    ioUid: 5,
  });
  const mount = { type: "overlay", source: "overlay", target: "", options: ["lowerdir=/a"] };
  const stdio = { terminal: true, stdin: "/i", stdout: "/o", stderr: "" };
  const answer = await call("Create", { ...CREATE, ...stdio, rootfs: [mount], options });
  assert.equal(answer["pid"], 100);
  assert.deepEqual(runtime.created[0]?.options, {
    ...{ namespace: "default", id: "c", bundle: "/bundles/c", stateRoot: "/r", stdio },
    ...{
      rootfsMounts: [mount],
      noPivot: true,
      noNewKeyring: false,
      systemdCgroup: false,
      ioUid: 5,
      ioGid: undefined,
    },
  });
});

test("Create reads runtimeoptions, as a body and as a path", async () => {
  const { call, runtime } = world();
  const configBody = new TextEncoder().encode('Root = "/from-body"\nSystemdCgroup = false\n');
  const withBody = packAny("runtimeoptions.v1.Options", { configBody });
  await call("Create", { ...CREATE, options: withBody });
  const withPath = packAny("runtimeoptions.v1.Options", { configPath: "/etc/x" });
  await call("Create", { ...CREATE, id: "d", options: withPath });
  await call("Create", { ...CREATE, id: "e" });
  assert.deepEqual(
    runtime.created.map(({ options }) => options.stateRoot),
    ["/from-body", "/etc/x/root", "/run/state"],
  );
});

const BAD_REQUESTS: readonly (readonly [string, string, Message, string])[] = [
  [
    "Create without an id",
    "Create",
    { bundle: "/b" },
    "invalid_argument: container id must not be empty: invalid argument",
  ],
  [
    "Create with an id that is a path",
    "Create",
    { id: "../x", bundle: "/b" },
    'invalid_argument: invalid container id format: "../x": invalid argument',
  ],
  [
    "Create with a relative bundle",
    "Create",
    { id: "x", bundle: "b" },
    'invalid_argument: bundle must be an absolute path: "b": invalid argument',
  ],
  [
    "Create with a NUL in a path",
    "Create",
    { ...CREATE, id: "x", stdout: "/a\0" },
    'invalid_argument: stdout contains a NUL: "/a\\u0000": invalid argument',
  ],
  [
    "Create with a NUL in a mount",
    "Create",
    { ...CREATE, id: "x", rootfs: [{ options: ["a\0"] }] },
    'invalid_argument: rootfs[0].options contains a NUL: "a\\u0000": invalid argument',
  ],
  [
    "Create with unknown options",
    "Create",
    { ...CREATE, id: "x", options: { typeUrl: "foo.Bar", value: Uint8Array.of(1) } },
    "unknown: type with url foo.Bar: not found",
  ],
  [
    "Create with a message that is no options",
    "Create",
    { ...CREATE, id: "x", options: packAny("containerd.events.TaskOOM", { containerId: "c" }) },
    "invalid_argument: options of type containerd.events.TaskOOM are not runtime options: invalid argument",
  ],
  [
    "Create from a checkpoint",
    "Create",
    { ...CREATE, id: "x", checkpoint: "/c" },
    "unknown: restoring from a checkpoint is not supported yet",
  ],
  ["Exec without a spec", "Exec", E, "invalid_argument: spec is missing: invalid argument"],
  [
    "Exec with half a spec",
    "Exec",
    { ...E, spec: { typeUrl: "", value: Buffer.from("{") } },
    "unknown: unexpected end of JSON input",
  ],
  [
    "Exec with an empty spec",
    "Exec",
    { ...E, spec: { typeUrl: SPEC.typeUrl } },
    "unknown: unexpected end of JSON input",
  ],
  [
    "Exec without an id",
    "Exec",
    { id: "c", spec: SPEC },
    "invalid_argument: exec id must not be empty: invalid argument",
  ],
  [
    "Update without resources",
    "Update",
    { id: "c" },
    "invalid_argument: resources is missing: invalid argument",
  ],
  [
    "Update with bad resources",
    "Update",
    { id: "c", resources: { typeUrl: "x", value: Buffer.from("") } },
    "unknown: unexpected end of JSON input",
  ],
  [
    "ResizePty beyond 16 bits",
    "ResizePty",
    { id: "c", width: 65_536, height: 1 },
    "invalid_argument: window size 65536x1 is out of range: invalid argument",
  ],
];

for (const [name, method, request, expected] of BAD_REQUESTS) {
  test(`refused: ${name}`, async () => {
    const { call } = await worldWith("running");
    assert.equal(await outcome(call(method, request)), expected);
  });
}

test("a payload that is not the method's message is an invalid argument", async () => {
  const { call } = world();
  assert.equal(
    await outcome(call("State", {}, { payload: Uint8Array.of(0x0a, 0x7f) })),
    "invalid_argument: cannot decode the request of State: invalid argument",
  );
});

test("both versions of the service are served, and no other namespace", async () => {
  const { call } = await worldWith("created");
  await call("State", { id: "c" }, { service: "containerd.task.v2.Task" });
  await call("State", { id: "c" }, { namespaces: [] });
  assert.equal(
    await outcome(call("State", { id: "c" }, { namespaces: ["default", "k8s.io"] })),
    'invalid_argument: namespace "k8s.io" is not served here: invalid argument',
  );
});

test("State tells everything of a process", async () => {
  const { call } = world();
  const stdio = { stdin: "/i", stdout: "/o", stderr: "/e" };
  await call("Create", { ...CREATE, ...stdio });
  const created = await call("State", { id: "c" });
  assert.deepEqual(
    { ...created, exitedAt: fromTimestamp(created["exitedAt"] as never) },
    {
      ...{ id: "c", bundle: "/bundles/c", pid: 100, status: 1, ...stdio, exitedAt: undefined },
    },
  );
  assert.ok(created["exitedAt"], "Go's zero time is sent, as the reference does");
  await call("Exec", { ...E, spec: SPEC, terminal: true, stdout: "/eo" });
  await call("Start", E);
  const exec = await call("State", E);
  assert.deepEqual(
    [exec["id"], exec["bundle"], exec["pid"], exec["status"], exec["terminal"], exec["execId"]],
    ["e", "/bundles/c", 101, 2, true, ""],
  );
});

test("Connect answers with what it knows, also without an id", async () => {
  const { call } = await worldWith("stopped");
  const pids = async (id: string) => {
    const { shimPid, taskPid } = await call("Connect", { id });
    return [shimPid, taskPid];
  };
  assert.deepEqual(await pids("c"), [4321, 100]);
  assert.deepEqual(await pids(""), [4321, 0]);
});

test("Pids names the execs and Stats is of a known type", async () => {
  const { call } = await worldWithExec("running");
  const { processes } = (await call("Pids", { id: "c" })) as {
    processes: containerd.v1.types.ProcessInfo[];
  };
  assert.deepEqual(
    processes.map(({ pid }) => pid),
    [100, 101],
  );
  assert.equal(processes[0]?.info, null);
  const details = unpackAny(processes[1]?.info ?? {});
  assert.ok(details?.kind === "message" && details.name === "containerd.runc.v1.ProcessDetails");
  assert.equal(details.message.execId, "e");
  const { stats } = (await call("Stats", { id: "c" })) as { stats: { typeUrl: string } };
  assert.equal(stats.typeUrl, "io.containerd.cgroups.v2.Metrics");
});

test("Delete of a created container answers zero at no time and tells exit before delete", async () => {
  const { call, told } = await worldWith("created");
  const answer = await call("Delete", { id: "c" });
  assert.deepEqual([answer["pid"], answer["exitStatus"]], [100, 0]);
  assert.equal(fromTimestamp(answer["exitedAt"] as never), undefined);
  assert.deepEqual(told, ["/tasks/create", "/tasks/exit", "/tasks/delete"]);
});

test("Shutdown ends a shim without containers, and is remembered by one that has some", async () => {
  const empty = world();
  await empty.call("Shutdown", { id: "x", now: true });
  assert.deepEqual(empty.told, ["shutdown"]);
  const { call, told } = await worldWith("stopped");
  await call("Shutdown", { id: "c", now: true });
  assert.ok(!told.includes("shutdown"));
  await call("Delete", { id: "c" });
  assert.deepEqual(told.slice(-2), ["/tasks/delete", "shutdown"]);
});
