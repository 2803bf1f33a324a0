// SPDX-License-Identifier: Apache-2.0
// The promise: hooks run where and when the specification says, whatever becomes of the container; so the network that
// nerdctl's and Docker's hooks make is there when the program starts, and gone when the container is.

import assert from "node:assert/strict";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { check } from "./harness/command.ts";
import type { Container, OciSpec } from "./harness/container.ts";
import { eventually } from "./harness/eventually.ts";
import { isAlive, namespaceOf, parentOf, zombiesOf } from "./harness/processes.ts";
import type { Scope } from "./harness/scope.ts";
import { SIGKILL } from "./harness/signals.ts";
import { onEachContainerd } from "./harness/suite.ts";

type Hooks = Readonly<Record<string, readonly object[]>>;

const ENV = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
const IN_RUNTIME = ["prestart", "createRuntime", "poststart", "poststop"] as const;

/** A hook that is a shell with `script`; $1 is `argument`. */
function shell(script: string, argument = "", more: object = {}): object {
  return { path: "/bin/sh", args: ["sh", "-c", script, "sh", argument], env: ENV, ...more };
}

function withHooks(hooks: Hooks): (spec: OciSpec) => void {
  return (spec) => {
    spec["hooks"] = hooks;
  };
}

async function sleeper(scope: Scope, hooks: Hooks): Promise<Container> {
  return await scope.container("c", ["sleep", "1000"], withHooks(hooks));
}

function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
}

/** Sets up a bridge on the host with an interface of the container in it, or takes it down. */
const NETWORK = `#!/bin/sh
set -e
pid=$(sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p')
bridge=$2
case $1 in
up)
  ip link add "$bridge" type bridge
  ip address add "$3.1/24" dev "$bridge"
  ip link set "$bridge" up
  ip link add "v$bridge" type veth peer name eth0 netns "/proc/$pid/ns/net"
  ip link set "v$bridge" master "$bridge" up
  nsenter --net="/proc/$pid/ns/net" ip address add "$3.2/24" dev eth0
  nsenter --net="/proc/$pid/ns/net" ip link set eth0 up
  ;;
down)
  test -z "$pid"
  ip link delete "$bridge"
  ;;
esac
`;

/** One network per test: names of interfaces are short, and tests of other runs may be under way. */
function network(scope: Scope): { bridge: string; subnet: string; hooks: Hooks } {
  const script = scope.path("network");
  writeFileSync(script, NETWORK);
  chmodSync(script, 0o755);
  const bridge = `t${Math.random().toString(36).slice(2, 10)}`;
  const subnet = `10.${200 + Math.floor(Math.random() * 50)}.${Math.floor(Math.random() * 250)}`;
  const hook = (verb: string): object => ({
    path: script,
    args: ["network", verb, bridge, subnet],
    env: ENV,
  });
  return { bridge, subnet, hooks: { createRuntime: [hook("up")], poststop: [hook("down")] } };
}

function hasInterface(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

await onEachContainerd(({ test, edition }) => {
  test("all six kinds run in their order, and the start is told after poststart", async (scope) => {
    const log = scope.path("log");
    const report = (kind: string): object =>
      shell(`printf '${kind} ' >> "$1"; cat >> "$1"; echo >> "$1"; sleep 0.1`, log);
    const subscription = await scope.api.subscribe();
    const hooks = {
      ...Object.fromEntries(IN_RUNTIME.map((kind) => [kind, [report(kind)]])),
      createContainer: [report("createContainer")],
      startContainer: [shell("cat > /started")],
    };
    const container = await sleeper(scope, hooks);
    const pid = await container.create();
    const kinds = (): string[] => lines(log).map((line) => line.split(" ")[0] ?? "");
    const states = (): Record<string, unknown>[] =>
      lines(log).map((line) => JSON.parse(line.slice(line.indexOf(" "))));
    assert.deepEqual(kinds(), ["prestart", "createRuntime", "createContainer"]);
    assert.equal(existsSync(`/proc/${pid}/root/started`), false);
    assert.deepEqual(subscription.summary("c").includes("start"), false);

    await container.start();
    assert.deepEqual(kinds().slice(3), ["poststart"]);
    const started = JSON.parse(readFileSync(`/proc/${pid}/root/started`, "utf8"));
    assert.deepEqual([started.status, started.pid], ["created", 1]);
    await subscription.saw("c", "start");

    await container.kill(SIGKILL);
    await container.wait();
    assert.equal(kinds().includes("poststop"), false);
    await container.delete();
    assert.deepEqual(kinds().slice(4), ["poststop"]);
    assert.deepEqual(
      states().map(({ status, pid: told }) => [status, told]),
      [
        ["creating", pid],
        ["creating", pid],
        ["creating", 1],
        ["running", pid],
        ["stopped", undefined],
      ],
    );
    for (const state of states()) {
      assert.deepEqual([state["id"], state["ociVersion"]], ["c", container.spec["ociVersion"]]);
      assert.match(String(state["bundle"]), new RegExp(`/${scope.namespace}/c$`));
    }
    await subscription.saw("c", "delete");
    assert.deepEqual(subscription.summary("c"), ["create", "start", "exit", "delete"]);
    subscription.close();
  });

  test("a network that hooks make is there when the program starts, and gone with the container", async (scope) => {
    const { bridge, subnet, hooks } = network(scope);
    const output = await scope.output("c");
    const command = ["sh", "-c", `ping -c 1 -W 5 ${subnet}.1 && ip -o -4 address show eth0`];
    const container = await scope.container("c", command, withHooks(hooks));
    await container.run(output.streams);
    assert.equal((await container.wait()).exitStatus, 0, output.stdout.text);
    assert.match(await output.stdout.done, new RegExp(`inet ${subnet}\\.2/24`));
    assert.ok(hasInterface(bridge), "not before the container is deleted");
    await container.delete();
    assert.equal(hasInterface(bridge), false);
  });

  test("the network is taken down when the shim was killed", async (scope) => {
    const { bridge, hooks } = network(scope);
    const container = await sleeper(scope, hooks);
    const pid = await container.run();
    assert.ok(hasInterface(bridge));
    process.kill(parentOf(pid), "SIGKILL");
    await eventually("the bridge is gone", () => !hasInterface(bridge));
    await eventually("containerd has forgotten it", async () => {
      return (await scope.api.tasks()).length === 0;
    });
    assert.equal(isAlive(pid), false);
  });

  test("the network is taken down when the shim is killed between Create and Start", async (scope) => {
    const { bridge, hooks } = network(scope);
    const pid = await (await sleeper(scope, hooks)).create();
    process.kill(parentOf(pid), "SIGKILL");
    await eventually("the bridge is gone", () => !hasInterface(bridge));
    await eventually("init is gone", () => !isAlive(pid));
  });

  test("the network is taken down when Create fails after it was made", async (scope) => {
    const { bridge, hooks } = network(scope);
    const container = await scope.container("c", ["/no/such"], withHooks(hooks));
    await assert.rejects(container.create(), /no such file or directory/);
    assert.equal(hasInterface(bridge), false);
  });

  test("a shim that is killed during a hook leaves a container that is cleaned up", async (scope) => {
    const mark = scope.path("mark");
    const gate = await scope.fifo("gate");
    const hooks = {
      createRuntime: [
        shell(
          `sed 's/.*"pid":\\([0-9]*\\).*/\\1/' > "$1.pid"; echo >> "$1.pid"; read x < ${gate}`,
          mark,
        ),
      ],
      poststop: [shell('echo ran >> "$1"', mark)],
    };
    const container = await sleeper(scope, hooks);
    const creating = assert.rejects(container.create());
    const pid = await eventually("the hook runs", () => {
      const [first] = lines(`${mark}.pid`);
      return first === undefined || first === "" ? undefined : Number(first);
    });
    process.kill(parentOf(pid), "SIGKILL");
    await creating;
    await eventually("poststop has run", () => lines(mark).length > 0);
    await eventually("init is gone", () => !isAlive(pid));
    // The hook lost its shim as well; it ends when it has what it waits for.
    writeFileSync(gate, "\n");
    assert.deepEqual(lines(mark), ["ran"]);
  });

  test("a hook that fails fails Create in runc's words, with what it has printed", async (scope) => {
    const subscription = await scope.api.subscribe();
    const hooks = {
      createRuntime: [shell("true"), shell("echo half; echo no address >&2; exit 3")],
    };
    const failing = await sleeper(scope, hooks);
    await assert.rejects(failing.create(), (error: Error) => {
      assert.match(error.message, /OCI runtime create failed: runc create failed: /);
      const sentence =
        /unable to start container process: error during container init: error running createRuntime hook #1: exit status 3, stdout: half\n, stderr: no address(: unknown)?$/;
      assert.match(error.message, sentence);
      return true;
    });
    assert.deepEqual(await scope.api.tasks(), []);
    assert.deepEqual(subscription.summary("c"), []);
    subscription.close();
  });

  test("a hook that fails without a word is named", async (scope) => {
    const failing = await sleeper(scope, { createRuntime: [shell("exit 3")] });
    await assert.rejects(
      failing.create(),
      /error running createRuntime hook #0: exit status 3, stdout: , stderr:(: unknown)?$/,
    );
  });

  for (const kind of ["startContainer", "poststart"] as const) {
    test(`a ${kind} hook that fails fails Start; the container ends and can be deleted`, async (scope) => {
      const subscription = await scope.api.subscribe();
      const container = await sleeper(scope, { [kind]: [shell("echo no >&2; exit 1")] });
      const pid = await container.create();
      const sentence = new RegExp(
        `OCI runtime start failed: error running ${kind} hook #0: exit status 1, stdout: , stderr: no(: unknown)?$`,
      );
      await assert.rejects(container.start(), sentence);
      assert.equal((await container.wait()).exitStatus, 137);
      assert.equal(isAlive(pid), false);
      assert.equal((await container.state()).status, 3);
      await assert.rejects(container.start(), /cannot start a stopped process/);
      await container.delete();
      await subscription.saw("c", "delete");
      assert.deepEqual(subscription.summary("c"), ["create", "exit", "delete"]);
      subscription.close();
    });
  }

  test("a hook that is too slow is killed and named, with what it has started", async (scope) => {
    const mark = `MARK=${scope.namespace}-slow`;
    const hook = shell("sleep 1000 & wait", "", { timeout: 1, env: [...ENV, mark] });
    const container = await sleeper(scope, { prestart: [hook] });
    await assert.rejects(
      container.create(),
      /error running prestart hook #0: hook ran past specified timeout of 1\.0s/,
    );
    await eventually("nothing of it is left", () => marked(mark).length === 0);
  });

  test("what a hook leaves behind hangs nobody, becomes no event and no zombie", async (scope) => {
    const mark = `MARK=${scope.namespace}-left`;
    const left = shell("sleep 1000 & exit 0", "", { env: [...ENV, mark] });
    const subscription = await scope.api.subscribe();
    const container = await sleeper(scope, { createRuntime: [left], poststart: [left] });
    const pid = await container.run();
    await eventually("both are there", () => marked(mark).length === 2);
    const shim = parentOf(pid);
    for (const one of marked(mark)) process.kill(one, "SIGKILL");
    await eventually("both are gone", () => marked(mark).length === 0);
    await eventually("they were reaped", () => zombiesOf(shim).length === 0);
    await container.kill(SIGKILL);
    await container.wait();
    await container.delete();
    await subscription.saw("c", "delete");
    assert.deepEqual(subscription.summary("c"), ["create", "start", "exit", "delete"]);
    subscription.close();
  });

  test("a hook may be the program of a process, as Docker's is", async (scope) => {
    const path = `/proc/${scope.containerd.pid}/exe`;
    const version = await check([`${edition.bin}/containerd`, "--version"]);
    const container = await sleeper(scope, {
      prestart: [{ path, args: ["libnetwork-setkey", "--version"] }],
      // What the same would have printed.
      createRuntime: [shell(`${path} --version > "$1"`, scope.path("version"))],
    });
    await container.run();
    assert.equal(readFileSync(scope.path("version"), "utf8"), version);
  });

  test("a hook without an environment has PATH and nothing of Node's or of ours", async (scope) => {
    const script = `tr '\\0' '\\n' < /proc/self/environ > "$1"; :`;
    const { env: _, ...hook } = shell(script, scope.path("env")) as { env: unknown };
    await (await sleeper(scope, { createRuntime: [hook] })).create();
    const names = lines(scope.path("env")).map((line) => line.split("=")[0] ?? "");
    assert.ok(names.includes("PATH"), names.join(" "));
    assert.deepEqual(
      names.filter((name) => /^(TSRUNC|NODE|LD|UV)_/.test(name)),
      [],
    );
  });

  test("hooks inside of a user namespace have its root, and its network", async (scope) => {
    const look =
      'id -u > "$1"; readlink /proc/self/ns/user >> "$1"; readlink /proc/self/ns/net >> "$1"';
    const container = await scope.container("c", ["sleep", "1000"], (spec) => {
      spec["hooks"] = { createContainer: [shell(look, scope.path("seen"))] };
      spec.linux.namespaces.push({ type: "user" });
      const map = [{ containerID: 0, hostID: 0, size: 65536 }];
      Object.assign(spec.linux, { uidMappings: map, gidMappings: map });
    });
    const pid = await container.run();
    assert.notEqual(namespaceOf(pid, "user"), namespaceOf("self", "user"));
    assert.deepEqual(lines(scope.path("seen")), [
      "0",
      namespaceOf(pid, "user"),
      namespaceOf(pid, "net"),
    ]);
  });
});

/** Live processes with this variable in their environment. */
function marked(variable: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return isAlive(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(variable);
      } catch {
        return false;
      }
    });
}
