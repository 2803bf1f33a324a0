// SPDX-License-Identifier: Apache-2.0
// linux.personality: the execution domain, which on x86-64 is what uname(2) calls the machine.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import { fieldPath, readList, readSection, readText, type Section, toText } from "./fields.ts";

/** linux/personality.h */
const DOMAINS: ReadonlyMap<string, number> = new Map([
  ["LINUX", 0x00],
  ["LINUX32", 0x08],
]);

/** The kernel's number of the domain. The specification knows no flags: they are ignored with a warning, as in runc. */
export function parsePersonality(linux: Section, warn: (text: string) => void): number | undefined {
  const section = readSection(linux, "personality");
  if (section === undefined) return undefined;
  const name = readText(section, "domain") ?? "";
  const domain = DOMAINS.get(name);
  if (domain === undefined) {
    const path = fieldPath(section, "domain");
    throw new SpecError(path, `invalid personality domain ${name}`);
  }
  const flags = readList(section, "flags", toText);
  if (flags.length > 0) warn(`ignoring unsupported personality flags: [${flags.join(" ")}]`);
  return domain;
}

export function personalityOps(persona: number | undefined): Op[] {
  return persona === undefined
    ? []
    : [{ op: "set_personality", persona, why: "error setting personality" }];
}
