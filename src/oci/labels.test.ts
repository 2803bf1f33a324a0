// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProgram } from "../plan/format.ts";
import type { Program } from "../plan/ops.ts";
import { compileContainer } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import type { HostFacts } from "./compiled.ts";
import type { SecurityModule } from "./labels.ts";
import { parseProcess } from "./process.ts";
import { MINIMAL, OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";

const APPARMOR = hostWith("apparmor");
const SELINUX = hostWith("selinux");
const LABEL = "system_u:system_r:container_t:s0:c1,c2";

function hostWith(...securityModules: readonly SecurityModule[]): HostFacts {
  return { ...V1_HOST, securityModules };
}

/** The lines of a program that have one of these words, without their notes on failures. */
function lines(program: Program, words: RegExp): readonly string[] {
  return formatProgram(program)
    .split("\n")
    .filter((line) => words.test(line));
}

const WRITES = /write_proc|proc_self|fd=self/;

test("a label that the kernel has no use for is refused by its field", () => {
  const selinux = "selinux label is specified in config, but selinux is disabled or not supported";
  const apparmor =
    'unable to apply apparmor profile "own": apparmor: config provided but apparmor not supported';
  for (const [patch, path, message] of [
    [{ process: { selinuxLabel: LABEL } }, "process.selinuxLabel", selinux],
    [{ linux: { mountLabel: LABEL } }, "linux.mountLabel", selinux],
    [{ process: { apparmorProfile: "own" } }, "process.apparmorProfile", apparmor],
  ] as const) {
    const wrong = path === "process.apparmorProfile" ? SELINUX : APPARMOR;
    for (const facts of [V1_HOST, wrong]) {
      assert.throws(() => compileContainer(specWith(patch), facts, OPTIONS), { path, message });
    }
  }
});

test("nothing is asked of a kernel without AppArmor by no profile, an empty one and unconfined", () => {
  for (const apparmorProfile of [undefined, "", "unconfined"]) {
    const spec = specWith({ process: { apparmorProfile, selinuxLabel: "" } });
    const compiled = compileContainer(spec, V1_HOST, OPTIONS);
    assert.deepEqual(lines(compiled.finish("/"), WRITES), []);
  }
});

test("an AppArmor profile is written to the newer file, or to the one that modules share", () => {
  const spec = specWith({ process: { apparmorProfile: "unconfined" } });
  const compiled = compileContainer(spec, APPARMOR, OPTIONS);
  assert.deepEqual(lines(compiled.finish("/"), WRITES), [
    "proc_self proc=proc out=self",
    'write_proc dir=self path="attr/apparmor/exec" data="exec unconfined" tolerate ENOENT ' +
      'otherwise write_proc dir=self path="attr/exec" data="exec unconfined"',
    "close fd=self",
  ]);
});

test("a SELinux label is written for the program and, while they are made, for keys", () => {
  const compiled = compileContainer(
    specWith({ process: { selinuxLabel: LABEL, noNewPrivileges: true } }),
    SELINUX,
    OPTIONS,
  );
  const write = (file: string, label: string): string =>
    `write_proc dir=self path="attr/${file}" data="${label}"`;
  assert.deepEqual(lines(compiled.finish("/"), /write_proc|no_new_privs|set_uid/), [
    "no_new_privs",
    write("exec", LABEL),
    "set_uid uid=0",
  ]);
  assert.deepEqual(lines(compiled.prepare, /write_proc|session_keyring/), [
    `${write("keycreate", LABEL)} tolerate ENOENT`,
    'session_keyring name="_ses.box" permissions=524288 tolerate ENOSYS',
    `${write("keycreate", "")} tolerate ENOENT`,
  ]);
});

test("an exec has the labels of its container unless it brings its own", () => {
  const facts = hostWith("apparmor", "selinux");
  const spec = specWith({ process: { apparmorProfile: "box", selinuxLabel: LABEL } });
  const container = compileContainer(spec, facts, OPTIONS);
  const target = { ...container.execTarget, nullStdio: [] };
  const written = (patch: object): readonly string[] => {
    const process = parseProcess({ ...MINIMAL.process, ...patch }, "process");
    const all = lines(compileExec(process, target, facts).finish("/"), /attr\/exec/);
    return all.map((line) => /data="([^"]*)"/.exec(line)?.[1] ?? "");
  };
  assert.deepEqual(written({}), ["exec box", LABEL]);
  const own = { apparmorProfile: "own", selinuxLabel: "own_label" };
  assert.deepEqual(written(own), ["exec own", "own_label"]);
});

test("an exec is refused a label that the kernel has no use for", () => {
  const target = { ...compileContainer(specWith({}), V1_HOST, OPTIONS).execTarget, nullStdio: [] };
  const process = parseProcess({ ...MINIMAL.process, apparmorProfile: "own" }, "process");
  assert.throws(() => compileExec(process, target, V1_HOST), { path: "process.apparmorProfile" });
});

test("new filesystems have the label of mounts, but those that can't; a bind keeps its own", () => {
  const mounts = [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/sys", type: "sysfs", source: "sysfs" },
    { destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["size=1k"] },
    { destination: "/mq", type: "mqueue", source: "mqueue" },
    { destination: "/data", type: "none", source: "/data", options: ["bind"] },
    { destination: "/cg", type: "cgroup", source: "cgroup" },
  ];
  const linux = { mountLabel: LABEL, maskedPaths: ["/sys/firmware"] };
  const compiled = compileContainer(specWith({ mounts, linux }), SELINUX, OPTIONS);
  const labelled = lines(compiled.prepare, /context=/).map(
    (line) => /options=\[.*?\]/.exec(line)?.[0],
  );
  assert.deepEqual(labelled, [
    `options=["size=1k","context=${LABEL}"]`,
    `options=["mode=755","context=${LABEL}"]`,
  ]);
  assert.deepEqual(lines(compiled.prepare, /set_xattr/), [
    `set_xattr fd=target name="security.selinux" value="${LABEL}"`,
  ]);
  assert.match(lines(compiled.finish("/"), /mask_path/)[0] ?? "", /options=\["context=system_u:/);
});

test("in one string of options a label with commas is quoted", () => {
  const lower = Array.from({ length: 40 }, (_, index) => `/layers/number/${index}`).join(":");
  const mount = { destination: "/x", type: "overlay", source: "o", options: [`lowerdir=${lower}`] };
  const spec = specWith({ mounts: [mount], linux: { mountLabel: LABEL } });
  const [line = ""] = lines(compileContainer(spec, SELINUX, OPTIONS).prepare, /^mount type/);
  assert.ok(line.includes(`context=\\"${LABEL}\\"`), line);
});
