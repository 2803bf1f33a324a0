// SPDX-License-Identifier: Apache-2.0
// Who a program is and what it may: names that are numbers (CVE-2016-3697), capabilities that nobody asked for
// (CVE-2022-24769, CVE-2022-29162, CVE-2022-27650, CVE-2025-27612).

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { attackSandbox, runAttack, testAttack } from "../testing/attack.ts";
import { readAll } from "../testing/sandbox.ts";
import { interpose, rewrite, together, type Weakening } from "../testing/weaken.ts";

const STATUS = (fields: string): string =>
  `while read -r a b; do case $a in ${fields}) echo "$a" $b;; esac; done < /proc/self/status`;

testAttack({
  name: "a user whose name is a number does not become what the image says of it",
  prepare: (rootfs) => {
    writeFileSync(join(rootfs, "etc/passwd"), "1000:x:0:0::/wrong:/bin/sh\n");
    writeFileSync(join(rootfs, "etc/group"), "1000:x:0:\n");
  },
  script: `${STATUS("Uid:|Gid:|Groups:")}; echo $HOME`,
  changes: { process: { user: { uid: 1000, gid: 1000, additionalGids: [1000] } } },
  comesTo: /^Uid: 1000 1000 1000 1000\nGid: 1000 1000 1000 1000\nGroups: 1000\n\/\n$/,
  controls: [
    {
      without: "numbers that are never looked up",
      weaken: (sandbox) => (program) => {
        const passwd = readFileSync(join(sandbox.root, "rootfs/etc/passwd"), "utf8").split(":");
        return rewrite(program, (op) =>
          op.op === "set_uid" && String(op.uid) === passwd[0]
            ? [{ ...op, uid: Number(passwd[2]) }]
            : [op],
        );
      },
      comesTo: /^Uid: 0 0 0 0\n/,
    },
  ],
});

const names = ["CAP_CHOWN", "CAP_NET_RAW"];
const CAPABILITIES = { bounding: names, permitted: names, effective: names };

/** As root of a container was given them: what is permitted is inheritable, too. */
const inheritAll: Weakening = (program) =>
  rewrite(program, (op) =>
    op.op === "set_caps" ? [{ ...op, inheritable: op.permitted | op.inheritable }] : [op],
  );

/** What is inheritable can be raised by everybody, and reaches programs whose files ask for it. */
const raiseAll: Weakening = (program) =>
  rewrite(program, (op) => (op.op === "set_ambient" ? [{ ...op, mask: 0x2001n }] : [op]));

testAttack({
  name: "capabilities are not inheritable unless the configuration says so",
  script: STATUS("Cap*"),
  changes: { process: { capabilities: CAPABILITIES } },
  comesTo:
    /^CapInh: 0{16}\nCapPrm: 0{12}2001\nCapEff: 0{12}2001\nCapBnd: 0{12}2001\nCapAmb: 0{16}\n$/,
  controls: [
    {
      without: "an own set of inheritable ones",
      weaken: () => inheritAll,
      comesTo: /^CapInh: 0{12}2001\n/,
    },
  ],
});

testAttack({
  name: "a user who is not root gets no capability by the way of inheritance",
  script: STATUS("Cap*"),
  changes: { process: { capabilities: CAPABILITIES, user: { uid: 1000, gid: 1000 } } },
  comesTo: /^CapInh: 0{16}\nCapPrm: 0{16}\nCapEff: 0{16}\nCapBnd: 0{12}2001\nCapAmb: 0{16}\n$/,
  controls: [
    {
      without: "an own set of inheritable ones",
      weaken: () => together(inheritAll, raiseAll),
      comesTo: /\nCapEff: 0{12}2001\n/,
    },
  ],
});

/** The capabilities of an exec whose process names some, but none as inheritable. */
async function ofExec(weaken?: Weakening): Promise<string> {
  await using sandbox = attackSandbox();
  sandbox.writeConfig("sleep 100", { process: { capabilities: CAPABILITIES } });
  const container = await sandbox.create();
  await container.start();
  const { path, reader } = sandbox.client("out");
  using _ = interpose({ weaken });
  const options = sandbox.exec(STATUS("Cap*"), { stdout: path });
  const process = { ...(options.process as object), capabilities: CAPABILITIES };
  const exec = await container.exec({ ...options, process });
  const output = await readAll(reader);
  await exec.exited;
  exec.stdio.close();
  return output;
}

test("an exec that names capabilities inherits none", async () => {
  assert.match(await ofExec(), /^CapInh: 0{16}\n/);
});

test("control: an exec that names capabilities inherits them, without an own set of inheritable ones", async () => {
  assert.match(await ofExec(inheritAll), /^CapInh: 0{12}2001\n/);
});

const SILENT = {
  name: "a configuration that says nothing of capabilities gives none",
  script: STATUS("Cap*"),
};

test(SILENT.name, async () => {
  await using sandbox = attackSandbox();
  const output = await runAttack(sandbox, SILENT.script);
  assert.match(output, /^(?:Cap...: 0{16}\n){5}$/);
});

test(`control: ${SILENT.name}, without drop_bounding and set_caps`, async () => {
  await using sandbox = attackSandbox();
  using _ = interpose({
    weaken: (program) =>
      rewrite(program, (op) => (["drop_bounding", "set_caps"].includes(op.op) ? [] : [op])),
  });
  const output = await runAttack(sandbox, SILENT.script);
  assert.match(output, /\nCapEff: 0{5}[1-9a-f]/);
});
