// SPDX-License-Identifier: Apache-2.0
// The promise: what a pod's security context and resources say holds, and a program in a pod finds the same world as with
// runc's handler.

import assert from "node:assert/strict";
import { onEachCri } from "./harness/cri.ts";
import type { ContainerWishes, PodWishes } from "./harness/cri-config.ts";
import type { CriScope } from "./harness/cri-scope.ts";
import { FACTS_SCRIPT, normalizeFacts } from "./harness/facts.ts";

/** The reference: what containerd has as its default handler. */
const PEER = "runc";

interface Case {
  readonly name: string;
  readonly pod?: PodWishes;
  readonly container?: ContainerWishes;
  /** Run behind FACTS_SCRIPT. */
  readonly script?: string;
  /** What the script must have printed, whatever the reference does. */
  readonly expected?: readonly RegExp[];
}

const CASES: readonly Case[] = [
  { name: "by default", expected: [/^Uid:\t0\t/m, /^CapBnd:\t00000000a80425fb$/m] },
  {
    name: "as a user without any privilege",
    pod: { security: { runAsUser: { value: 1000 }, runAsGroup: { value: 2000 } } },
    container: {
      workingDir: "/tmp",
      security: {
        runAsUser: { value: 1000 },
        runAsGroup: { value: 2000 },
        supplementalGroups: [3000, 4000],
        capabilities: { dropCapabilities: ["ALL"] },
        noNewPrivs: true,
        readonlyRootfs: true,
      },
    },
    script: "touch /x",
    expected: [
      /^Uid:\t1000\t1000\t1000\t1000$/m,
      /^Gid:\t2000\t2000\t2000\t2000$/m,
      /^Groups:\t(2000 )?3000 4000 $/m,
      /^CapBnd:\t0000000000000000$/m,
      /^NoNewPrivs:\t1$/m,
      /^touch: \/x: Read-only file system$/m,
    ],
  },
  {
    name: "with one capability more and one less",
    container: {
      security: {
        capabilities: { addCapabilities: ["NET_ADMIN"], dropCapabilities: ["MKNOD"] },
      },
    },
    script: "ip link add type dummy 2>&1 | grep -c permitted; mknod /tmp/null c 1 3",
    expected: [/^CapEff:\t00000000a00435fb$/m, /^mknod: \/tmp\/null: Operation not permitted$/m],
  },
  {
    name: "privileged",
    pod: { security: { privileged: true } },
    container: { security: { privileged: true } },
    expected: [/^CapEff:\t000001f/m],
  },
  {
    name: "with the host's network, processes and ipc",
    pod: {
      security: { namespaceOptions: { network: "NODE", pid: "NODE", ipc: "NODE" } },
    },
  },
  {
    name: "with the pod's processes",
    pod: { security: { namespaceOptions: { pid: "POD" } } },
    script: "cat /proc/1/cmdline | tr '\\0' '\\n'",
    expected: [/^\/pause$/m],
  },
  {
    name: "with the default seccomp profile",
    container: { security: { seccomp: { profileType: "RuntimeDefault" } } },
    script: "unshare -U true",
    expected: [/^Seccomp:\t2$/m, /^unshare: .*Operation not permitted$/m],
  },
  {
    name: "with nothing of /proc masked",
    container: { security: { maskedPaths: [], readonlyPaths: [] } },
    script: "[ -w /proc/sys/kernel/domainname ] && echo writable",
    expected: [/^writable$/m],
  },
  {
    name: "with limits",
    container: {
      resources: {
        cpuPeriod: 100_000,
        cpuQuota: 50_000,
        cpuShares: 512,
        memoryLimitInBytes: 64 << 20,
        oomScoreAdj: 999,
        cpusetCpus: "0",
      },
    },
    script:
      "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares",
    expected: [/^999$/m, /^Cpus_allowed:\t1$/m, /^67108864\n50000\n512$/m],
  },
  {
    name: "with a device",
    container: {
      devices: [{ containerPath: "/dev/renamed", hostPath: "/dev/full", permissions: "rw" }],
    },
    script: "echo x > /dev/renamed; mknod /tmp/kmsg c 1 11 && cat /tmp/kmsg",
    expected: [/No space left on device/, /\/tmp\/kmsg.*Operation not permitted/],
  },
];

/** What a container of such a pod prints. */
async function factsOf(scope: CriScope, wanted: Case, handler: string): Promise<string> {
  const pod = await scope.pod(wanted.pod, handler);
  const script = `exec 2>&1; ${FACTS_SCRIPT}\necho "== case"; ${wanted.script ?? ""}\n:`;
  const output = await pod.outputOf("c", ["sh", "-c", script], wanted.container);
  await pod.stop();
  await pod.remove();
  // The first process of the machine opens and closes what it likes.
  const isMachine = wanted.pod?.security?.namespaceOptions?.pid === "NODE";
  return isMachine ? output.replace(/(?<=^== descriptors\n)[^=]*/m, "") : output;
}

/** Without the names of the pods and the containers, and what the reference only does in later versions. */
function normalize(text: string): string[] {
  const names = text
    .replaceAll(/\b[0-9a-f]{64}\b/g, "(id)")
    .replaceAll(/tsrunc-it-\w+/g, "(run)")
    .replaceAll(/\bpod[12]\b/g, "(pod)")
    .replaceAll(/0{11}[12]\b/g, "(number)")
    // The number of a process that is not the first one of its pid namespace, and its parent's.
    .replace(/^(?!1 )(\d+) \d+ \1 \1 /m, "(pid) (parent) (pid) (pid) ");
  return normalizeFacts(names).map((line) =>
    line
      // Before 1.2, runc kept the attributes of the source of a bind mount when "rw" was all that was said.
      .replace(/^(\/ \/dev\/shm rw),nosuid,nodev,noexec,/, "$1,")
      // Stdio belongs to the user's group as well.
      .replace(/^(prw------- \d+) \d+ (.* stderr)$/, "$1 (group) $2"),
  );
}

await onEachCri(({ test }) => {
  for (const wanted of CASES) {
    test(`a program in a pod finds the same world as with runc, ${wanted.name}`, async (scope) => {
      const ours = await factsOf(scope, wanted, scope.handler);
      for (const line of wanted.expected ?? []) assert.match(ours, line);
      const theirs = await factsOf(scope, wanted, PEER);
      assert.ok(theirs.length > 2000, theirs);
      assert.deepEqual(normalize(ours), normalize(theirs));
    });
  }
});
