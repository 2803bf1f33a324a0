// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { mkfifo } from "../sys/proc.ts";
import { writeLine } from "./log.ts";

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

function openFifo(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "log-"));
  const path = join(directory, "log");
  mkfifo(path, 0o600);
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  const writer = openSync(path, O_WRONLY | O_NONBLOCK);
  context.after(() => {
    closeSync(writer);
    rmSync(directory, { recursive: true });
  });
  return { reader, writer };
}

function read(fd: number): string {
  const buffer = Buffer.alloc(65_536);
  return buffer.toString("utf8", 0, readSync(fd, buffer));
}

test("a line arrives whole", (context) => {
  const { reader, writer } = openFifo(context);
  writeLine(writer, "hello\n");
  assert.equal(read(reader), "hello\n");
  closeSync(reader);
});

test("a line that is too long is cut, and still ends", (context) => {
  const { reader, writer } = openFifo(context);
  writeLine(writer, `${"x".repeat(10_000)}\n`);
  const text = read(reader);
  assert.equal(text.length, 4096);
  assert.equal(text.indexOf("\n"), 4095);
  closeSync(reader);
});

test("with a full fifo lines are dropped, not waited for", (context) => {
  const { reader, writer } = openFifo(context);
  for (let n = 0; n < 100; n++) writeLine(writer, `${"x".repeat(4000)}\n`);
  assert.match(read(reader), /^x{4000}\n/);
  closeSync(reader);
});

test("without a reader lines are dropped", (context) => {
  const { reader, writer } = openFifo(context);
  closeSync(reader);
  writeLine(writer, "hello\n");
});
