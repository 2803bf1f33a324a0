// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";
import { SysError } from "../base/errors.ts";
import { errnoName, errnoNumber, errnoText, sysError } from "./errno.ts";

test("every errno that Node knows has the same number here", () => {
  for (const [name, number] of Object.entries(constants.errno)) {
    assert.equal(errnoNumber(name), number, name);
  }
});

test("a name and its number lead to each other", () => {
  assert.equal(errnoName(2), "ENOENT");
  assert.equal(errnoNumber("ENOENT"), 2);
  assert.equal(errnoName(11), "EAGAIN");
  assert.equal(errnoNumber("EWOULDBLOCK"), 11);
  assert.equal(errnoNumber("ENOTSUP"), errnoNumber("EOPNOTSUPP"));
});

test("texts are strerror's with a lower-case first letter", () => {
  assert.equal(errnoText(2), "no such file or directory");
  assert.equal(errnoText(5), "input/output error");
  assert.equal(errnoText(18), "invalid cross-device link");
  assert.equal(errnoText(119), "no XENIX semaphores available");
});

test("a number that Linux does not have still has a name and a text", () => {
  assert.equal(errnoName(4000), "E4000");
  assert.equal(errnoText(4000), "errno 4000");
});

test("an unknown name is a RangeError", () => {
  assert.throws(() => errnoNumber("ENOPE"), RangeError);
});

test("a system call's error has Node's fields and quotes the path", () => {
  const error = sysError("open", 2, '/a "b"');
  assert.ok(error instanceof SysError);
  assert.equal(error.code, "ENOENT");
  assert.equal(error.errno, 2);
  assert.equal(error.syscall, "open");
  assert.equal(error.path, '/a "b"');
  assert.equal(error.message, 'open "/a \\"b\\"": no such file or directory');
  assert.equal(sysError("waitid", 10).message, "waitid: no child processes");
});
