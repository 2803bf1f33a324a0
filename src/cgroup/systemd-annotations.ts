// SPDX-License-Identifier: Apache-2.0
// Annotations `org.systemd.property.<Name>`, with which a configuration sets properties of its unit. Whoever may annotate a pod
// would be root on the host if every property were let through (CVE-2024-3154): only a few harmless ones are. Pure.

import { SpecError } from "../base/errors.ts";
import type { DbusValue } from "../sys/sd-bus-message.ts";
import type { UnitProperty } from "./systemd-properties.ts";

const PREFIX = "org.systemd.property.";

/** Name -> type. A name that ends in "Sec" is given in seconds and becomes its "USec". */
const ALLOWED: ReadonlyMap<string, "time" | readonly string[]> = new Map<
  string,
  "time" | readonly string[]
>([
  ["CollectMode", ["inactive", "inactive-or-failed"]],
  ["RuntimeMaxUSec", "time"],
  ["TimeoutStopUSec", "time"],
]);

const SHORTEST_NAME = 3;
const MICROSECONDS = 1_000_000;
/** Of a D-Bus number; systemd takes it for "infinity". */
const LONGEST = 2n ** 64n - 1n;

/** The properties that annotations ask for. SpecError for any that is not allowed, or a value that does not fit. */
export function toAnnotatedProperties(annotations: ReadonlyMap<string, string>): UnitProperty[] {
  return [...annotations]
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, value]) => toProperty(key, value));
}

function toProperty(key: string, text: string): UnitProperty {
  const path = `annotations[${JSON.stringify(key)}]`;
  const given = key.slice(PREFIX.length);
  const problem = nameProblem(given);
  if (problem !== undefined) {
    throw new SpecError(path, `annotation ${key} name incorrect: ${problem}`);
  }
  const isSeconds = given.endsWith("Sec") && !given.endsWith("USec");
  const name = isSeconds ? `${given.slice(0, -"Sec".length)}USec` : given;
  const type = ALLOWED.get(name);
  if (type === undefined) {
    throw new SpecError(path, `systemd property "${given}" can't be set by an annotation`);
  }
  const value = type === "time" ? toMicroseconds(text, isSeconds) : toWord(text, type);
  if (value !== undefined) return [name, value];
  const wanted = type === "time" ? "a length of time" : type.join(" or ");
  throw new SpecError(
    path,
    `annotation ${key}=${text} value parse error: invalid value ${JSON.stringify(text)}, not ${wanted}`,
  );
}

/** No property of systemd is called otherwise. */
function nameProblem(name: string): string | undefined {
  if (name.length < SHORTEST_NAME) return "too short";
  return /^[A-Za-z]+$/.test(name) ? undefined : "contains non-alphabetic character";
}

/** GVariant text: a string in quotes of either kind. */
function toWord(text: string, words: readonly string[]): DbusValue | undefined {
  const word = /^(['"])(.*)\1$/.exec(text)?.[2];
  return word !== undefined && words.includes(word) ? { signature: "s", value: word } : undefined;
}

/** GVariant text: a number, with or without its type. */
function toMicroseconds(text: string, isSeconds: boolean): DbusValue | undefined {
  const number = /^(?:(?:u?int(?:16|32|64)|double) )?(\d{1,15}(?:\.\d{1,6})?)$/.exec(text)?.[1];
  if (number === undefined || (!isSeconds && number.includes("."))) return undefined;
  const value = BigInt(Math.round(Number(number) * (isSeconds ? MICROSECONDS : 1)));
  // What is longer would become something short.
  return value > LONGEST ? undefined : { signature: "t", value };
}
