// SPDX-License-Identifier: Apache-2.0
// The promise: who is named in a profile answers for the system calls that it asks about, of every process of every container,
// and is told whose they are; what becomes of it is nobody else's trouble.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { AgentMessage } from "../src/runtime/testing/seccomp-agent.ts";
import type { Container, OciSpec } from "./harness/container.ts";
import type { Scope } from "./harness/scope.ts";
import { Agent } from "./harness/seccomp-agent.ts";
import { SIGKILL } from "./harness/signals.ts";
import { onEachContainerd, RUNTIME } from "./harness/suite.ts";

const X64 = process.arch === "x64";
const MKDIR = X64 ? "mkdir" : "mkdirat";
const NR = { mkdir: X64 ? 83 : 34, execve: X64 ? 59 : 221 };

/** What an agent is started with to make, itself, the directories that it is asked about. */
const MAKES = [`${NR.mkdir}=mkdir`];

interface Wish {
  readonly noNewPrivileges?: boolean;
  readonly names?: readonly string[];
  readonly metadata?: string;
}

/** A profile that asks an agent. */
const asking =
  ({ socket }: Agent, { noNewPrivileges = true, names = [MKDIR], metadata = "told" }: Wish = {}) =>
  (spec: OciSpec): void => {
    spec.process["noNewPrivileges"] = noNewPrivileges;
    spec["annotations"] = { "example.org/a": "b" };
    spec.linux["seccomp"] = {
      defaultAction: "SCMP_ACT_ALLOW",
      listenerPath: socket,
      listenerMetadata: metadata,
      syscalls: [{ names, action: "SCMP_ACT_NOTIFY" }],
    };
  };

const sleeper = (scope: Scope, id: string, agent: Agent, wish?: Wish): Promise<Container> =>
  scope.container(id, ["sleep", "1000"], asking(agent, wish));

/** What is another one's for another runtime or run. */
function comparable({ pid, state, ...rest }: AgentMessage, init: number): object {
  const { pid: statePid, bundle: _, ociVersion: _version, ...others } = state;
  return {
    ...rest,
    ociVersion: "",
    pid: pid === init,
    state: { ...others, pid: statePid === init },
  };
}

await onEachContainerd(({ test }) => {
  for (const noNewPrivileges of [true, false]) {
    const how = `noNewPrivileges ${noNewPrivileges}`;

    test(`an agent is told of each process and answers for it: ${how}`, async (scope) => {
      await using agent = await Agent.start(MAKES);
      const pids: number[] = [];
      for (const id of ["a", "b"]) {
        const wish = { noNewPrivileges, metadata: `of-${id}` };
        pids.push(await (await sleeper(scope, id, agent, wish)).run());
        const made = ["mkdir /tmp/x && test ! -e /tmp/x", `test -d /tmp/x-of-${id}`];
        const script = [...made, "echo right"].join(" && ");
        const exec = ["task", "exec", "--exec-id", "e", id, "sh", "-c", script];
        assert.equal(await scope.ctrOk(exec), "right\n");
      }
      const messages = agent.log.messages();
      assert.deepEqual(
        messages.map(({ fds, metadata, state: { id, status } }) => [fds, metadata, id, status]),
        [
          [["seccompFd"], "of-a", "a", "creating"],
          [["seccompFd"], "of-a", "a", "running"],
          [["seccompFd"], "of-b", "b", "creating"],
          [["seccompFd"], "of-b", "b", "running"],
        ],
      );
      for (const [index, { pid, state }] of messages.entries()) {
        const init = pids[index >> 1];
        assert.equal(state.pid, init);
        assert.equal(pid === init, index % 2 === 0, "an exec has a pid of its own");
        assert.ok(state.bundle.endsWith(`/${scope.namespace}/${state.id}`), state.bundle);
        assert.deepEqual(state.annotations?.["example.org/a"], "b");
      }
      assert.deepEqual(agent.log.calls(), [NR.mkdir, NR.mkdir]);
    });

    test(`without an agent create fails, says so, and leaves nothing: ${how}`, async (scope) => {
      await using agent = await Agent.start(MAKES);
      await agent.end();
      const container = await sleeper(scope, "c", agent, { noNewPrivileges });
      await assert.rejects(container.create(), /failed to connect with seccomp agent/);
      await assert.rejects(container.state(), /not.found|NOT_FOUND/i);
    });

    test(`an exec without an agent fails, its container goes on: ${how}`, async (scope) => {
      await using agent = await Agent.start(MAKES);
      const container = await sleeper(scope, "c", agent, { noNewPrivileges });
      const init = await container.run();
      await agent.end();
      const exec = await container.exec("e", ["true"]);
      await assert.rejects(exec.start(), /failed to connect with seccomp agent/);
      assert.deepEqual(await container.pids(), [init], "it is the only process");
    });

    test(`a container whose agent does not answer can be killed and deleted: ${how}`, async (scope) => {
      await using agent = await Agent.start([`${NR.execve}=hang`]);
      const container = await sleeper(scope, "c", agent, { noNewPrivileges, names: ["execve"] });
      await container.create();
      const starting = container.start();
      starting.catch(() => undefined);
      await agent.log.wait(`call ${NR.execve}`);
      const other = await scope.container("d", ["true"]);
      await other.run();
      await other.wait();
      await container.kill(SIGKILL);
      await container.wait();
      await starting.catch(() => undefined);
      await container.delete();
      await agent.log.wait("gone");
    });
  }

  if (RUNTIME === "io.containerd.tsrunc.v1") {
    test("an agent can't tell that it is not runc that sends to it", async (scope) => {
      await using agent = await Agent.start(MAKES);
      const told: object[] = [];
      for (const runtime of [RUNTIME, "io.containerd.runc.v2"]) {
        const other = scope.withRuntime(runtime);
        // The same id, one after the other.
        const id = `c${runtime.length}`;
        const container = await sleeper(other, id, agent);
        const init = await container.run();
        const exec = await container.exec("e", ["mkdir", "/tmp/x"]);
        assert.equal(await exec.run(), 0);
        const messages = agent.log.messages().filter(({ state }) => state.id === id);
        told.push(messages.map((message) => comparable(message, init)));
        await container.kill(SIGKILL);
        await container.wait();
        await container.delete();
      }
      const [ours, theirs] = told.map((one) => JSON.stringify(one).replaceAll(/"id":"c\d+"/g, ""));
      assert.equal(ours, theirs);
      assert.ok(existsSync(agent.socket));
    });
  }
});
