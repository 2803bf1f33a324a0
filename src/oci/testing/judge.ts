// SPDX-License-Identifier: Apache-2.0
// Whether a configuration is valid, as the model of the specification sees it: types and ranges from model.ts, rules between
// fields from judge-*.ts. Written apart from the parsers: what it refuses must never become a plan.

import { MOUNT_RULES } from "./judge-mounts.ts";
import { NAMESPACE_RULES } from "./judge-namespaces.ts";
import { PROCESS_RULES } from "./judge-process.ts";
import { RESOURCE_RULES } from "./judge-resources.ts";
import type { Kind } from "./kinds.ts";
import { CONFIG } from "./model.ts";
import { valueAt, withValue } from "./places.ts";

/** What a valid configuration, whose types are right, must not be; the name says what is wrong. */
export type Rule = readonly [name: string, isBroken: (config: unknown) => boolean];

const RULES: readonly Rule[] = [
  ...PROCESS_RULES,
  ...MOUNT_RULES,
  ...NAMESPACE_RULES,
  ...RESOURCE_RULES,
];

/** What is wrong with a document; undefined: it is a valid configuration. */
export function judge(document: unknown): string | undefined {
  const config = withoutEmptyFilter(document);
  const typeProblem = wrongType(CONFIG, config, "");
  if (typeProblem !== undefined) return typeProblem;
  return RULES.find(([, isBroken]) => isBroken(config))?.[0];
}

/** A filter without an action and without rules is none, as in runc, whatever else is in it. */
function withoutEmptyFilter(document: unknown): unknown {
  const seccomp = valueAt(document, ["linux", "seccomp"]);
  const isEmpty = (value: unknown): boolean =>
    value === undefined ||
    value === null ||
    value === "" ||
    (Array.isArray(value) && value.length === 0);
  return isObject(seccomp) &&
    isEmpty(valueAt(seccomp, ["defaultAction"])) &&
    isEmpty(valueAt(seccomp, ["syscalls"]))
    ? withValue(document, ["linux", "seccomp"], undefined)
    : document;
}

function wrongType(kind: Kind, value: unknown, at: string): string | undefined {
  switch (kind.kind) {
    case "text":
      return isText(kind.words, value) ? undefined : at;
    case "boolean":
      return typeof value === "boolean" ? undefined : at;
    case "integer":
      return isInteger(value) && BigInt(value) >= kind.min && BigInt(value) <= kind.max
        ? undefined
        : at;
    case "list":
      return Array.isArray(value) ? wrongMember(value, () => kind.of, at) : at;
    case "map":
      return isObject(value) ? wrongMember(membersOf(kind, value), () => kind.of, at) : at;
    case "object":
      return isObject(value) ? wrongField(kind, value, at) : at;
    default:
      return kind satisfies never;
  }
}

function membersOf({ nullable }: Kind & { kind: "map" }, value: object): object {
  if (nullable !== true) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

function wrongField(
  kind: Kind & { kind: "object" },
  value: object,
  at: string,
): string | undefined {
  // null is the same as nothing.
  const given = Object.entries(value).filter(([, member]) => member !== null);
  const missing = kind.required.find((name) => !given.some(([given]) => given === name));
  if (missing !== undefined) return `${at}.${missing} is missing`;
  const known = given.filter(([name]) => Object.hasOwn(kind.fields, name));
  return wrongMember(Object.fromEntries(known), (name) => kind.fields[name], at);
}

function wrongMember(
  members: object,
  kindOf: (name: string) => Kind | undefined,
  at: string,
): string | undefined {
  for (const [name, member] of Object.entries(members) as [string, unknown][]) {
    const kind = kindOf(name);
    const problem = kind === undefined ? undefined : wrongType(kind, member, `${at}.${name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isText(words: readonly string[] | undefined, value: unknown): boolean {
  if (typeof value !== "string" || value.includes("\0")) return false;
  return words === undefined || words.includes(value);
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
