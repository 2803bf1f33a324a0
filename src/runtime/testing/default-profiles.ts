// SPDX-License-Identifier: Apache-2.0
// Compares a filter with its profile, call by call: what the interpreter says of the one, and the specification's words of the
// other. For tests, with any version of libseccomp.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../oci/json.ts";
import { parseSeccomp, type SeccompCondition, type SeccompProfile } from "../../oci/seccomp.ts";
import type { Libseccomp } from "../../sys/libseccomp.ts";
import { MAX_FILTER_BYTES, makeFilter } from "../seccomp-filter.ts";
import { runFilter, type SyscallData } from "./classic-bpf.ts";

const X86_64 = 0xc000_003e;
const I386 = 0x4000_0003;
const MIPS = 8;
const KILL_THREAD = 0;
const ENOSYS = 0x0005_0026;

/** libseccomp's names of the architectures of x86 profiles, and the kernel's numbers. */
const ARCHITECTURES = [
  ["x86_64", X86_64],
  ["x86", I386],
  ["x32", X86_64],
] as const;

/** Configurations of clients in oci/testdata, with their default profiles. */
export const PROFILES = ["seccomp", "ctr-2.1-seccomp", "docker-20.10", "docker-26", "docker-28"];

/** linux.seccomp of one of `PROFILES`, as it is. */
export function loadSeccomp(name: string): unknown {
  const text = readFileSync(join(import.meta.dirname, `../../oci/testdata/${name}.json`), "utf8");
  return (parseJson(text) as { linux: { seccomp: unknown } }).linux.seccomp;
}

/** linux.seccomp, parsed. */
export function toProfile(seccomp: unknown): SeccompProfile {
  const parsed = parseSeccomp({ path: "linux", fields: { seccomp } }, () => undefined);
  assert.ok(parsed);
  return parsed.profile;
}

/** Fails unless the filter of one of `PROFILES` does with every system call what the profile says. */
export function checkDefaultProfile(library: Libseccomp, fixture: string): void {
  const profile = toProfile(loadSeccomp(fixture));
  const { filter } = makeFilter(library, profile);
  assert.ok(filter.byteLength <= MAX_FILTER_BYTES);
  let count = 0;
  for (const architecture of ARCHITECTURES) {
    for (const { name, call } of calls(library, profile, architecture)) {
      const [argument] = call.args ?? [];
      const what = `${architecture[0]} ${name}(${argument})`;
      assert.equal(runFilter(filter, call), expectedAction(profile, name, call.args ?? []), what);
      count += 1;
    }
  }
  assert.ok(count > 1500, `${count} calls`);
  assert.equal(runFilter(filter, { nr: 1000, arch: X86_64 }), ENOSYS);
  assert.equal(runFilter(filter, { nr: 1, arch: MIPS }), KILL_THREAD);
}

/** What a profile says of a call, by the specification's words alone. */
function expectedAction(profile: SeccompProfile, name: string, args: readonly bigint[]): number {
  const matching = profile.rules.find(
    ({ names, conditions }) =>
      names.includes(name) && conditions.every((condition) => isTrue(condition, args)),
  );
  return matching?.action ?? profile.defaultAction;
}

function isTrue(condition: SeccompCondition, args: readonly bigint[]): boolean {
  const { index, operator, value, valueTwo } = condition;
  const argument = args[index] ?? 0n;
  if (operator === 1) return argument !== value;
  if (operator === 4) return argument === value;
  assert.equal(operator, 7, "the default profiles have no other operator");
  return (argument & value) === valueTwo;
}

/** Arguments that make conditions of a call true and false. */
function interestingArguments(profile: SeccompProfile, name: string): readonly bigint[] {
  const conditions = profile.rules
    .filter(({ names }) => names.includes(name))
    .flatMap((rule) => rule.conditions);
  return [0n, 1n, ...conditions.flatMap(({ value }) => [value, value ^ 1n, value + 1n])];
}

/** On 32-bit x86 libseccomp also filters what goes through socketcall(2), by its own argument. */
const MULTIPLEXED = ["socketcall", "ipc"];

/** Every call that libseccomp knows of an architecture, in any argument that a rule looks at. */
function* calls(
  library: Libseccomp,
  profile: SeccompProfile,
  [architecture, arch]: readonly [name: string, arch: number],
): Generator<{ readonly name: string; readonly call: SyscallData }> {
  const token = library.architecture(architecture);
  assert.ok(token !== undefined);
  const names = new Set(profile.rules.flatMap((rule) => rule.names));
  for (const denied of ["mount", "kexec_load", "bpf", "unshare", "reboot", "swapon"]) {
    names.add(denied);
  }
  for (const name of names) {
    const nr = library.syscallNumber(token, name);
    if (nr === undefined || nr < 0 || MULTIPLEXED.includes(name)) continue;
    for (const argument of interestingArguments(profile, name)) {
      // Of the others, x32 too, libseccomp compares 32 bits.
      if (architecture !== "x86_64" && argument >= 2n ** 32n) continue;
      yield { name, call: { nr, arch, args: [argument] } };
    }
  }
}
