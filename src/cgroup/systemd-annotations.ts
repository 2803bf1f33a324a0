// SPDX-License-Identifier: Apache-2.0
// Annotations `org.systemd.property.<Name>`, with which a configuration sets properties of its unit. Whoever may annotate a pod
// would be root on the host if every property were let through (CVE-2024-3154): only a few harmless ones are. Pure.

import { SpecError } from "../base/errors.ts";
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
  const isSeconds = given.endsWith("Sec") && !given.endsWith("USec");
  const name = isSeconds ? `${given.slice(0, -"Sec".length)}USec` : given;
  const type = ALLOWED.get(name);
  if (type === undefined) {
    throw new SpecError(path, `systemd property "${given}" can't be set by an annotation`);
  }
  const invalid = new SpecError(path, `invalid value ${JSON.stringify(text)} for "${given}"`);
  if (type !== "time") {
    // GVariant text: a string in quotes of either kind.
    const word = /^(['"])(.*)\1$/.exec(text)?.[2];
    if (word === undefined || !type.includes(word)) throw invalid;
    return [name, { signature: "s", value: word }];
  }
  const number = /^(?:(?:u?int(?:16|32|64)|double) )?(\d{1,15}(?:\.\d{1,6})?)$/.exec(text)?.[1];
  if (number === undefined || (!isSeconds && number.includes("."))) throw invalid;
  const value = BigInt(Math.round(Number(number) * (isSeconds ? MICROSECONDS : 1)));
  // What is longer would become something short.
  if (value > LONGEST) throw invalid;
  return [name, { signature: "t", value }];
}
