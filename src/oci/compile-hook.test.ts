// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProgram } from "../plan/format.ts";
import { compileContainer } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import { compileHooks, INIT_ROOT } from "./compile-hook.ts";
import type { CompiledHook, CompiledHooks, CompileOptions } from "./compiled.ts";
import { OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";

const HOOK = { path: "/bin/hook", args: ["hook", "-v"] };

function compile(patch: object, options: Partial<CompileOptions> = {}): CompiledHooks {
  const spec = specWith({ ...patch });
  const container = compileContainer(spec, V1_HOST, { ...OPTIONS, ...options });
  return compileHooks(spec, container, { ...OPTIONS, ...options, facts: V1_HOST });
}

function only(hooks: readonly CompiledHook[]): CompiledHook {
  const [hook, ...others] = hooks;
  assert.ok(hook !== undefined && others.length === 0);
  return hook;
}

test("a createContainer hook is root at the container's root, with nothing of the user's process", () => {
  const hook = only(
    compile({
      process: {
        user: { uid: 1000 },
        noNewPrivileges: true,
        rlimits: [{ type: "RLIMIT_CORE", soft: 0, hard: 0 }],
      },
      hooks: { createContainer: [HOOK] },
    }).createContainer,
  );
  assert.deepEqual(hook.process.rlimits, []);
  assert.equal(
    formatProgram(hook.finish(undefined)),
    `inputs stdin stdout stderr
dup2 fd=stdin target=0
close fd=stdin
dup2 fd=stdout target=1
close fd=stdout
dup2 fd=stderr target=2
close fd=stderr
setsid
session_keyring name="_ses.box" permissions=524288 tolerate ENOSYS
umask mask=022
chdir path="/bundle/rootfs"
find_exec candidates=["/bin/hook"]
close_from first=3
exec argv=["hook","-v"] env=[]
`,
  );
});

for (const noPivot of [false, true]) {
  const what = noPivot
    ? "where it has joined"
    : "where the root filesystem is, if it can get there";
  test(`in a user namespace a createContainer hook is ${what}, with the root that init has`, () => {
    const mapping = { containerID: 0, hostID: 100_000, size: 65_536 };
    const namespaces = ["mount", "pid", "user"].map((type) => ({ type }));
    const ids = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
    const hook = only(
      compile(
        {
          hooks: { createContainer: [HOOK] },
          linux: { namespaces, uidMappings: [mapping], gidMappings: [mapping] },
        },
        { noPivot, userNamespace: { uids: ids, gids: ids, setgroups: true } },
      ).createContainer,
    );
    const lines = formatProgram(hook.finish(undefined)).split("\n");
    assert.deepEqual(lines.slice(10, 15), [
      'open dir=cwd path="/" flags=O_PATH mode=0 out=root',
      "chroot root=init:root",
      noPivot
        ? "fchdir dir=root"
        : 'chdir path="/bundle/rootfs" tolerate EACCES otherwise fchdir dir=root',
      "close fd=root",
      "close fd=init:root",
    ]);
    assert.equal(lines[0], `inputs stdin stdout stderr ${INIT_ROOT}`);
  });
}

test("a startContainer hook is what an exec of the container's own process is, but for the program", () => {
  const process = {
    ...{ user: { uid: 1000, gid: 5, umask: 0o77, additionalGids: [6] }, noNewPrivileges: true },
    ...{ terminal: true, cwd: "/work", env: ["A=1"], oomScoreAdj: 7 },
    capabilities: { bounding: ["CAP_CHOWN"], effective: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"] },
    rlimits: [{ type: "RLIMIT_CORE", soft: 1, hard: 2 }],
  };
  const patch = { process, hooks: { startContainer: [HOOK] } };
  const hook = only(compile(patch).startContainer);
  const spec = specWith(patch);
  const container = compileContainer(spec, V1_HOST, OPTIONS);
  const exec = compileExec(
    { ...spec.process, terminal: false },
    { ...container.execTarget, nullStdio: [] },
    V1_HOST,
  );
  assert.deepEqual(hook.process, exec.process);
  assert.equal(formatProgram(hook.enter(2)), formatProgram(exec.enter(2)));
  const lines = (program: string): string[] => program.trimEnd().split("\n");
  const mine = lines(formatProgram(hook.finish("/home/x")));
  assert.deepEqual(mine.slice(-3), [
    'find_exec candidates=["/bin/hook"]',
    "close_from first=3",
    'exec argv=["hook","-v"] env=["A=1","HOME=/home/x"]',
  ]);
  const theirs = lines(formatProgram(exec.finish("/home/x")));
  assert.deepEqual(mine.slice(0, -3), theirs.slice(0, -3));
});

test("a hook with an environment of its own gets no HOME", () => {
  const { startContainer } = compile({
    process: { env: ["PATH=/bin"] },
    hooks: { startContainer: [{ ...HOOK, env: ["X=1"] }] },
  });
  assert.equal(only(startContainer).process.needsHome, false);
  const { ops } = only(startContainer).finish(undefined);
  const last = ops.at(-1);
  assert.deepEqual(last?.op === "exec" ? last.env : undefined, ["X=1"]);
});

test("what hooks are told is of the configuration and the call", () => {
  const { subject, prestart } = compile({ annotations: { a: "b" }, hooks: { prestart: [HOOK] } });
  assert.deepEqual(subject, {
    ociVersion: "1.2.0",
    id: "box",
    bundle: "/bundle",
    annotations: new Map([["a", "b"]]),
  });
  assert.equal(prestart[0]?.path, "/bin/hook");
});
