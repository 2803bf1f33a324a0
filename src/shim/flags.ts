// SPDX-License-Identifier: Apache-2.0
// The command line as Go's flag package reads it, because that is what containerd writes: `-name value`, `--name value`,
// `-name=value`; flags end at the first argument that is not one. native/launcher/flags.c does the same.

import { TaskError } from "../base/errors.ts";

/** The command line of the shim; "" is not given. */
export interface ShimFlags {
  readonly debug: boolean;
  readonly version: boolean;
  readonly info: boolean;
  readonly namespace: string;
  readonly id: string;
  readonly socket: string;
  readonly debugSocket: string;
  readonly bundle: string;
  readonly address: string;
  readonly publishBinary: string;
  readonly action: string;
}

type Mutable = { -readonly [K in keyof ShimFlags]: ShimFlags[K] };
type BooleanName = "debug" | "version" | "info";
type TextName = Exclude<keyof ShimFlags, BooleanName | "action">;

const BOOLEANS = new Map<string, BooleanName>([
  ["debug", "debug"],
  ["v", "version"],
  ["version", "version"],
  ["info", "info"],
]);
const TEXTS = new Map<string, TextName>([
  ["namespace", "namespace"],
  ["id", "id"],
  ["socket", "socket"],
  ["debug-socket", "debugSocket"],
  ["bundle", "bundle"],
  ["address", "address"],
  ["publish-binary", "publishBinary"],
]);
const YES = ["1", "t", "T", "true", "TRUE", "True"];
const NO = ["0", "f", "F", "false", "FALSE", "False"];

/** Parses the arguments after the program's name. Throws TaskError invalid_argument with the words of Go's package. */
export function parseFlags(args: readonly string[]): ShimFlags {
  const flags: Mutable = {
    debug: false,
    version: false,
    info: false,
    namespace: "",
    id: "",
    socket: "",
    debugSocket: "",
    bundle: "",
    address: "",
    publishBinary: "",
    action: "",
  };
  const rest = [...args];
  while (rest[0]?.startsWith("-") === true && rest[0] !== "-") {
    if (rest[0] === "--") {
      rest.shift();
      break;
    }
    takeFlag(flags, rest);
  }
  flags.action = rest[0] ?? "";
  return flags;
}

/** Takes one flag, with its value, off the front of `rest`. */
function takeFlag(flags: Mutable, rest: string[]): void {
  const argument = rest.shift() ?? "";
  const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument);
  if (match === null) throw invalid(`bad flag syntax: ${argument}`);
  const [, name = "", value] = match;
  const boolean = BOOLEANS.get(name);
  const text = TEXTS.get(name);
  if (boolean !== undefined) flags[boolean] = parseBoolean(name, value ?? "true");
  else if (text !== undefined) flags[text] = value ?? takeValue(name, rest);
  else throw invalid(`flag provided but not defined: -${name}`);
}

function takeValue(name: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) throw invalid(`flag needs an argument: -${name}`);
  return value;
}

function parseBoolean(name: string, value: string): boolean {
  if (YES.includes(value)) return true;
  if (NO.includes(value)) return false;
  throw invalid(`invalid boolean value "${value}" for -${name}`);
}

function invalid(problem: string): TaskError {
  return new TaskError("invalid_argument", problem);
}
