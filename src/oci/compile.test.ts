// SPDX-License-Identifier: Apache-2.0
// The order of a plan, and what of it depends on the call.

import assert from "node:assert/strict";
import { test } from "node:test";
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
    "resolve",
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

test("no_pivot_root is refused and not ignored", () => {
  assert.throws(
    () => compileContainer(specWith({}), V1_HOST, { ...OPTIONS, noPivot: true }),
    /no_pivot_root is not supported yet/,
  );
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
  const target = { namespaces: 0, nullStdio: [], umask: 0o27, oomScoreAdj: 7 };
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
