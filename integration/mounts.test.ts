// SPDX-License-Identifier: Apache-2.0
// The promise: mounts, devices and root file systems are what the specification and runc make of them, and nothing that
// is mounted in a container shows on the host unless both sides ask for it.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./harness/command.ts";
import type { OciSpec } from "./harness/container.ts";
import { eventually } from "./harness/eventually.ts";
import { MOUNT_CASES, SHARED_ROOT_CASES } from "./harness/mount-cases.ts";
import { runCase, sameAsRunc, withHost } from "./harness/mount-run.ts";
import { onEachContainerd } from "./harness/suite.ts";

/** Runs `body` on a host on which every mount is shared, as systemd makes it. The test has a mount namespace of its own. */
async function withSharedRoot(body: () => Promise<void>): Promise<void> {
  await check(["mount", "--make-rshared", "/"]);
  try {
    await body();
  } finally {
    await check(["mount", "--make-rprivate", "/"]);
  }
}

function mountPoints(): readonly string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n");
  return lines.map((line) => line.split(" ")[4] ?? "");
}

/** Whoever may mount, in a container that shares a volume with the host. */
function sharing(host: string, root: string, option: string): (spec: OciSpec) => void {
  return (spec) => {
    const capabilities = spec.process["capabilities"] as Record<string, string[]>;
    for (const set of ["bounding", "effective", "permitted"]) {
      capabilities[set] = [...(capabilities[set] ?? []), "CAP_SYS_ADMIN"];
    }
    spec.linux["rootfsPropagation"] = root;
    const options = ["rbind", option];
    const source = join(host, "volume");
    spec.mounts.push({ destination: "/volume", type: "bind", source, options });
  };
}

await onEachContainerd(({ test, runtimeTest }) => {
  for (const mountCase of MOUNT_CASES) {
    runtimeTest(`mounts: ${mountCase.promise} the same as with runc`, async (scope) => {
      await sameAsRunc(scope, mountCase);
    });
  }

  for (const mountCase of SHARED_ROOT_CASES) {
    runtimeTest(`mounts: ${mountCase.promise} that were asked for`, async (scope) => {
      await withHost(scope, async () => {
        const { output, mounts } = await runCase(scope, scope.runtime, mountCase);
        assert.match(output, mountCase.finds);
        assert.match(mounts.find((line) => line.startsWith("/ / ")) ?? "", / shared - overlay /);
      });
    });
  }

  test("mounts: one that is made in a volume is seen on the other side, where both share it", async (scope) => {
    await withHost(scope, async (host) => {
      const change = sharing(host, "rshared", "rshared");
      const script = "mkdir /volume/in && mount -t tmpfs in /volume/in; sleep 1000";
      const container = await scope.container("c", ["sh", "-c", script], change);
      const pid = await container.run();
      await eventually("the host sees the container's mount", () =>
        Promise.resolve(mountPoints().includes(join(host, "volume", "in"))),
      );
      const outside = join(host, "volume", "out");
      mkdirSync(outside);
      await check(["mount", "-t", "tmpfs", "out", outside]);
      assert.match(
        readFileSync(`/proc/${pid}/mountinfo`, "utf8"),
        / \/volume\/out .* - tmpfs out /,
      );
    });
  });

  test("mounts: a volume that is a slave follows the host and sends nothing back", async (scope) => {
    await withHost(scope, async (host) => {
      const change = sharing(host, "rslave", "rslave");
      const output = await scope.output("c");
      const script = "mkdir /volume/in && mount -t tmpfs in /volume/in && echo mounted; sleep 1000";
      const container = await scope.container("c", ["sh", "-c", script], change);
      const pid = await container.run(output.streams);
      await eventually("the container has mounted", () =>
        Promise.resolve(readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes(" /volume/in ")),
      );
      assert.ok(!mountPoints().includes(join(host, "volume", "in")));
      const outside = join(host, "volume", "out");
      mkdirSync(outside);
      await check(["mount", "-t", "tmpfs", "out", outside]);
      assert.match(
        readFileSync(`/proc/${pid}/mountinfo`, "utf8"),
        / \/volume\/out .* - tmpfs out /,
      );
    });
  });

  for (const root of ["", "rslave", "rshared", "shared", "runbindable", "rprivate"]) {
    test(`mounts: those of a container whose root is "${root}" do not show on a host that shares all`, async (scope) => {
      await withSharedRoot(async () => {
        const before = new Set(mountPoints());
        const change = (spec: OciSpec): void => {
          sharing(scope.path("host"), root, "rprivate")(spec);
          spec.mounts.pop();
        };
        const script =
          "mkdir /m && mount -t tmpfs m /m; grep -c . /proc/self/mountinfo; sleep 1000";
        const container = await scope.container("c", ["sh", "-c", script], change);
        const pid = await container.run();
        await eventually("the container has mounted", () =>
          Promise.resolve(readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes(" /m ")),
        );
        const added = mountPoints().filter((path) => !before.has(path));
        assert.deepEqual(
          added.filter((path) => !path.endsWith("/rootfs")),
          [],
        );
        await container.kill();
        await container.wait();
        await container.delete();
        assert.deepEqual(
          mountPoints().filter((path) => !before.has(path)),
          [],
        );
      });
    });
  }

  test("mounts: without pivot_root a container finds its own root wherever it goes, and the host keeps its own", async (scope) => {
    await withSharedRoot(async () => {
      const before = mountPoints();
      const script = `
        ls -d /bin /boot 2>/dev/null; cat /proc/1/comm; cut -d' ' -f5 /proc/self/mountinfo | sort | uniq -d
        mkdir /trap; cd /; chroot /trap /bin/true 2>/dev/null
        for up in .. ../../../../..; do [ -d $up/boot ] && echo out; done; echo end`;
      const result = await scope.ctrRun(["--rm", "--no-pivot"], "c", ["sh", "-c", script]);
      assert.match(result.stdout, /^\/bin\nsh\n[\s\S]*end\n$/, result.stderr);
      assert.ok(!result.stdout.includes("boot") && !result.stdout.includes("out\n"), result.stdout);
      assert.deepEqual(mountPoints(), before);
      assert.ok(existsSync("/proc/self") && existsSync("/sys/fs"));
    });
  });

  test("mounts: a missing mount point in a read-only image is told", async (scope) => {
    // The image has no /run.
    const keep = (): void => undefined;
    const container = await scope.container("c", ["true"], keep, (mounts) =>
      mounts.map(({ options }) => {
        const lower = options.find((option) => option.startsWith("lowerdir="));
        const source = lower?.slice("lowerdir=".length) ?? "";
        return { type: "bind", source, target: "", options: ["rbind", "ro"] };
      }),
    );
    await assert.rejects(
      container.create(),
      /error mounting "tmpfs" to rootfs at "\/run": create mountpoint for \/run mount: read-only file system/,
    );
  });
});
