// SPDX-License-Identifier: Apache-2.0
// The promise: `kubectl exec -i`, `exec -it` and `attach` work with containers of this runtime.

import assert from "node:assert/strict";
import { onEachCri } from "./harness/cri.ts";

await onEachCri(({ test }) => {
  test("an exec with a terminal takes input and sizes, and its status comes back", async (scope) => {
    const pod = await scope.pod();
    const container = await pod.run("c", ["sleep", "1000"]);
    const { stdout, result } = await container.talk(["sh"], { stdin: true, tty: true }, [
      { after: "# ", resize: [101, 33], say: "echo ready$((1))\n" },
      { after: "ready1", say: "stty size; tty; exit 7\n" },
    ]);
    assert.match(stdout, /^33 101\r$/m);
    assert.match(stdout, /^\/dev\/pts\/0\r$/m);
    assert.match(result, /"reason":"ExitCode","message":"7"/);
  });

  test("an exec without a terminal keeps its outputs apart", async (scope) => {
    const pod = await scope.pod();
    const container = await pod.run("c", ["sleep", "1000"]);
    const script = "echo go; read word; echo out-$word; echo err-$word >&2";
    const choice = { stdin: true, stderr: true };
    const { stdout, stderr, result } = await container.talk(["sh", "-c", script], choice, [
      { after: "go", say: "hello\n" },
    ]);
    assert.deepEqual([stdout, stderr], ["go\nout-hello\n", "err-hello\n"]);
    assert.match(result, /"status":"Success"/);
  });

  test("an attached client talks to the container itself", async (scope) => {
    const pod = await scope.pod();
    // Silent at its end: containerd hangs up when the container ends, whatever it has still to pass on.
    const script = "while read word; do [ $word = end ] && exit 5; echo you said $word; done";
    const container = await pod.run("c", ["sh", "-c", script], { stdin: true });
    const { stdout } = await container.attach({ stdin: true }, [
      { after: "", say: "hello\n" },
      { after: "hello", say: "bye\n" },
      { after: "bye", say: "end\n" },
    ]);
    assert.equal(stdout, "you said hello\nyou said bye\n");
    assert.equal((await container.ended()).exitCode, 5);
    assert.deepEqual(
      container.log().map(({ text }) => text),
      ["you said hello", "you said bye"],
    );
  });
});
