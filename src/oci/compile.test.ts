// SPDX-License-Identifier: Apache-2.0
// The order of a plan, and what of it depends on the call.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProgram } from "../plan/format.ts";
import { compileContainer } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import { parseSpec } from "./parse.ts";
import { changed, OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";

test("the order in a container is that of the design", () => {
  const spec = specWith({
    hostname: "box",
    domainname: "example",
    process: {
      terminal: true,
      noNewPrivileges: true,
      capabilities: {},
      cwd: "/work",
      oomScoreAdj: 5,
    },
    root: { readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["ro"] },
    ],
    linux: {
      namespaces: [{ type: "mount" }, { type: "uts" }, { type: "network" }],
      maskedPaths: ["/proc/kcore"],
      readonlyPaths: ["/proc/sys"],
    },
  });
  const compiled = compileContainer(spec, V1_HOST, OPTIONS);
  const finish = compiled.finish(undefined).ops.map(({ op }) => op);
  assert.deepEqual(finish, [
    "pivot_root",
    "open_null",
    "mkdir_all",
    "close",
    "console",
    "mount_attr",
    "close",
    "mount_attr",
    "umask",
    "sethostname",
    "setdomainname",
    "readonly_path",
    "mask_path",
    "close",
    "close",
    "close",
    "no_new_privs",
    "open",
    "chdir",
    "drop_bounding",
    "keep_caps",
    "fchown",
    "fchown",
    "fchown",
    "set_groups",
    "set_gid",
    "set_uid",
    "set_dumpable",
    "chdir",
    "close",
    "check_cwd",
    "keep_caps",
    "set_caps",
    "set_ambient",
    "find_exec",
    "ready",
    "fifo_wait",
    "close_from",
    "exec",
  ]);
  const prepare = compiled.prepare.ops.map(({ op }) => op);
  assert.deepEqual(prepare.slice(0, 5), [
    "setsid",
    "session_keyring",
    "loopback_up",
    "umask",
    "open",
  ]);
});

const NO_PIVOT = { ...OPTIONS, noPivot: true, hostProcMounts: ["/proc", "/sys", "/mnt/proc"] };

test("without pivot_root the host's complete procfs and sysfs go, and the root is moved over the host's", () => {
  const { ops } = compileContainer(specWith({}), V1_HOST, NO_PIVOT).finish("/");
  const start = ops.findIndex((op) => op.op === "open" && op.out === "host");
  const text = formatProgram({ inputs: [], ops: ops.slice(start, start + 14) }).split("\n");
  assert.deepEqual(
    text.filter((line) => line.startsWith("resolve")).map((line) => /path="(.*?)"/.exec(line)?.[1]),
    ["/mnt/proc", "/sys", "/proc"],
  );
  assert.deepEqual(text.map((line) => line.split(" ")[0]).slice(7), [
    "resolve",
    "set_propagation",
    "unmount",
    "set_propagation",
    "attach",
    "chroot",
    "close",
    "",
  ]);
  assert.equal(text[10], "set_propagation fd=host propagation=SLAVE recursive=0");
  assert.ok(!ops.some(({ op }) => op === "pivot_root"));
});

test("a private root is not moved: what the host unmounts would stay busy", () => {
  for (const rootfsPropagation of ["private", "rprivate"]) {
    const spec = specWith({ linux: { rootfsPropagation } });
    assert.throws(() => compileContainer(spec, V1_HOST, NO_PIVOT), {
      path: "linux.rootfsPropagation",
      message: "rootfsPropagation of [r]private is not safe without pivot_root",
    });
  }
});

/** The changes of propagation with rootfsPropagation `word`: of the host's copy, of the root's parent, of the root. */
function propagationOf(word: string): readonly string[] {
  const spec = specWith({ linux: { rootfsPropagation: word } });
  const compiled = compileContainer(spec, V1_HOST, OPTIONS);
  const ops = [...compiled.prepare.ops, ...compiled.finish("/").ops];
  const text = formatProgram({ inputs: [], ops }).split("\n");
  return text
    .filter((line) => line.startsWith("set_propagation"))
    .map((line) => line.slice("set_propagation ".length));
}

test("mounts follow the host and send nothing back unless the root is to be shared", () => {
  const slave = "fd=host propagation=SLAVE recursive=1";
  assert.deepEqual(propagationOf(""), [slave]);
  assert.deepEqual(propagationOf("slave"), [slave, "fd=root propagation=SLAVE recursive=0"]);
  assert.deepEqual(propagationOf("rslave"), [slave, "fd=root propagation=SLAVE recursive=1"]);
  const unbindable = "fd=root propagation=UNBINDABLE recursive=1";
  assert.deepEqual(propagationOf("runbindable"), [slave, unbindable]);
  assert.deepEqual(propagationOf("private"), ["fd=host propagation=PRIVATE recursive=1"]);
  assert.deepEqual(propagationOf("rshared"), [
    "fd=host propagation=SHARED recursive=1",
    "fd=target propagation=PRIVATE recursive=0",
    "fd=root propagation=SHARED recursive=1",
  ]);
});

test("the root goes to the runtime when HOME has to be looked up, and only then", () => {
  const sends = (env: readonly string[]): boolean => {
    const spec = parseSpec(changed({ process: { env } })).spec;
    const compiled = compileContainer(spec, V1_HOST, OPTIONS);
    const sent = compiled.prepare.ops.some((op) => op.op === "send_fd" && op.tag === 1);
    assert.equal(sent, compiled.process.needsHome);
    return sent;
  };
  assert.equal(sends(["HOME=/x"]), false);
  assert.equal(sends(["HOME="]), true);
  assert.equal(sends([]), true);
});

test("an exec takes oom score and umask of the container where it has none of its own", () => {
  const { process } = specWith({});
  const { execTarget } = compileContainer(specWith({}), V1_HOST, OPTIONS);
  const target = { ...execTarget, nullStdio: [], umask: 0o27, oomScoreAdj: 7 };
  const compiled = compileExec(process, target, V1_HOST);
  const text = new TextEncoder();
  const writes = compiled.enter(0).ops.flatMap((op) => (op.op === "write" ? [op.data] : []));
  assert.deepEqual(writes, [text.encode("7")]);
  assert.ok(compiled.finish("/").ops.some((op) => op.op === "umask" && op.mask === 0o27));
  const own = specWith({ process: { oomScoreAdj: -3, user: { umask: 0o77 } } }).process;
  const other = compileExec(own, target, V1_HOST);
  assert.ok(other.enter(0).ops.some((op) => op.op === "write" && op.why.endsWith("-3")));
  assert.ok(other.finish("/").ops.some((op) => op.op === "umask" && op.mask === 0o77));
});

test("a container that says nothing about capabilities has none", () => {
  const { ops } = compileContainer(specWith({}), V1_HOST, OPTIONS).finish("/");
  assert.ok(ops.some((op) => op.op === "drop_bounding" && op.keep === 0n));
  const set = ops.find((op) => op.op === "set_caps");
  assert.ok(set?.op === "set_caps");
  assert.deepEqual([set.effective, set.permitted, set.inheritable], [0n, 0n, 0n]);
});

test("of several limits of one type the last counts, as where a client appends its own to a default", () => {
  const limit = (type: string, soft: number): object => ({ type, soft, hard: soft });
  const nofile = (soft: number): object => limit("RLIMIT_NOFILE", soft);
  const softLimits = (...rlimits: readonly object[]): readonly (readonly [number, bigint])[] => {
    const compiled = compileContainer(specWith({ process: { rlimits } }), V1_HOST, OPTIONS);
    return compiled.process.rlimits.map(({ resource, soft }) => [resource, soft]);
  };
  assert.deepEqual(softLimits(nofile(10), limit("RLIMIT_CORE", 0), nofile(20)), [
    [4, 0n],
    [7, 20n],
  ]);
  assert.deepEqual(softLimits(nofile(1024), nofile(1024), nofile(1024)), [[7, 1024n]]);
});

test("an exec has the capabilities and limits of the container where it says nothing of its own", () => {
  const rlimits = [{ type: "RLIMIT_NOFILE", soft: 10, hard: 20 }];
  const spec = specWith({ process: { rlimits, capabilities: { bounding: ["CAP_CHOWN"] } } });
  const { execTarget } = compileContainer(spec, V1_HOST, OPTIONS);
  const target = { ...execTarget, nullStdio: [] };
  const bounding = (process: object): readonly bigint[] =>
    compileExec(specWith({ process }).process, target, V1_HOST)
      .finish("/")
      .ops.flatMap((op) => (op.op === "drop_bounding" ? [op.keep] : []));
  assert.deepEqual(bounding({}), [1n]);
  assert.deepEqual(bounding({ capabilities: {} }), [0n]);
  const limits = (process: object): readonly bigint[] =>
    compileExec(specWith({ process }).process, target, V1_HOST).process.rlimits.map(
      ({ soft }) => soft,
    );
  assert.deepEqual(limits({}), [10n]);
  assert.deepEqual(limits({ rlimits: [{ type: "RLIMIT_NOFILE", soft: 5, hard: 5 }] }), [5n]);
});
