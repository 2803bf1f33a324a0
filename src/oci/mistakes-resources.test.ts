// SPDX-License-Identifier: Apache-2.0
// Mistakes in linux.resources and linux.seccomp. What only a kernel can refuse is in cgroup/.

import { linux, type Mistake, type Patch, resources, testMistakes } from "./testing/mistakes.ts";

const at = "linux.resources";

const rules = (...devices: readonly Patch[]): Patch => resources({ devices });
const rule = (patch: Patch): Patch => rules({ allow: false, access: "rwm" }, patch);
const second = `${at}.devices[1]`;

testMistakes("device rules", [
  [rules({ allow: true }), `${at}.devices[0].access`, "device access at 0 field cannot be empty"],
  [rule({ access: "" }), `${second}.access`, "device access at 1 field cannot be empty"],
  [rule({ access: "rx" }), `${second}.access`, 'invalid device access "rx"'],
  [rule({ access: "RWM" }), `${second}.access`, 'invalid device access "RWM"'],
  [rule({ access: "r w" }), `${second}.access`, 'invalid device access "r w"'],
  [rule({ type: "p", access: "r" }), `${second}.type`, 'invalid cgroup device type "p"'],
  [rule({ type: "u", access: "r" }), `${second}.type`, 'invalid cgroup device type "u"'],
  [rule({ type: "cb", access: "r" }), `${second}.type`, 'invalid cgroup device type "cb"'],
  [
    rule({ major: -2, access: "r" }),
    `${second}.major`,
    `${second}.major must be an integer between -1 and 4294967295`,
  ],
]);

const unified = (name: string, problem: string): Mistake => [
  resources({ unified: { [name]: "1" } }),
  `${at}.unified[${JSON.stringify(name)}]`,
  problem,
];
const form = (name: string): Mistake =>
  unified(
    name,
    `unified resource ${JSON.stringify(name)} must be in the form CONTROLLER.PARAMETER`,
  );
const slashes = (name: string): Mistake =>
  unified(name, `unified resource "${name}" must be a file name (no slashes)`);

testMistakes("unified", [
  form(""),
  form("memory"),
  form(".memory"),
  form("memory."),
  form("memory.ma x"),
  form("memory.max\n"),
  form("memory.max\0"),
  form(".."),
  slashes("a/memory.max"),
  slashes("../memory.max"),
  slashes("/memory.max"),
  ...["procs", "threads", "kill", "freeze", "type"].map((name) =>
    unified(`cgroup.${name}`, `unified resource "cgroup.${name}" is not a setting`),
  ),
]);

const rdma = (name: string): Mistake => {
  const path = `${at}.rdma[${JSON.stringify(name)}]`;
  return [
    resources({ rdma: { [name]: { hcaHandles: 1 } } }),
    path,
    `${path} ${JSON.stringify(name)} must be a name without spaces`,
  ];
};
const priority = (name: string): Mistake => {
  const path = `${at}.network.priorities[0].name`;
  return [
    resources({ network: { priorities: [{ name, priority: 1 }] } }),
    path,
    `${path} ${JSON.stringify(name)} must be a name without spaces`,
  ];
};
const pageSize = (text: string): Mistake => [
  resources({ hugepageLimits: [{ pageSize: text, limit: 0 }] }),
  `${at}.hugepageLimits[0].pageSize`,
  `invalid huge page size "${text}"`,
];

testMistakes("other limits", [
  rdma(""),
  rdma("a b"),
  rdma("a\nb"),
  priority(""),
  priority("eth 0"),
  priority("eth0\nlo"),
  pageSize(""),
  pageSize("2mb"),
  pageSize("2MB/../x"),
  pageSize("0MB"),
  pageSize("02MB"),
]);

const filter = "linux.seccomp";
const seccomp = (patch: Patch): Patch =>
  linux({ seccomp: { defaultAction: "SCMP_ACT_ALLOW", ...patch } });
const errno = { names: ["kill"], action: "SCMP_ACT_ERRNO" };
const syscalls = (patch: Patch): Patch => seccomp({ syscalls: [errno, { ...errno, ...patch }] });
const condition = (patch: Patch): Patch =>
  syscalls({ args: [{ index: 0, value: 1, op: "SCMP_CMP_EQ", ...patch }] });
const rulePath = `${filter}.syscalls[1]`;
const unknown = (patch: Patch, path: string, what: string): Mistake => [
  patch,
  path,
  `${path}: unknown seccomp ${what}`,
];

testMistakes("seccomp", [
  // Not the absence of a filter.
  [
    linux({ seccomp: { defaultAction: false } }),
    `${filter}.defaultAction`,
    `${filter}.defaultAction must be a string`,
  ],
  [linux({ seccomp: { syscalls: {} } }), `${filter}.syscalls`, `${filter}.syscalls must be a list`],
  unknown(seccomp({ defaultAction: "ALLOW" }), `${filter}.defaultAction`, 'action "ALLOW"'),
  unknown(
    seccomp({ defaultAction: "", syscalls: [errno] }),
    `${filter}.defaultAction`,
    'action ""',
  ),
  unknown(
    seccomp({ defaultAction: "constructor" }),
    `${filter}.defaultAction`,
    'action "constructor"',
  ),
  unknown(syscalls({ action: "SCMP_ACT_DENY" }), `${rulePath}.action`, 'action "SCMP_ACT_DENY"'),
  unknown(syscalls({ action: undefined }), `${rulePath}.action`, 'action ""'),
  unknown(condition({ op: "==" }), `${rulePath}.args[0].op`, 'operator "=="'),
  unknown(condition({ op: undefined }), `${rulePath}.args[0].op`, 'operator ""'),
  unknown(
    seccomp({ architectures: ["SCMP_ARCH_X86", "x86"] }),
    `${filter}.architectures[1]`,
    'architecture "x86"',
  ),
  unknown(seccomp({ flags: ["TSYNC"] }), `${filter}.flags[0]`, 'flag "TSYNC"'),
  [
    condition({ index: 6 }),
    `${rulePath}.args[0].index`,
    `${rulePath}.args[0].index must be an integer between 0 and 5`,
  ],
  [
    condition({ value: 2n ** 64n }),
    `${rulePath}.args[0].value`,
    `${rulePath}.args[0].value must be an integer between 0 and 18446744073709551615`,
  ],
]);
