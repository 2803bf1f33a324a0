// SPDX-License-Identifier: Apache-2.0
// The promise: what goes into a container's stdin comes out whole and in order, and its end is an end.

import assert from "node:assert/strict";
import { createCipheriv, createHash } from "node:crypto";
import { Readable } from "node:stream";
import { onEachContainerd } from "./harness/suite.ts";

const MIB = 1024 * 1024;

/** Bytes that look random and are the same each time. */
function* pseudoRandom(mebibytes: number): Generator<Buffer> {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 7), Buffer.alloc(16));
  const zeros = Buffer.alloc(MIB);
  for (let index = 0; index < mebibytes; index += 1) yield cipher.update(zeros);
}

function digestOf(chunks: Iterable<Buffer>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

await onEachContainerd(({ test }) => {
  test("100 MiB go through ctr, stdin, cat and stdout unchanged", async (scope) => {
    const hash = createHash("sha256");
    let bytes = 0;
    const result = await scope.ctrRun(["--rm"], "c", ["cat"], {
      input: Readable.from(pseudoRandom(100)),
      timeoutMs: 120_000,
      onStdout: (chunk) => {
        hash.update(chunk);
        bytes += chunk.length;
      },
    });
    assert.equal(result.status, 0, result.stderr);
    assert.equal(bytes, 100 * MIB);
    assert.equal(hash.digest("hex"), digestOf(pseudoRandom(100)));
  });

  test("20 MiB go through an exec unchanged, and CloseIO ends its input", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    const output = await scope.output("e1");
    const stdin = await scope.fifo("stdin");
    const exec = await container.exec("e1", ["cat"], { stdin, ...output.streams });
    const writer = scope.writer(stdin);
    await exec.start();
    for (const chunk of pseudoRandom(20)) writer.write(chunk);
    writer.end();
    await exec.closeStdin();
    assert.equal((await exec.wait()).exitStatus, 0);
    await exec.delete();
    await output.stdout.done;
    assert.equal(output.stdout.bytes, 20 * MIB);
    assert.equal(output.stdout.digest, digestOf(pseudoRandom(20)));
  });

  test("a client that goes away does not end the input; CloseIO does", async (scope) => {
    const output = await scope.output("c");
    const stdin = await scope.fifo("stdin");
    const container = await scope.container("c", ["cat"]);
    const first = scope.writer(stdin);
    await container.run({ stdin, ...output.streams });
    first.write("one\n");
    await output.stdout.saw("one\n");
    first.end();
    const second = scope.writer(stdin);
    second.write("two\n");
    await output.stdout.saw("two\n");
    assert.equal((await container.state()).status, 2);
    second.end();
    await container.closeStdin();
    assert.equal((await container.wait()).exitStatus, 0);
    assert.equal(await output.stdout.done, "one\ntwo\n");
  });

  test("a container without stdin reads the end at once", async (scope) => {
    const output = await scope.output("c");
    const container = await scope.container("c", ["sh", "-c", "cat; readlink /proc/self/fd/0"]);
    await container.run(output.streams);
    assert.equal((await container.wait()).exitStatus, 0);
    assert.equal(await output.stdout.done, "/dev/null\n");
  });
});
