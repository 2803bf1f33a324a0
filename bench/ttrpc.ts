// SPDX-License-Identifier: Apache-2.0
// What a unary call costs in src/ttrpc: without a socket (client and server hand each other their bytes) and over a unix
// socket of node:net, one call after the other and 100 at a time. Run: node bench/ttrpc.ts [calls]

import { rmSync } from "node:fs";
import net from "node:net";
import { Client } from "../src/ttrpc/client.ts";
import { Server } from "../src/ttrpc/server.ts";
import type { Transport } from "../src/ttrpc/transport.ts";

const CALLS = Number(process.argv[2] ?? 20_000);
const SERVICE = "containerd.task.v3.Task";
const REQUEST = {
  service: SERVICE,
  method: "State",
  payload: new Uint8Array(Buffer.from("\n\x02g1")),
  metadata: new Map([["containerd-namespace-ttrpc", ["default"]]]),
};
const ANSWER = new Uint8Array(200);

const server = new Server(new Map([[SERVICE, new Map([["State", async () => ANSWER]])]]));

const overSocket = (socket: net.Socket): Transport => ({
  write: (bytes) => void socket.write(bytes),
  close: () => void socket.destroy(),
});

function inMemory(): Client {
  const client: Client = new Client({
    write: (bytes) => connection.receive(bytes),
    close: () => {},
  });
  const connection = server.accept({
    write: (bytes) => client.receive(bytes),
    close: () => {},
  });
  return client;
}

async function overUnixSocket(path: string): Promise<{ client: Client; listener: net.Server }> {
  const listener = net.createServer((socket) => {
    const connection = server.accept(overSocket(socket));
    socket.on("data", (chunk) => connection.receive(chunk));
    socket.on("close", () => connection.closed());
  });
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  const socket = net.connect(path);
  const client = new Client(overSocket(socket));
  socket.on("data", (chunk) => client.receive(chunk));
  socket.on("close", () => client.closed());
  return { client, listener };
}

async function measure(name: string, client: Client, atOnce: number): Promise<void> {
  const run = async (calls: number): Promise<void> => {
    for (let done = 0; done < calls; done += atOnce)
      await Promise.all(Array.from({ length: atOnce }, () => client.call(REQUEST)));
  };
  await run(CALLS / 4);
  const startMs = performance.now();
  await run(CALLS);
  const elapsedMs = performance.now() - startMs;
  const microseconds = ((1000 * elapsedMs) / CALLS).toFixed(1).padStart(6);
  const perSecond = Math.round((1000 * CALLS) / elapsedMs);
  console.log(
    `${name.padEnd(12)} ${String(atOnce).padStart(3)} at once  ${microseconds} us/call  ${perSecond} calls/s`,
  );
}

const path = `/tmp/ttrpc-bench-${process.pid}.sock`;
const { client, listener } = await overUnixSocket(path);
const memory = inMemory();
for (const atOnce of [1, 100]) {
  await measure("in memory", memory, atOnce);
  await measure("unix socket", client, atOnce);
}
client.close();
listener.close();
rmSync(path, { force: true });
