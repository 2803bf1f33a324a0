// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { O_DIRECTORY, O_NONBLOCK, O_PATH, O_RDONLY } from "../sys/constants.ts";
import { open } from "../sys/fd.ts";
import { mkfifo } from "../sys/proc.ts";
import { findHome, homeDirectory } from "./passwd.ts";

const PASSWD = [
  "root:x:0:0:root:/root:/bin/sh",
  "1000:x:0:0:a user named like a uid:/wrong:/bin/sh",
  "broken line",
  "app:x:1000:1000::/home/app:/bin/sh",
  "later:x:1000:1000::/home/later:/bin/sh",
  "homeless:x:7:7:::/bin/sh",
].join("\n");

for (const [name, uid, expected] of [
  ["the superuser", 0, "/root"],
  ["a user by uid, never by a name that looks like one", 1000, "/home/app"],
  ["nobody", 4242, undefined],
  ["a user with an empty home", 7, undefined],
] as const) {
  test(`findHome finds ${name}`, () => {
    assert.equal(findHome(PASSWD, uid), expected);
  });
}

function withRoot(prepare: (root: string) => void, check: (home: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "tsrunc-passwd-"));
  try {
    mkdirSync(join(root, "etc"));
    prepare(root);
    using fd = open(root, O_PATH | O_DIRECTORY);
    check(homeDirectory(fd, 1000));
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("homeDirectory reads the passwd below the container's root", () => {
  withRoot(
    (root) => writeFileSync(join(root, "etc/passwd"), PASSWD),
    (home) => assert.equal(home, "/home/app"),
  );
});

test("homeDirectory follows a symlink only inside the container's root", () => {
  withRoot(
    (root) => {
      symlinkSync("/passwd", join(root, "etc/passwd"));
      writeFileSync(join(root, "passwd"), PASSWD);
    },
    (home) => assert.equal(home, "/home/app"),
  );
});

test("a passwd that is a FIFO neither blocks nor counts", () => {
  withRoot(
    (root) => mkfifo(join(root, "etc/passwd"), 0o600),
    (home) => assert.equal(home, "/"),
  );
});

test("a passwd that is no regular file is not even opened", async () => {
  const root = mkdtempSync(join(tmpdir(), "tsrunc-passwd-"));
  try {
    mkdirSync(join(root, "etc"));
    const path = join(root, "etc/passwd");
    mkfifo(path, 0o600);
    // Blocks in a thread of Node's until somebody opens the other end.
    let isOpened = false;
    const writer = openFile(path, "w").then((handle) => {
      isOpened = true;
      return handle.close();
    });
    await sleep(50);
    {
      using fd = open(root, O_PATH | O_DIRECTORY);
      assert.equal(homeDirectory(fd, 1000), "/");
    }
    await sleep(50);
    assert.equal(isOpened, false);
    open(path, O_RDONLY | O_NONBLOCK).close();
    await writer;
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a home that can't be in an environment is none", () => {
  assert.equal(findHome("app:x:1000:1000::/a\0b:/bin/sh", 1000), undefined);
});

test("a container without a passwd gets / as home", () => {
  withRoot(
    () => {},
    (home) => assert.equal(home, "/"),
  );
});
