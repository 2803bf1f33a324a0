// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson } from "./json.ts";
import { parseSeccomp, profileText, type Seccomp } from "./seccomp.ts";

const ALLOW = 0x7fff_0000;
const ERRNO = 0x0005_0000;
const SPEC_ALLOW = 4;
const LOG = 2;
const NEW_LISTENER = 8;

function parse(
  seccomp: unknown,
  warn: (text: string) => void = () => undefined,
): Seccomp | undefined {
  return parseSeccomp({ path: "linux", fields: { seccomp } }, warn);
}

/** A profile that allows by default, with changes. */
const profile = (changes: object = {}): object => ({ defaultAction: "SCMP_ACT_ALLOW", ...changes });
const rule = (changes: object = {}): object =>
  profile({ syscalls: [{ names: ["read"], action: "SCMP_ACT_ERRNO", ...changes }] });
const argument = (changes: object = {}): object =>
  rule({ args: [{ index: 0, value: 1, op: "SCMP_CMP_EQ", ...changes }] });

test("a profile without default action and rules is no profile", () => {
  for (const seccomp of [undefined, null, {}, { defaultAction: "", syscalls: [] }]) {
    assert.equal(parse(seccomp), undefined);
  }
  assert.equal(parse({ architectures: ["SCMP_ARCH_X86"], flags: [] }), undefined);
});

test("actions carry the errno that they are given, else EPERM", () => {
  const defaultOf = (changes: object): number | undefined =>
    parse(profile(changes))?.profile.defaultAction;
  assert.equal(defaultOf({}), ALLOW);
  assert.equal(defaultOf({ defaultAction: "SCMP_ACT_ERRNO" }), ERRNO + 1);
  assert.equal(defaultOf({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 0 }), ERRNO);
  assert.equal(defaultOf({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38 }), ERRNO + 38);
  assert.equal(defaultOf({ defaultAction: "SCMP_ACT_TRACE", defaultErrnoRet: 9 }), 0x7ff0_0009);
  assert.equal(parse(rule({ errnoRet: 38 }))?.profile.rules[0]?.action, ERRNO + 38);
});

test("an errno is ignored with a warning where only the action of a default profile was changed", () => {
  for (const [seccomp, field, action] of [
    [profile({ defaultErrnoRet: 1 }), "defaultErrnoRet", "SCMP_ACT_ALLOW"],
    [
      profile({ defaultAction: "SCMP_ACT_LOG", defaultErrnoRet: 1 }),
      "defaultErrnoRet",
      "SCMP_ACT_LOG",
    ],
    [rule({ action: "SCMP_ACT_KILL", errnoRet: 99999 }), "syscalls[0].errnoRet", "SCMP_ACT_KILL"],
  ] as const) {
    const warnings: string[] = [];
    const parsed = parse(seccomp, (text) => warnings.push(text));
    assert.deepEqual(warnings, [
      `ignoring linux.seccomp.${field}: action "${action}" has no errno`,
    ]);
    const { defaultErrnoRet: _, ...plain } = { defaultErrnoRet: 0, ...seccomp };
    if (field === "defaultErrnoRet") assert.deepEqual(parsed, parse(plain));
    else assert.equal(parsed?.profile.rules[0]?.action, 0);
  }
});

test("without a list of flags there is the default one, with an empty list none", () => {
  const flagsOf = (flags?: readonly string[]): number | undefined =>
    parse(profile({ flags }))?.flags;
  assert.equal(flagsOf(), SPEC_ALLOW);
  assert.equal(flagsOf([]), 0);
  assert.equal(flagsOf(["SECCOMP_FILTER_FLAG_LOG"]), LOG);
  const both = ["SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG"];
  assert.equal(flagsOf(both), SPEC_ALLOW | LOG);
  assert.equal(flagsOf(["SECCOMP_FILTER_FLAG_TSYNC"]), 0);
  assert.equal(flagsOf(["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]), 0);
});

test("a profile that asks has a listener, and one that does not has none", () => {
  const of = (changes: object, names: readonly string[] = ["mkdir"]): Seccomp | undefined =>
    parse(profile({ ...changes, syscalls: [{ names, action: "SCMP_ACT_NOTIFY" }] }));
  const asking = of({ listenerPath: "/run/x", listenerMetadata: "m" });
  assert.deepEqual(asking?.listener, { path: "/run/x", metadata: "m" });
  assert.equal(asking?.flags, SPEC_ALLOW | NEW_LISTENER);
  assert.equal(asking?.profile.rules[0]?.action, 0x7fc0_0000);
  assert.deepEqual(of({ listenerPath: "/run/x" })?.listener, { path: "/run/x", metadata: "" });
  const flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"];
  assert.equal(of({ listenerPath: "/run/x", flags })?.flags, NEW_LISTENER | 32);
  // As in runc: an address alone is not an error, and nothing listens.
  for (const one of [parse(rule({})), parse(profile({ listenerPath: "/x" })), of({}, [])]) {
    assert.equal(one?.listener, undefined);
    assert.equal(one?.flags, SPEC_ALLOW);
  }
});

test("architectures are there once", () => {
  const architectures = ["SCMP_ARCH_X86", "SCMP_ARCH_ARM", "SCMP_ARCH_X86"];
  const words = parse(profile({ architectures }))?.profile.architectures;
  assert.deepEqual(words, ["SCMP_ARCH_X86", "SCMP_ARCH_ARM"]);
});

test("values of arguments are unsigned numbers of 64 bits", () => {
  const text = '{"index":5,"value":18446744073709551615,"valueTwo":9007199254740993,"op":';
  const read = (op: string): unknown =>
    parse(rule({ args: [parseJson(`${text}"SCMP_CMP_${op}"}`)] }))?.profile.rules[0]?.conditions;
  const condition = { index: 5, operator: 7, value: 2n ** 64n - 1n, valueTwo: 9007199254740993n };
  assert.deepEqual(read("MASKED_EQ"), [condition]);
  // Elsewhere it says nothing, and makes no other filter.
  assert.deepEqual(read("GT"), [{ ...condition, operator: 6, valueTwo: 0n }]);
});

test("conditions on one argument become rules of their own, on several one rule", () => {
  const args = [0, 1].map((index) => ({ index, value: 1, op: "SCMP_CMP_EQ" }));
  assert.equal(parse(rule({ args }))?.profile.rules.length, 1);
  const again = [...args, { index: 0, value: 2, op: "SCMP_CMP_EQ" }];
  const rules = parse(rule({ args: again }))?.profile.rules ?? [];
  assert.deepEqual(
    rules.map(({ conditions }) => conditions.length),
    [1, 1, 1],
  );
});

for (const [what, seccomp, path, message] of [
  [
    "an unknown default action",
    { defaultAction: "SCMP_ACT_X" },
    "defaultAction",
    'action "SCMP_ACT_X"',
  ],
  ["rules without a default action", { syscalls: [{}] }, "defaultAction", 'action ""'],
  ["an unknown action", rule({ action: "ALLOW" }), "syscalls[0].action", 'action "ALLOW"'],
  ["no action", rule({ action: undefined }), "syscalls[0].action", 'action ""'],
  ["an errno that is none", rule({ errnoRet: 4095 }), "syscalls[0].errnoRet", "between 0 and 4094"],
  [
    "a negative errno",
    profile({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: -1 }),
    "defaultErrnoRet",
    "integer",
  ],
  [
    "a message that is too long",
    rule({ action: "SCMP_ACT_TRACE", errnoRet: 65536 }),
    "syscalls[0].errnoRet",
    "between 0 and 65535",
  ],
  [
    "an unknown architecture",
    profile({ architectures: ["amd64"] }),
    "architectures[0]",
    'architecture "amd64"',
  ],
  [
    "an unknown flag",
    profile({ flags: ["SECCOMP_FILTER_FLAG_X"] }),
    "flags[0]",
    'flag "SECCOMP_FILTER_FLAG_X"',
  ],
  ["an unknown operator", argument({ op: "==" }), "syscalls[0].args[0].op", 'operator "=="'],
  ["a seventh argument", argument({ index: 6 }), "syscalls[0].args[0].index", "between 0 and 5"],
  [
    "a negative value",
    argument({ value: -1 }),
    "syscalls[0].args[0].value",
    "an integer between 0",
  ],
  [
    "a value of 65 bits",
    argument({ valueTwo: 2n ** 64n }),
    "syscalls[0].args[0].valueTwo",
    "an integer between 0",
  ],
  ["a name that is none", rule({ names: [1] }), "syscalls[0].names[0]", "a string"],
  [
    "a default action that asks somebody",
    profile({ defaultAction: "SCMP_ACT_NOTIFY", listenerPath: "/run/x" }),
    "defaultAction",
    "SCMP_ACT_NOTIFY cannot be used as default action",
  ],
  [
    "a call that asks somebody whom nobody has told of",
    rule({ action: "SCMP_ACT_NOTIFY" }),
    "listenerPath",
    "must be set",
  ],
  [
    "a call without which nobody can be told of",
    profile({
      listenerPath: "/run/x",
      syscalls: [{ names: ["read", "write"], action: "SCMP_ACT_NOTIFY" }],
    }),
    "syscalls[0].names",
    "SCMP_ACT_NOTIFY cannot be used for the write syscall",
  ],
  [
    "words for nobody",
    profile({ listenerMetadata: "x" }),
    "listenerMetadata",
    "must not be set without listenerPath",
  ],
  ["an address that is none", profile({ listenerPath: 1 }), "listenerPath", "a string"],
] as const) {
  test(`${what} is refused by the name of the field`, () => {
    assert.throws(
      () => parse(seccomp),
      (error: Error & { path?: string }) => {
        assert.equal(error.name, "SpecError");
        assert.equal(error.path, `linux.seccomp.${path}`);
        assert.ok(error.message.includes(message), error.message);
        return true;
      },
    );
  });
}

test("the text of a profile is the same for the same filter, and only then", () => {
  const textOf = (seccomp: unknown): string => {
    const parsed = parse(seccomp);
    assert.ok(parsed);
    return profileText(parsed.profile);
  };
  const flags = ["SECCOMP_FILTER_FLAG_LOG"];
  assert.equal(textOf(argument()), textOf({ ...argument(), flags }));
  assert.equal(textOf(argument()), textOf(argument({ valueTwo: 7 })));
  const texts = [
    profile(),
    profile({ defaultAction: "SCMP_ACT_LOG" }),
    profile({ architectures: ["SCMP_ARCH_X86"] }),
    rule(),
    rule({ errnoRet: 2 }),
    rule({ names: ["write"] }),
    rule({ names: ["re", "ad"] }),
    argument(),
    argument({ index: 1 }),
    argument({ value: 2 }),
    argument({ op: "SCMP_CMP_NE" }),
    argument({ op: "SCMP_CMP_MASKED_EQ", valueTwo: 1 }),
  ].map(textOf);
  assert.equal(new Set(texts).size, texts.length);
});
