// SPDX-License-Identifier: Apache-2.0
// Other users of the host, and containers in the host's network namespace, want to talk to the shim (CVE-2020-15257).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import type { Logger } from "../base/log.ts";
import { silentLogger } from "../base/log.ts";
import { writeFd } from "../sys/fd.ts";
import { listenUnix } from "../sys/socket.ts";
import { Listener } from "./listener.ts";

const NOBODY = 65_534;

/** Connects to `ARGV[0]` and says what it got. Without Node, whose program may be where nobody can go. */
const CLIENT = `use Socket; my $path = shift; $path =~ s/^@/\\0/;
socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die; connect($s, pack_sockaddr_un($path)) or do { print "refused: $!"; exit };
my $got = ""; sysread($s, $got, 100); print "got: $got"`;

/** What a client of this user and group makes of the socket at `path` ("@name": an abstract one). */
async function connectAs(id: number, path: string): Promise<string> {
  const client = spawn("/usr/bin/perl", ["-e", CLIENT, path], {
    ...{ uid: id, gid: id, env: {}, cwd: "/" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return text(client.stdout);
}

interface Served {
  readonly path: string;
  readonly warnings: readonly string[];
}

/** A shim's listener that greets everybody whom it lets in. */
function serve(t: TestContext, mode: number): Served {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-listener-"));
  chmodSync(directory, 0o755);
  const path = join(directory, "socket");
  const warnings: string[] = [];
  const log: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) };
  const listener = new Listener({
    socket: listenUnix(path, mode),
    onConnection: (socket) => {
      writeFd(socket, Buffer.from("welcome"));
      socket.close();
    },
    log,
  });
  t.after(() => {
    listener.close();
    rmSync(directory, { recursive: true });
  });
  return { path, warnings };
}

test("another user does not get to the shim's socket", async (t) => {
  const { path } = serve(t, 0o600);
  assert.equal(await connectAs(NOBODY, path), "refused: Permission denied");
  assert.equal(await connectAs(0, path), "got: welcome");
});

test("another user who gets to the shim's socket is asked who he is, and gets nothing", async (t) => {
  const { path, warnings } = serve(t, 0o666);
  assert.equal(await connectAs(NOBODY, path), "got: ");
  assert.deepEqual(warnings, ["refused a connection of another user"]);
  assert.equal(await connectAs(0, path), "got: welcome");
});

test("control: another user gets to an abstract socket that asks nobody", async (t) => {
  const name = `tsrunc-listener-${process.pid}`;
  const server = createServer((socket) => socket.end("welcome"));
  await new Promise<void>((resolve) => server.listen(`\0${name}`, resolve));
  t.after(() => server.close());
  assert.equal(await connectAs(NOBODY, `@${name}`), "got: welcome");
});
