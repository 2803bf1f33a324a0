// SPDX-License-Identifier: Apache-2.0
// The promise: a profile is in force for every process of its container, and a container does not wait for it twice.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OciSpec } from "./harness/container.ts";
import { onEachContainerd, RUNTIME } from "./harness/suite.ts";

const STATUS = "grep -E '^(NoNewPrivs|Seccomp)' /proc/self/status";
const CACHE = "/run/containerd/tsrunc/.seccomp";
const SIGSYS_EXIT = 128 + 31;

const inForce = (noNewPrivs: number): RegExp =>
  new RegExp(`NoNewPrivs:\\t${noNewPrivs}\\nSeccomp:\\t2\\nSeccomp_filters:\\t1\\n`);

/** A profile with one rule. */
const deny = (rule: object) => (spec: OciSpec) => {
  const syscalls = [{ names: ["mkdir", "mkdirat"], ...rule }];
  spec.linux["seccomp"] = { defaultAction: "SCMP_ACT_ALLOW", syscalls };
};

/** The shim, for the init of a container. */
function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

await onEachContainerd(({ test }) => {
  for (const [how, flags, noNewPrivs] of [
    ["no_new_privs", [], 1],
    ["new privileges allowed", ["--allow-new-privs"], 0],
  ] as const) {
    test(`the default profile of ctr filters, with ${how}`, async (scope) => {
      const script = `${STATUS}; unshare -U true; su nobody -s /bin/sh -c 'id -un'`;
      const result = await scope.ctrRun(["--rm", "--seccomp", ...flags], "c", ["sh", "-c", script]);
      assert.match(result.stdout, inForce(noNewPrivs));
      assert.match(result.stderr, /unshare: .*Operation not permitted/);
      assert.match(result.stdout, /\nnobody\n$/);
    });

    test(`a profile of one's own filters an exec, too, with ${how}`, async (scope) => {
      const container = await scope.container("c", ["sleep", "1000"], (spec) => {
        spec.process["noNewPrivileges"] = noNewPrivs === 1;
        deny({ action: "SCMP_ACT_ERRNO", errnoRet: 28 })(spec);
      });
      await container.run();
      const exec = ["task", "exec", "--exec-id", "e", "c", "sh", "-c", `mkdir /tmp/x; ${STATUS}`];
      const result = await scope.ctr(exec);
      assert.match(result.stderr, /mkdir: .*No space left on device/);
      assert.match(result.stdout, inForce(noNewPrivs));
    });
  }

  test("a program that makes a killing call ends with SIGSYS, its container goes on", async (scope) => {
    const rule = { action: "SCMP_ACT_KILL_PROCESS" };
    const container = await scope.container("c", ["sleep", "1000"], deny(rule));
    await container.run();
    const exec = await container.exec("e", ["mkdir", "/tmp/x"]);
    assert.equal(await exec.run(), SIGSYS_EXIT);
    const other = await container.exec("f", ["true"]);
    assert.equal(await other.run(), 0);
  });

  test("a profile that cannot be had fails create, and names the field", async (scope) => {
    const container = await scope.container("c", ["true"], deny({ action: "SCMP_ACT_FORGIVE" }));
    await assert.rejects(container.create(), /SCMP_ACT_FORGIVE/);
    const listening = await scope.container("d", ["true"], (spec) => {
      spec.linux["seccomp"] = { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X"] };
    });
    await assert.rejects(listening.create(), /SCMP_ARCH_X/);
  });

  if (RUNTIME === "io.containerd.tsrunc.v1") {
    test("libseccomp is loaded for a container with a profile, and for no other", async (scope) => {
      const isLoaded = async (id: string, change?: (spec: OciSpec) => void): Promise<boolean> => {
        const container = await scope.container(id, ["sleep", "1000"], change);
        const shim = parentOf(await container.run());
        return readFileSync(`/proc/${shim}/maps`, "utf8").includes("libseccomp.so");
      };
      assert.equal(await isLoaded("a"), false);
      assert.equal(await isLoaded("b", deny({ action: "SCMP_ACT_ERRNO" })), true);
    });

    test("a filter is made once for all shims, and kept where only root can see it", async (scope) => {
      const errnoRet = 1000 + Math.floor(Math.random() * 3000);
      const change = deny({ action: "SCMP_ACT_ERRNO", errnoRet });
      const run = async (id: string): Promise<readonly string[]> => {
        const container = await scope.container(id, ["true"], change);
        await container.run();
        await container.wait();
        return readdirSync(CACHE).sort();
      };
      const first = await run("a");
      assert.equal(statSync(CACHE).mode & 0o777, 0o700);
      const times = first.map((name) => statSync(join(CACHE, name)).mtimeMs);
      for (const name of first) assert.equal(statSync(join(CACHE, name)).mode & 0o777, 0o600);
      assert.deepEqual(await run("b"), first);
      assert.deepEqual(
        first.map((name) => statSync(join(CACHE, name)).mtimeMs),
        times,
      );
      // What is not whole is not believed.
      for (const name of first) {
        const bytes = readFileSync(join(CACHE, name));
        writeFileSync(join(CACHE, name), bytes.subarray(0, bytes.length - 8));
      }
      assert.deepEqual(await run("c"), first);
    });
  }
});
