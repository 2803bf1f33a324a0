// SPDX-License-Identifier: Apache-2.0
// Rules of the top level, of the process section and of hooks.

import type { Rule } from "./judge.ts";
import {
  bytesOf,
  get,
  keysOf,
  listOf,
  numberOf,
  textOf,
  textsOf,
  typesOf,
  type Value,
} from "./judge-values.ts";

const LONGEST_ARGUMENT = 131_071;
const LONGEST_HOST_NAME = 64;

const rlimits = (config: Value): readonly Value[] => listOf(config, "process", "rlimits");
const scheduler = (config: Value): Value => get(config, "process", "scheduler");
const tooLong = (text: string): boolean => bytesOf(text) > LONGEST_ARGUMENT;
const isHostName = (config: Value, name: string): boolean =>
  textOf(config, name) === "" || typesOf(config).includes("uts");

function isVersion(text: string): boolean {
  const [core = "", ...rest] = text.split(/[-+]/);
  const numbers = core.split(".");
  return (
    numbers.length === 3 &&
    numbers.every((number) => /^\d+$/.test(number)) &&
    numbers[0] === "1" &&
    rest.every((part) => /^[\w.-]*$/.test(part)) &&
    /^[\d.]+([-+][\w.-]+)*$/.test(text)
  );
}

function isVariable(text: string): boolean {
  return text.indexOf("=") > 0 && !tooLong(text);
}

function hooks(config: Value): readonly Value[] {
  return [
    "prestart",
    "createRuntime",
    "createContainer",
    "startContainer",
    "poststart",
    "poststop",
  ].flatMap((kind) => listOf(config, "hooks", kind));
}

/** A list of numbers and ranges with at least one of them, none of them above 65536. */
export function isIdList(text: string): boolean {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return (
    parts.length > 0 &&
    parts.every((part) => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part);
      const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
      return match !== null && first <= last && last <= 65_536;
    })
  );
}

function isAffinity(text: string): boolean {
  return text === "" || isIdList(text);
}

export const PROCESS_RULES: readonly Rule[] = [
  [
    "the version is 1.x.y",
    (c) => textOf(c, "ociVersion") !== "" && !isVersion(textOf(c, "ociVersion")),
  ],
  ["the root has a path", (c) => textOf(c, "root", "path") === ""],
  ["annotations have names", (c) => keysOf(c, "annotations").includes("")],
  ["a hostname has a namespace", (c) => !isHostName(c, "hostname")],
  ["a domainname has a namespace", (c) => !isHostName(c, "domainname")],
  ["a hostname is short", (c) => bytesOf(textOf(c, "hostname")) > LONGEST_HOST_NAME],
  ["a domainname is short", (c) => bytesOf(textOf(c, "domainname")) > LONGEST_HOST_NAME],
  ["there is a program", (c) => textsOf(c, "process", "args").length === 0],
  ["arguments are short", (c) => textsOf(c, "process", "args").some(tooLong)],
  ["variables are variables", (c) => !textsOf(c, "process", "env").every(isVariable)],
  ["the directory is absolute", (c) => !textOf(c, "process", "cwd").startsWith("/")],
  [
    "soft limits are not above hard ones",
    (c) => rlimits(c).some((one) => numberOf(one, "soft") > numberOf(one, "hard")),
  ],
  [
    "nice is -20 to 19",
    (c) =>
      ["SCHED_OTHER", "SCHED_BATCH"].includes(textOf(scheduler(c), "policy")) &&
      (numberOf(scheduler(c), "nice") < -20n || numberOf(scheduler(c), "nice") > 19n),
  ],
  [
    "priorities are real-time",
    (c) =>
      numberOf(scheduler(c), "priority") !== 0n &&
      !["SCHED_FIFO", "SCHED_RR"].includes(textOf(scheduler(c), "policy")),
  ],
  [
    "only deadlines have times",
    (c) =>
      textOf(scheduler(c), "policy") !== "SCHED_DEADLINE" &&
      ["runtime", "deadline", "period"].some((name) => numberOf(scheduler(c), name) !== 0n),
  ],
  [
    "I/O priorities are 0 to 7",
    (c) => {
      const priority = numberOf(c, "process", "ioPriority", "priority");
      return priority < 0n || priority > 7n;
    },
  ],
  [
    "affinities are lists",
    (c) =>
      ["initial", "final"].some(
        (name) => !isAffinity(textOf(c, "process", "execCPUAffinity", name)),
      ),
  ],
  ["hooks are absolute", (c) => hooks(c).some((hook) => !textOf(hook, "path").startsWith("/"))],
];
