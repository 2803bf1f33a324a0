// SPDX-License-Identifier: Apache-2.0
// A container's root looks into a process that joins it (CVE-2016-9962). The process is held at one op after the other, so
// that the attacker has all the time of the world; in the controls it has what it was robbed of then.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Op } from "../../plan/ops.ts";
import { O_DIRECTORY, O_PATH } from "../../sys/constants.ts";
import { open } from "../../sys/fd.ts";
import { mkfifo } from "../../sys/proc.ts";
import { attackSandbox } from "../testing/attack.ts";
import { NO_STDIO, readAll, type Sandbox } from "../testing/sandbox.ts";
import {
  holdBefore,
  interpose,
  leak,
  together,
  type Weakening,
  without,
} from "../testing/weaken.ts";
import type { LiveContainer } from "../types.ts";

/**
 * Waits for a process that runs from the memory file of init (or looks as if), tries what a debugger would, and lets it go on.
 * Not for ever: a test that was killed leaves no loop.
 */
const SPY = `n=0; while [ $n -lt 2000 ]; do n=$((n+1)); sleep 0.01; for p in /proc/[0-9]*; do
  read -r name < $p/comm || continue
  case $name in memfd:*|tsrunc-init|[0-9]*) ;; *) continue;; esac
  echo end > /gate
  echo "caps $(grep CapEff $p/status)"
  readlink $p/exe > /dev/null && echo saw exe
  head -c 1 $p/environ > /dev/null && echo saw environ
  dd if=$p/mem bs=1 count=0 && echo saw mem
  for fd in $p/fd/*; do readlink $fd > /dev/null && echo "saw $(readlink $fd)"; cat $fd/secret; done
  echo end > /gate2; sleep 100
done; done 2> /dev/null`;

const SECRET = "a secret of the host";

/** Ops of an init that has its own root already. */
const AFTER_PIVOT: readonly Op["op"][] = ["set_uid", "set_caps", "find_exec"];

interface Look {
  /** What joins: an exec, or the init of another container that shares the pid namespace. */
  readonly joins?: "exec" | "init";
  /** Of the attacker, and of the process that joins: what it has to show in the end. */
  readonly capabilities: readonly string[];
  readonly heldBefore: Op["op"];
  readonly weaken?: Weakening;
  /** Whether the process has a directory of the host open, by mistake. */
  readonly leaks?: boolean;
}

/** What the attacker sees of who joins its pid namespace. */
async function look(options: Look): Promise<string> {
  const { capabilities, heldBefore, weaken, leaks = true, joins = "exec" } = options;
  await using sandbox = attackSandbox();
  const gate = join(sandbox.root, "rootfs/gate");
  for (const path of [gate, `${gate}2`]) mkfifo(path, 0o666);
  const outside = join(sandbox.root, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), `${SECRET}\n`);
  const sets = { bounding: capabilities, permitted: capabilities, effective: capabilities };
  const { path, reader } = sandbox.client("out");
  sandbox.writeConfig(SPY, { process: { capabilities: sets } });
  const container = await sandbox.create({ stdio: { ...NO_STDIO, stdout: path } });
  await container.start();
  using directory = open(outside, O_PATH | O_DIRECTORY);
  // Before the root filesystem is the root an init finds the gate where the host has it.
  const place = joins === "exec" || AFTER_PIVOT.includes(heldBefore) ? "/gate" : gate;
  const hold = holdBefore(heldBefore, place);
  using _ = interpose({
    weaken: together(hold, leaks ? leak(directory) : together(), weaken ?? together()),
  });
  await (joins === "exec" ? joinAsExec : joinAsInit)(sandbox, container, sets);
  container.signal(9);
  await container.exited;
  return readAll(reader);
}

async function joinAsExec(
  sandbox: Sandbox,
  container: LiveContainer,
  capabilities: object,
): Promise<void> {
  const options = sandbox.exec("");
  const process = { ...(options.process as object), args: ["true"], capabilities };
  const exec = await container.exec({ ...options, process });
  await exec.exited;
  exec.stdio.close();
}

async function joinAsInit(
  sandbox: Sandbox,
  container: LiveContainer,
  capabilities: object,
): Promise<void> {
  const types = ["mount", "ipc", "uts", "network", "cgroup"].map((type) => ({ type }));
  const namespaces = [...types, { type: "pid", path: `/proc/${container.pid}/ns/pid` }];
  const process = { args: ["true"], capabilities };
  sandbox.writeConfig("", { process, linux: { namespaces } });
  const other = await sandbox.create({ id: `${sandbox.id}-other` });
  await other.start();
  await other.exited;
}

const DEFAULT = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_MKNOD",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
  "CAP_AUDIT_WRITE",
];

/** Places from the first moment inside to the last one. */
const PLACES: Readonly<Record<NonNullable<Look["joins"]>, readonly Op["op"][]>> = {
  exec: ["setsid", "umask", "set_uid", "set_caps", "find_exec"],
  init: ["setsid", "send_fd", "pivot_root", "set_uid", "set_caps", "find_exec"],
};

for (const joins of ["exec", "init"] as const) {
  for (const heldBefore of PLACES[joins]) {
    test(`root of a container sees nothing of a process that joins it as ${joins}, held before ${heldBefore}`, async () => {
      const seen = await look({ joins, capabilities: DEFAULT, heldBefore });
      assert.match(seen, /^caps CapEff:\t[0-9a-f]{16}\n$/);
    });
  }

  test(`control: root of a container looks into a process that joins it as ${joins}, without set_dumpable`, async () => {
    const weaken = without("set_dumpable");
    const seen = await look({ joins, capabilities: DEFAULT, heldBefore: "find_exec", weaken });
    for (const thing of ["exe", "environ", "mem", "/.*/outside"]) {
      assert.match(seen, new RegExp(`^saw ${thing}$`, "m"));
    }
    assert.match(seen, new RegExp(`^${SECRET}$`, "m"));
  });
}

/** As the set of capabilities says: from before the namespaces are joined to the change of user it has all. */
const EVERYTHING = /caps CapEff:\t[0-9a-f]*[1-9a-f][0-9a-f]{9}\n/;
const DEBUGGER = [...DEFAULT, "CAP_SYS_PTRACE"];

test("limit: with CAP_SYS_PTRACE a process that joins can be looked into while it has all capabilities, yet holds nothing of the host", async () => {
  const seen = await look({ capabilities: DEBUGGER, heldBefore: "set_caps", leaks: false });
  assert.match(seen, EVERYTHING);
  assert.match(seen, /^saw mem$/m);
  const links = [...seen.matchAll(/^saw (\S+)$/gm)].map(([, link = ""]) => link);
  const files = links.filter((link) => !["exe", "environ", "mem"].includes(link));
  const own = /^(?:\/dev\/null|\/|socket:\[\d+\]|pipe:\[\d+\]|\/proc|\/gate2?)$/;
  assert.deepEqual(
    files.filter((link) => !own.test(link)),
    [],
  );
  assert.ok(files.length > 2);
});

test("control: with CAP_SYS_PTRACE what a process that joins holds of the host would be taken", async () => {
  const seen = await look({ capabilities: DEBUGGER, heldBefore: "set_caps" });
  assert.match(seen, new RegExp(`^${SECRET}$`, "m"));
});
