// SPDX-License-Identifier: Apache-2.0
// The promise: what nerdctl asks for works: networks that its hooks make and take away, and logs that it writes itself.

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { eventually } from "./harness/eventually.ts";
import { Nerdctl } from "./harness/nerdctl.ts";
import { PodNetwork } from "./harness/network.ts";
import { namespaceOf } from "./harness/processes.ts";
import { onEachContainerd } from "./harness/suite.ts";

/** The addresses that are given away. */
function leases(nerdctl: Nerdctl): string[] {
  const directory = nerdctl.addressDirectory;
  return existsSync(directory) ? readdirSync(directory).filter((file) => /^\d/.test(file)) : [];
}

const SERVE = ["sh", "-c", "echo hello >/tmp/index.html; exec httpd -f -p 80 -h /tmp"];

await onEachContainerd(
  ({ test }) => {
    test("a container finds its network, made by a hook before its program runs, and its output is logged", async (scope) => {
      const nerdctl = new Nerdctl(scope);
      const script =
        "ip -o -4 addr show eth0; cat /etc/hosts; cat /proc/sys/net/core/somaxconn; echo err >&2";
      const container = await nerdctl.create("c", ["sh", "-c", script]);
      await container.run(nerdctl.streams);
      assert.equal((await container.wait()).exitStatus, 0);
      await container.delete();
      const address = nerdctl.address("c");
      assert.match(
        nerdctl.log("c"),
        new RegExp(`inet ${address}/24 .*\n192.0.2.7 made-by-the-client\n99\n`),
      );
      assert.equal(nerdctl.log("c", "err"), "err\n");
    });

    test("hooks are told the state, and run where containerd does", async (scope) => {
      const nerdctl = new Nerdctl(scope);
      const container = await nerdctl.create("c", ["sleep", "1000"]);
      const pid = await container.run(nerdctl.streams);
      const { annotations, bundle, ...state } = nerdctl.state("c", "createRuntime");
      assert.deepEqual(state, {
        ociVersion: state["ociVersion"],
        id: "c",
        pid,
        status: "creating",
      });
      assert.deepEqual(annotations, container.spec["annotations"]);
      assert.equal(basename(String(bundle)), "c");
      await container.kill();
      await container.wait();
      await container.delete();
      const stopped = nerdctl.state("c", "postStop");
      assert.deepEqual(
        [stopped["id"], stopped["status"], stopped["pid"] ?? 0],
        ["c", "stopped", 0],
      );
      assert.deepEqual(stopped["annotations"], annotations);
      const [net, ...others] = nerdctl.namespaces("c", "createRuntime");
      assert.deepEqual(nerdctl.namespaces("c", "postStop"), [net, ...others]);
      assert.deepEqual(others, [namespaceOf("self", "mnt"), namespaceOf("self", "pid")]);
    });

    test("containers on the bridge reach each other, and give their addresses back", async (scope) => {
      const nerdctl = new Nerdctl(scope);
      const server = await nerdctl.create("server", SERVE);
      await server.run(nerdctl.streams);
      const script = `until wget -qO- http://${nerdctl.address("server")}; do sleep 0.1; done`;
      const client = await nerdctl.create("client", ["sh", "-c", script]);
      await client.run(nerdctl.streams);
      assert.equal((await client.wait()).exitStatus, 0);
      assert.equal(leases(nerdctl).length, 2);
      await client.delete();
      assert.equal(nerdctl.log("client"), "hello\n");
      assert.equal(leases(nerdctl).length, 1);
      await server.kill();
      await server.wait();
      await server.delete();
      assert.deepEqual(leases(nerdctl), []);
    });

    test("a container without a network and one with the host's have no network made for them", async (scope) => {
      const nerdctl = new Nerdctl(scope);
      const script = "ls /sys/class/net; readlink /proc/self/ns/net";
      const networks = (spec: { [field: string]: unknown }, name: string): void => {
        (spec["annotations"] as Record<string, string>)["nerdctl/networks"] = JSON.stringify([
          name,
        ]);
      };
      const none = await nerdctl.create("none", ["sh", "-c", script], (spec) =>
        networks(spec, "none"),
      );
      await none.run(nerdctl.streams);
      await none.wait();
      await none.delete();
      assert.match(nerdctl.log("none"), /^lo\nnet:/);
      const host = await nerdctl.create("host", ["sh", "-c", script], (spec) => {
        networks(spec, "host");
        delete spec.linux["sysctl"];
        spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== "network");
      });
      await host.run(nerdctl.streams);
      await host.wait();
      await host.delete();
      const [net = ""] = nerdctl.namespaces("host", "createRuntime");
      assert.ok(nerdctl.log("host").includes(net), nerdctl.log("host"));
      assert.deepEqual(leases(nerdctl), []);
    });

    test("exec, and rm of a container that runs", async (scope) => {
      const nerdctl = new Nerdctl(scope);
      const container = await nerdctl.create("c", ["sleep", "1000"]);
      await container.run(nerdctl.streams);
      const output = await scope.output("e1");
      const exec = await container.exec(
        "e1",
        ["ip", "-o", "-4", "addr", "show", "eth0"],
        output.streams,
      );
      assert.equal(await exec.run(), 0);
      assert.ok((await output.stdout.done).includes(nerdctl.address("c")));
      await container.kill();
      await container.wait();
      await container.delete();
      await eventually("its address is free", () => leases(nerdctl).length === 0);
    });
  },
  () => {
    let network: PodNetwork | undefined;
    return {
      settings: (directory) => {
        network = new PodNetwork(directory, "unused");
        return { version: 2, enabled: [], config: "", within: network.within };
      },
      prepare: async () => await network?.make(),
      dismantle: async () => await network?.remove(),
    };
  },
);
