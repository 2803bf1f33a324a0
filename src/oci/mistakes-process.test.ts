// SPDX-License-Identifier: Apache-2.0
// Mistakes in the process section of a configuration, and in the document of an exec.

import { test } from "node:test";
import { compileContainer } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import type { CompileOptions, HostFacts } from "./compiled.ts";
import { parseSpec } from "./parse.ts";
import { parseProcess } from "./process.ts";
import { changed, OPTIONS, V1_HOST } from "./testdata/samples.ts";
import {
  assertMistake,
  type Mistake,
  type Patch,
  process,
  testMistakes,
  withNamespaces,
} from "./testing/mistakes.ts";

const long = "x".repeat(128 * 1024);
const tooLong = (field: string): string =>
  `${field} must not be longer than 131071 bytes: the kernel takes no longer argument or variable`;
const id = "an integer between 0 and 4294967294";
const rlimit = (...rlimits: readonly Patch[]): Patch => process({ rlimits });
const nofile = { type: "RLIMIT_NOFILE", soft: 1, hard: 2 };
const u64 = "an integer between 0 and 18446744073709551615";

const rows: readonly Mistake[] = [
  [process({ cwd: "" }), "process.cwd", "Cwd property must not be empty"],
  [process({ cwd: undefined }), "process.cwd", "Cwd property must not be empty"],
  [process({ cwd: "tmp" }), "process.cwd", "Cwd must be an absolute path"],
  [process({ cwd: "../tmp" }), "process.cwd", "Cwd must be an absolute path"],
  [process({ cwd: " /tmp" }), "process.cwd", "Cwd must be an absolute path"],
  [process({ args: [] }), "process.args", "args must not be empty"],
  [process({ args: null }), "process.args", "args must not be empty"],
  [process({ args: undefined }), "process.args", "args must not be empty"],
  [process({ args: ["a", long] }), "process.args[1]", tooLong("process.args[1]")],
  [process({ args: ["ö".repeat(64 * 1024)] }), "process.args[0]", tooLong("process.args[0]")],
  // Without the text: it may be a secret.
  [process({ env: ["A"] }), "process.env[0]", "invalid environment variable: missing '='"],
  [process({ env: [""] }), "process.env[0]", "invalid environment variable: missing '='"],
  [
    process({ env: ["A=b", "=c"] }),
    "process.env[1]",
    "invalid environment variable: name cannot be empty",
  ],
  [
    process({ env: ["A\nB=secret\0"] }),
    "process.env[0]",
    'invalid environment variable "A\\nB": contains nul byte (\\x00)',
  ],
  [process({ env: [`A=${long}`] }), "process.env[0]", tooLong("process.env[0]")],
  [process({ user: { uid: 2 ** 32 - 1 } }), "process.user.uid", `process.user.uid must be ${id}`],
  [process({ user: { uid: 2 ** 32 } }), "process.user.uid", `process.user.uid must be ${id}`],
  [process({ user: { gid: 2 ** 31 * 3 } }), "process.user.gid", `process.user.gid must be ${id}`],
  [
    process({ user: { additionalGids: [1, 2 ** 32 - 1] } }),
    "process.user.additionalGids[1]",
    `process.user.additionalGids[1] must be ${id}`,
  ],
  [
    process({ user: { umask: 0o1000 } }),
    "process.user.umask",
    "process.user.umask must be an integer between 0 and 511",
  ],
  [
    rlimit({ type: "RLIMIT_X", soft: 1, hard: 1 }),
    "process.rlimits[0].type",
    "wrong rlimit value: RLIMIT_X",
  ],
  [rlimit({ soft: 1, hard: 1 }), "process.rlimits[0].type", "wrong rlimit value: "],
  [
    rlimit({ ...nofile, type: "rlimit_nofile" }),
    "process.rlimits[0].type",
    "wrong rlimit value: rlimit_nofile",
  ],
  [
    rlimit({ ...nofile, type: "__proto__" }),
    "process.rlimits[0].type",
    "wrong rlimit value: __proto__",
  ],
  [
    rlimit({ ...nofile, type: "constructor" }),
    "process.rlimits[0].type",
    "wrong rlimit value: constructor",
  ],
  [
    rlimit({ type: "RLIMIT_CPU", hard: 1 }),
    "process.rlimits[0].soft",
    "process.rlimits[0].soft is required",
  ],
  [
    rlimit({ type: "RLIMIT_CPU", soft: 0 }),
    "process.rlimits[0].hard",
    "process.rlimits[0].hard is required",
  ],
  [
    rlimit({ type: "RLIMIT_CPU", soft: 2, hard: 1 }),
    "process.rlimits[0].soft",
    "soft limit of RLIMIT_CPU must not be above its hard limit: 2 > 1",
  ],
  [
    rlimit({ type: "RLIMIT_CPU", soft: 2n ** 64n - 1n, hard: 2n ** 64n - 2n }),
    "process.rlimits[0].soft",
    "soft limit of RLIMIT_CPU must not be above its hard limit: 18446744073709551615 > 18446744073709551614",
  ],
  [
    rlimit({ type: "RLIMIT_CPU", soft: -1, hard: 1 }),
    "process.rlimits[0].soft",
    `process.rlimits[0].soft must be ${u64}`,
  ],
  [
    rlimit({ type: "RLIMIT_CPU", soft: 0, hard: 2n ** 64n }),
    "process.rlimits[0].hard",
    `process.rlimits[0].hard must be ${u64}`,
  ],
];

testMistakes("process", rows);

for (const [index, [patch, path, message]] of rows.entries()) {
  test(`exec ${index}: the same mistake has the same sentence`, () => {
    const document = changed(patch)["process"];
    assertMistake(() => parseProcess(document, "process"), path, message);
  });
}

for (const [json, message] of [
  [null, "process property must not be empty"],
  [undefined, "process property must not be empty"],
  [[], "process must be an object"],
  ["sh", "process must be an object"],
  [1, "process must be an object"],
] as const) {
  test(`an exec of ${JSON.stringify(json)}: ${message}`, () => {
    assertMistake(() => parseProcess(json, "process"), "process", message);
  });
}

/** What only shows on a host, or together with a user namespace. */
const noApparmor = "apparmor: config provided but apparmor not supported";
const noSelinux = "selinux label is specified in config, but selinux is disabled or not supported";
const ids = [{ containerId: 0, hostId: 100_000, size: 10 }];
const jsonIds = [{ containerID: 0, hostID: 100_000, size: 10 }];
const userNamespace = { uids: ids, gids: ids, setgroups: true };
const inUserNamespace = (patch: Patch): Patch => ({
  ...withNamespaces(["user"], { uidMappings: jsonIds, gidMappings: jsonIds }),
  ...process(patch),
});

const onHost: readonly (readonly [...row: Mistake, options?: Partial<CompileOptions>])[] = [
  [
    process({ apparmorProfile: "p" }),
    "process.apparmorProfile",
    `unable to apply apparmor profile "p": ${noApparmor}`,
  ],
  [process({ selinuxLabel: "l" }), "process.selinuxLabel", noSelinux],
  [
    process({ args: ["nothing"], env: [] }),
    "process.args[0]",
    'exec: "nothing": executable file not found in $PATH',
  ],
  [
    process({ args: ["nothing"], env: ["PATH=bin:.:"] }),
    "process.args[0]",
    'exec: "nothing": executable file not found in $PATH',
  ],
  [process({ args: [""] }), "process.args[0]", 'exec: "": executable file not found in $PATH'],
  [
    process({ args: ["n".repeat(256)] }),
    "process.args[0]",
    `exec: "${"n".repeat(256)}": executable file not found in $PATH`,
  ],
  [
    inUserNamespace({ user: { uid: 10 } }),
    "process.user.uid",
    "unable to setup user: cannot setuid to unmapped uid 10 in user namespace",
    { userNamespace },
  ],
  [
    inUserNamespace({ user: { gid: 11 } }),
    "process.user.gid",
    "unable to setup user: cannot setgid to unmapped gid 11 in user namespace",
    { userNamespace },
  ],
  [
    inUserNamespace({ user: { additionalGids: [1, 12] } }),
    "process.user.additionalGids[1]",
    "unable to setup user: cannot setgroups to unmapped gid 12 in user namespace",
    { userNamespace },
  ],
];

for (const [index, [patch, path, message, options]] of onHost.entries()) {
  const compile = (facts: HostFacts, json: Patch): unknown => {
    const { finish } = compileContainer(parseSpec(json).spec, facts, { ...OPTIONS, ...options });
    return finish("/");
  };
  test(`process on a host ${index}: ${message.slice(0, 200)}`, () => {
    assertMistake(() => compile(V1_HOST, changed(patch)), path, message);
  });

  test(`exec on a host ${index}: the same mistake has the same sentence`, () => {
    const { spec } = parseSpec(changed(options === undefined ? {} : inUserNamespace({})));
    const { execTarget } = compileContainer(spec, V1_HOST, { ...OPTIONS, ...options });
    const document = parseProcess(changed(patch)["process"], "process");
    const exec = (): unknown =>
      compileExec(document, { ...execTarget, nullStdio: [] }, V1_HOST).finish("/");
    assertMistake(exec, path, message);
  });
}
