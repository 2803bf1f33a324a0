// SPDX-License-Identifier: Apache-2.0
// Mistakes about what a container sees of files: mounts, devices, hidden paths. And about its hooks.

import { test } from "node:test";
import { parseSpec } from "./parse.ts";
import { changed } from "./testdata/samples.ts";
import { linux, type Mistake, mount, type Patch, testMistakes } from "./testing/mistakes.ts";

const at = "mounts[0]";
const inside = (given: string, path = given): Mistake => [
  mount({ destination: given, type: "bind", options: ["bind"] }),
  `${at}.destination`,
  `"${path}" cannot be mounted because it is inside /proc`,
];
const notProc = (type: string): Mistake => [
  mount({ destination: "/proc", type }),
  `${at}.destination`,
  '"/proc" cannot be mounted because it is not of type proc',
];
const top = (destination: string): Mistake => [
  mount({ destination }),
  `${at}.destination`,
  `mountpoint "${destination}" is on the top of rootfs`,
];
const one = [{ containerID: 0, hostID: 0, size: 1 }];
const invalid = (patch: Patch, path: string, reason: string): Mistake => [
  mount(patch),
  path,
  `invalid mount ${path.replace(/\.options$/, "")}: ${reason}`,
];
const specific = "bind mounts cannot have any filesystem-specific options applied";
const bothMappings = "id-mapped mounts must have both uid and gid mappings specified";
const onlyBinds = "id-mapped mounts are only supported for bind-mounts";

testMistakes("mounts", [
  [mount({ destination: "" }), `${at}.destination`, `${at}.destination must not be empty`],
  [mount({ destination: undefined }), `${at}.destination`, `${at}.destination must not be empty`],
  top("/"),
  top("."),
  top("/a/.."),
  top("/../../"),
  [mount({ type: "" }), `${at}.type`, `${at}.type must not be empty unless an option is bind`],
  [
    mount({ type: undefined, options: ["ro"] }),
    `${at}.type`,
    `${at}.type must not be empty unless an option is bind`,
  ],
  [
    mount({ type: "none", options: ["rprivate"] }),
    `${at}.type`,
    `${at}.type "none" is no filesystem: it takes the option bind or remount`,
  ],
  invalid({ options: ["bind", "size=1m"] }, `${at}.options`, specific),
  invalid({ options: ["rbind", "ro", "uid=5"] }, `${at}.options`, specific),
  invalid({ options: ["rbind", "BIND"] }, `${at}.options`, specific),
  invalid({ options: ["a=b", "bind"] }, `${at}.options`, specific),
  invalid({ source: "a\0" }, `${at}.source`, "mount field contains null byte"),
  invalid({ type: "a\0" }, `${at}.type`, "mount field contains null byte"),
  invalid({ destination: "/a\0" }, `${at}.destination`, "mount field contains null byte"),
  invalid({ options: ["ro", "a\0"] }, `${at}.options[1]`, "mount field contains null byte"),
  invalid({ type: "ext4", options: ["tmpcopyup"] }, `${at}.options`, "tmpcopyup is for tmpfs only"),
  invalid({ options: ["idmap"] }, at, onlyBinds),
  invalid({ uidMappings: one, gidMappings: one }, at, onlyBinds),
  invalid({ options: ["bind", "idmap"] }, at, bothMappings),
  invalid({ options: ["rbind", "ridmap"] }, at, bothMappings),
  invalid({ options: ["bind"], uidMappings: one }, at, bothMappings),
  invalid({ options: ["bind", "idmap"], gidMappings: one }, at, bothMappings),
  notProc("tmpfs"),
  notProc("sysfs"),
  notProc("PROC"),
  inside("/proc/self"),
  inside("/proc/self/attr/exec"),
  inside("/proc/sys/kernel/core_pattern"),
  inside("//x/../proc/./sys", "/proc/sys"),
  inside("proc/sys", "/proc/sys"),
  inside("/proc/cpuinfo/x"),
  inside("/proc/sys/crypto"),
]);

const dev = "linux.devices[0]";
const device = { path: "/dev/x", type: "c", major: 1, minor: 1 };
const devices = (patch: Patch): Patch => linux({ devices: [{ ...device, ...patch }] });
const path = (text: string): Mistake => [
  devices({ path: text }),
  `${dev}.path`,
  `device path must be absolute: "${text}"`,
];
const type = (text: unknown): Mistake => [
  devices({ type: text }),
  `${dev}.type`,
  `invalid device type "${text ?? ""}"`,
];

testMistakes("devices", [
  type("x"),
  type(""),
  type("cb"),
  type("a"),
  type(undefined),
  path("dev/x"),
  path(""),
  path("/"),
  path("/."),
  path("/dev/.."),
  [devices({ major: undefined }), `${dev}.major`, `${dev}.major is required`],
  [devices({ type: "u", minor: null }), `${dev}.minor`, `${dev}.minor is required`],
  [devices({ major: -1 }), `${dev}.major`, `${dev}.major must be an integer between 0 and 4095`],
  [
    devices({ minor: 0x10_0000 }),
    `${dev}.minor`,
    `${dev}.minor must be an integer between 0 and 1048575`,
  ],
  [
    devices({ uid: 2 ** 32 - 1 }),
    `${dev}.uid`,
    `${dev}.uid must be an integer between 0 and 4294967294`,
  ],
]);

const list = (name: string): readonly Mistake[] =>
  ["b", "", "../etc", " /a"].map((text) => [
    linux({ [name]: ["/a", text] }),
    `linux.${name}[1]`,
    `linux.${name}[1] must be an absolute path: "${text}"`,
  ]);

testMistakes("paths", [...list("maskedPaths"), ...list("readonlyPaths")]);

testMistakes(
  "propagation",
  ["public", "Private", "rrprivate", "rslave ", "__proto__"].map((text) => [
    linux({ rootfsPropagation: text }),
    "linux.rootfsPropagation",
    `rootfsPropagation=${text} is not supported`,
  ]),
);

const KINDS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart"];

testMistakes(
  "hooks",
  [...KINDS, "poststop"].flatMap((kind): readonly Mistake[] => {
    const field = `hooks.${kind}[1]`;
    const hook = (patch: Patch): Patch => ({ hooks: { [kind]: [{ path: "/ok" }, patch] } });
    const absolute = (text: string): string => `${field}.path must be an absolute path: "${text}"`;
    const seconds = `${field}.timeout must be a number of seconds above 0`;
    return [
      [hook({}), `${field}.path`, absolute("")],
      [hook({ path: "bin/x" }), `${field}.path`, absolute("bin/x")],
      [hook({ path: "/x", timeout: 0 }), `${field}.timeout`, seconds],
      [hook({ path: "/x", timeout: -5 }), `${field}.timeout`, seconds],
      [hook({ path: "/x", timeout: 2n ** 63n }), `${field}.timeout`, seconds],
    ];
  }),
);

test("what is near to these mistakes is none", () => {
  for (const patch of [
    mount({ destination: "/proc", type: "proc" }),
    mount({ destination: "/processes" }),
    mount({ destination: "/proc/meminfo", options: ["bind"] }),
    mount({ type: "none", options: ["bind"] }),
    mount({ type: "", options: ["rbind", "rro"] }),
    mount({ type: "none", options: ["remount", "ro"] }),
    mount({ type: "bind", options: ["bind", "idmap"], uidMappings: one, gidMappings: one }),
    devices({ type: "p", major: undefined, minor: undefined }),
    linux({ maskedPaths: ["/a//b/"], readonlyPaths: [] }),
    { hooks: { prestart: [], someday: [{}] } },
  ]) {
    parseSpec(changed(patch));
  }
});
