// SPDX-License-Identifier: Apache-2.0
// The promise: volumes of a pod are as writable as they should be, and pass mounts on in the directions that they should.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./harness/command.ts";
import { onEachCri } from "./harness/cri.ts";
import { KNOWN_HANDLER } from "./harness/cri-settings.ts";

await onEachCri(({ edition, test }) => {
  test("volumes are writable, read-only, or recursively so, and see what is mounted later", async (scope) => {
    const volume = scope.path("volume");
    await mountShared(volume);
    const later = join(volume, "later");
    const below = join(volume, "below");
    try {
      for (const directory of [later, below]) mkdirSync(directory);
      await check(["mount", "-t", "tmpfs", "tmpfs", below]);
      const pod = await scope.pod({ security: { privileged: true } });
      const container = await pod.run("c", ["sleep", "1000"], {
        security: { privileged: true },
        mounts: [
          { containerPath: "/private", hostPath: volume },
          { containerPath: "/read-only", hostPath: volume, readonly: true },
          {
            containerPath: "/slave",
            hostPath: volume,
            propagation: "PROPAGATION_HOST_TO_CONTAINER",
          },
          { containerPath: "/shared", hostPath: volume, propagation: "PROPAGATION_BIDIRECTIONAL" },
        ],
      });
      const tries =
        "for d in private read-only slave shared; do touch /$d/x /$d/below/x; done 2>&1";
      assert.deepEqual((await container.outputOf(["sh", "-c", `${tries}; :`])).split("\n"), [
        "touch: /read-only/x: Read-only file system",
        "",
      ]);
      await check(["mount", "-t", "tmpfs", "tmpfs", later]);
      writeFileSync(join(later, "file"), "");
      const sees =
        "cd /; ls -d private/later/file slave/later/file shared/later/file 2>/dev/null; :";
      assert.equal(
        await container.outputOf(["sh", "-c", sees]),
        "shared/later/file\nslave/later/file\n",
      );
      await container.outputOf(["mount", "-t", "tmpfs", "tmpfs", "/shared/below"]);
      await container.outputOf(["touch", "/shared/below/from-inside"]);
      assert.deepEqual(readdirSync(below), ["from-inside"]);
    } finally {
      await check(["umount", "--recursive", volume]);
    }
  });

  if (edition.major < 2) return;
  test("a volume can be read-only with everything below it", async (scope) => {
    const volume = scope.path("volume");
    const below = join(volume, "below");
    mkdirSync(below, { recursive: true });
    await check(["mount", "-t", "tmpfs", "tmpfs", below]);
    try {
      const pod = await scope.pod({}, KNOWN_HANDLER);
      const mounts = [
        { containerPath: "/volume", hostPath: volume, readonly: true, recursiveReadOnly: true },
      ];
      const container = await pod.run("c", ["sleep", "1000"], { mounts });
      const { stderr } = await container.exec(["touch", "/volume/x", "/volume/below/x"]);
      assert.deepEqual(stderr.split("\n"), [
        "touch: /volume/x: Read-only file system",
        "touch: /volume/below/x: Read-only file system",
        "",
      ]);
    } finally {
      await check(["umount", below]);
    }
  });
});

/** Mounts are shared on a node; on a machine of tests they may not be. */
async function mountShared(directory: string): Promise<void> {
  mkdirSync(directory);
  await check(["mount", "-t", "tmpfs", "tmpfs", directory]);
  await check(["mount", "--make-shared", directory]);
}
