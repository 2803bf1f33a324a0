// SPDX-License-Identifier: Apache-2.0
// What can be seen without a service; a real systemd is spoken to in integration/systemd.test.ts.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SdBus } from "./sd-bus.ts";
import { splitSignature } from "./sd-bus-message.ts";
import { openDescriptors } from "./testing/descriptors.ts";

const SIGNALS = { interface: "a.b", member: "C", signature: "", on: () => undefined };
const CALL = {
  ...{ destination: "a.b", path: "/a", interface: "a.b", member: "D", args: [] },
  timeoutMs: 200,
};

test("a signature is split into complete types", () => {
  assert.deepEqual(splitSignature("sa(sv)uaasay(s(tb))"), [
    ...["s", "a(sv)", "u", "aas", "ay", "(s(tb))"],
  ]);
  assert.deepEqual(splitSignature(""), []);
});

test("nobody there is an error at once", () => {
  const before = openDescriptors();
  assert.throws(() => new SdBus("unix:path=/nonexistent/socket", SIGNALS), {
    name: "SysError",
    code: "ENOENT",
  });
  assert.equal(openDescriptors(), before);
});

/** Runs `body` with the address of a server that does `serve` with each connection. */
async function withServer(
  serve: (socket: Socket) => void,
  body: (address: string) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-bus-"));
  const path = join(directory, "socket");
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await body(`unix:path=${path}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  }
}

test("a service that never answers costs a call its time, and the loop goes on meanwhile", async () => {
  await withServer(
    () => undefined,
    async (address) => {
      using bus = new SdBus(address, SIGNALS);
      let turns = 0;
      const counting = setInterval(() => {
        turns += 1;
      }, 10);
      await assert.rejects(bus.call(CALL), { name: "SysError", code: "ETIMEDOUT" });
      clearInterval(counting);
      assert.ok(turns > 1, `${turns}`);
    },
  );
});

test("a connection that breaks rejects what is under way and what comes after", async () => {
  await withServer(
    (socket) => socket.end(),
    async (address) => {
      using bus = new SdBus(address, SIGNALS);
      await assert.rejects(bus.call({ ...CALL, timeoutMs: 10_000 }), { name: "SysError" });
      await assert.rejects(bus.call(CALL), { code: "ENOTCONN" });
    },
  );
});

test("a call under way is rejected when the connection is closed, and nothing stays open", async () => {
  await withServer(
    () => undefined,
    async (address) => {
      const before = openDescriptors();
      const bus = new SdBus(address, SIGNALS);
      const call = bus.call({ ...CALL, timeoutMs: 10_000 });
      bus[Symbol.dispose]();
      bus[Symbol.dispose]();
      // The server, which is this process, has not had its turn yet.
      assert.equal(openDescriptors(), before);
      await assert.rejects(call, { code: "ECANCELED" });
    },
  );
});
