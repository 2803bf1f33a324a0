// SPDX-License-Identifier: Apache-2.0
// Mistakes about namespaces, and about what belongs to a namespace: names of hosts, ids, clocks, kernel parameters.

import { test } from "node:test";
import { compileContainer } from "./compile.ts";
import type { CompileOptions, HostFacts } from "./compiled.ts";
import { parseSpec } from "./parse.ts";
import { changed, OPTIONS, V1_HOST } from "./testdata/samples.ts";
import {
  assertMistake,
  linux,
  type Mistake,
  namespaces,
  type Patch,
  testMistakes,
  withNamespaces,
} from "./testing/mistakes.ts";

const MNT = "unable to restrict sys entries without a private MNT namespace";
const NO_MOUNT = "a container without a mount namespace is not supported yet";

testMistakes("namespaces", [
  [
    namespaces({ type: "mount" }, { type: "net" }),
    "linux.namespaces[1].type",
    'namespace "net" does not exist',
  ],
  [namespaces({}), "linux.namespaces[0].type", 'namespace "" does not exist'],
  [namespaces({ type: "PID" }), "linux.namespaces[0].type", 'namespace "PID" does not exist'],
  [namespaces({ type: "a\nb" }), "linux.namespaces[0].type", 'namespace "a\\nb" does not exist'],
  [
    namespaces({ type: "__proto__" }),
    "linux.namespaces[0].type",
    'namespace "__proto__" does not exist',
  ],
  [
    namespaces({ type: "mount" }, { type: "pid" }, { type: "pid", path: "/p" }),
    "linux.namespaces[2].type",
    'malformed spec file: duplicated ns "pid"',
  ],
  [
    namespaces({ type: "mount" }, { type: "mount" }),
    "linux.namespaces[1].type",
    'malformed spec file: duplicated ns "mount"',
  ],
  [
    namespaces({ type: "pid", path: "proc/1/ns/pid" }),
    "linux.namespaces[0].path",
    'path of namespace "pid" must be absolute: "proc/1/ns/pid"',
  ],
  [namespaces({ type: "pid" }), "linux.namespaces", NO_MOUNT],
  [namespaces(), "linux.namespaces", NO_MOUNT],
  [linux({ namespaces: null }), "linux.namespaces", NO_MOUNT],
  [{ linux: undefined }, "linux.namespaces", NO_MOUNT],
  [{ linux: null }, "linux.namespaces", NO_MOUNT],
  [linux({ namespaces: [], maskedPaths: ["/proc/kcore"] }), "linux.namespaces", MNT],
  [linux({ namespaces: [], readonlyPaths: ["/proc/sys"] }), "linux.namespaces", MNT],
  [{ root: { readonly: true }, ...namespaces() }, "linux.namespaces", MNT],
]);

const ids = (...list: readonly Patch[]): Patch =>
  withNamespaces(["user"], { uidMappings: list, gidMappings: [one] });
const one = { containerID: 0, hostID: 0, size: 1 };
const u32 = "an integer between 0 and 4294967295";
const at = "linux.uidMappings";

testMistakes("id mappings", [
  [
    withNamespaces(["user"]),
    "linux.namespaces",
    "user namespaces enabled, but no namespace path to join nor mappings to apply specified",
  ],
  [
    withNamespaces([{ type: "user", path: "" }]),
    "linux.namespaces",
    "user namespaces enabled, but no namespace path to join nor mappings to apply specified",
  ],
  [
    withNamespaces([], { uidMappings: [one], gidMappings: [one] }),
    at,
    "user namespace mappings specified, but user namespace isn't enabled in the config",
  ],
  [
    withNamespaces([], { gidMappings: [one] }),
    at,
    "user namespace mappings specified, but user namespace isn't enabled in the config",
  ],
  [
    withNamespaces(["user"], { uidMappings: [one] }),
    "linux.gidMappings",
    "user namespaces enabled, but no mapping found for gid 0",
  ],
  [
    withNamespaces(["user"], { gidMappings: [one] }),
    at,
    "user namespaces enabled, but no mapping found for uid 0",
  ],
  [
    ids({ containerID: 1, hostID: 0, size: 5 }),
    at,
    "user namespaces enabled, but no mapping found for uid 0",
  ],
  [ids({ hostID: 0, size: 1 }), `${at}[0].containerID`, `${at}[0].containerID is required`],
  [ids({ containerID: 0, size: 1 }), `${at}[0].hostID`, `${at}[0].hostID is required`],
  [ids({ containerID: 0, hostID: 0 }), `${at}[0].size`, `${at}[0].size is required`],
  [ids({ ...one, size: 0 }), `${at}[0].size`, `${at}[0].size must not be 0`],
  [ids({ ...one, hostID: -1 }), `${at}[0].hostID`, `${at}[0].hostID must be ${u32}`],
  [ids({ ...one, hostID: 2 ** 32 }), `${at}[0].hostID`, `${at}[0].hostID must be ${u32}`],
  [
    ids({ ...one, hostID: 2 ** 32 - 1 }),
    `${at}[0].size`,
    `${at}[0] ends after the last id there is`,
  ],
  [
    ids({ ...one, size: 2 ** 32 - 1, containerID: 1 }),
    `${at}[0].size`,
    `${at}[0] ends after the last id there is`,
  ],
  [ids(one, one), `${at}[1]`, `${at}[1] overlaps an earlier mapping`],
  [
    ids(one, { containerID: 5, hostID: 0, size: 1 }),
    `${at}[1]`,
    `${at}[1] overlaps an earlier mapping`,
  ],
  [
    ids(...Array.from({ length: 341 }, (_, n) => ({ containerID: n, hostID: n, size: 1 }))),
    at,
    `${at} has more entries than the kernel takes`,
  ],
]);

const offsets = (timeOffsets: Patch, types: readonly (string | Patch)[] = ["time"]): Patch =>
  withNamespaces(types, { timeOffsets });

testMistakes("time offsets", [
  [
    offsets({ monotonic: { secs: 1 } }, []),
    "linux.timeOffsets",
    "time namespace offsets specified, but time namespace isn't enabled in the config",
  ],
  [
    offsets({ boottime: {} }, []),
    "linux.timeOffsets",
    "time namespace offsets specified, but time namespace isn't enabled in the config",
  ],
  [
    offsets({ monotonic: { secs: 1 } }, [{ type: "time", path: "/proc/1/ns/time" }]),
    "linux.timeOffsets",
    "time namespace enabled, but both namespace path and time offsets specified -- you may only provide one",
  ],
  [
    offsets({ realtime: { secs: 1 } }),
    "linux.timeOffsets.realtime",
    'unknown clock "realtime", want monotonic or boottime',
  ],
  [
    offsets({ monotonic: { nanosecs: 10 ** 9 } }),
    "linux.timeOffsets.monotonic.nanosecs",
    "linux.timeOffsets.monotonic.nanosecs must be an integer between 0 and 999999999",
  ],
]);

const sysctl = (
  name: string,
  problem: string,
  types: readonly (string | Patch)[] = ["ipc", "network", "uts"],
): Mistake => [
  withNamespaces(types, { sysctl: { [name]: "1" } }),
  `linux.sysctl[${JSON.stringify(name)}]`,
  problem,
];
const separate = (name: string): string => `sysctl "${name}" is not in a separate kernel namespace`;
const ipc = (name: string): string => `sysctl "${name}" is not allowed in the hosts ipc namespace`;
const net = (name: string): string => `sysctl "${name}" not allowed in host network namespace`;
const invalid = (name: string): string => `invalid sysctl name ${JSON.stringify(name)}`;

testMistakes("sysctl", [
  ...["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"].map(
    (name) => sysctl(`kernel.${name}`, ipc(`kernel.${name}`), ["network", "uts"]),
  ),
  sysctl("fs.mqueue.msg_max", ipc("fs.mqueue.msg_max"), ["network"]),
  sysctl("fs/mqueue/msg_max", ipc("fs.mqueue.msg_max"), []),
  sysctl("net.ipv4.ip_forward", net("net.ipv4.ip_forward"), ["ipc", "uts"]),
  sysctl("net/ipv4/ip_forward", net("net.ipv4.ip_forward"), []),
  sysctl("net.ipv4.conf.eth0/1.forwarding", net("net.ipv4.conf.eth0/1.forwarding"), []),
  sysctl(
    "kernel.hostname",
    'sysctl "kernel.hostname" is not allowed as it conflicts with the OCI "hostname" field',
  ),
  sysctl("kernel.hostname", separate("kernel.hostname"), []),
  sysctl("kernel.domainname", separate("kernel.domainname"), ["ipc"]),
  sysctl(
    "user.max_user_namespaces",
    "setting ucounts without a user namespace not allowed: user.max_user_namespaces",
  ),
  sysctl("kernel.panic", separate("kernel.panic")),
  sysctl("kernel.core_pattern", separate("kernel.core_pattern")),
  sysctl("kernel/core_pattern", separate("kernel.core_pattern")),
  sysctl("kernel.shmmax2", separate("kernel.shmmax2")),
  sysctl("vm.swappiness", separate("vm.swappiness")),
  sysctl("fs.mqueue", separate("fs.mqueue")),
  sysctl("net", separate("net")),
  sysctl("NET.ipv4.ip_forward", separate("NET.ipv4.ip_forward")),
  sysctl("__proto__x", separate("__proto__x")),
  sysctl("", invalid("")),
  sysctl(".", invalid(".")),
  sysctl("net..ipv4", invalid("net..ipv4")),
  sysctl("net.", invalid("net.")),
  sysctl("/net/ipv4", invalid("/net/ipv4")),
  sysctl("net/../kernel/core_pattern", invalid("net/../kernel/core_pattern")),
  sysctl("net.ipv4.//.kernel", invalid("net.ipv4.//.kernel")),
  sysctl("net/./x", invalid("net/./x")),
  sysctl("net.a\0b", invalid("net.a\0b")),
]);

const MISSING: HostFacts = { ...V1_HOST, missingNamespaces: ["user", "cgroup", "time"] };
const MAPPED = { uids: [{ containerId: 0, hostId: 0, size: 1 }], setgroups: true };
const userNamespace = { ...MAPPED, gids: MAPPED.uids };
const joined = [{ type: "user", path: "/proc/1/ns/user" }];

const onHost: readonly (readonly [...row: Mistake, options?: Partial<CompileOptions>])[] = [
  [
    withNamespaces(["user"], { uidMappings: [one], gidMappings: [one] }),
    "linux.namespaces",
    "user namespaces aren't enabled in the kernel",
    { userNamespace },
  ],
  [
    withNamespaces(["cgroup"]),
    "linux.namespaces",
    "cgroup namespaces aren't enabled in the kernel",
  ],
  [withNamespaces(["time"]), "linux.namespaces", "time namespaces aren't enabled in the kernel"],
  [
    withNamespaces([{ type: "ipc", path: "/proc/1/ns/ipc" }], { sysctl: { "kernel.sem": "1" } }),
    'linux.sysctl["kernel.sem"]',
    ipc("kernel.sem"),
    { sharedNamespaces: ["ipc"] },
  ],
  [
    withNamespaces([{ type: "network", path: "/n" }], { sysctl: { "net.core.somaxconn": "1" } }),
    'linux.sysctl["net.core.somaxconn"]',
    net("net.core.somaxconn"),
    { sharedNamespaces: ["network"] },
  ],
  [
    linux({ mountLabel: "l" }),
    "linux.mountLabel",
    "selinux label is specified in config, but selinux is disabled or not supported",
  ],
  ...["private", "rprivate"].map(
    (rootfsPropagation) =>
      [
        linux({ rootfsPropagation }),
        "linux.rootfsPropagation",
        "rootfsPropagation of [r]private is not safe without pivot_root",
        { noPivot: true },
      ] as const,
  ),
];

for (const [index, [patch, path, message, options]] of onHost.entries()) {
  test(`namespaces on a host ${index}: ${message}`, () => {
    const { spec } = parseSpec(changed(patch));
    assertMistake(() => compileContainer(spec, MISSING, { ...OPTIONS, ...options }), path, message);
  });
}

test("a user namespace is joined without mappings, and made with them", () => {
  parseSpec(changed(withNamespaces(joined)));
  parseSpec(changed(ids(one, { containerID: 1, hostID: 100_000, size: 65_535 })));
});
