// SPDX-License-Identifier: Apache-2.0
// The shim as a command: which of start, delete, -info, -v or serving is wanted. Each is loaded only when it is.

import { readFileSync, writeSync } from "node:fs";
import { errorText, TaskError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import { INFO_CACHE_VARIABLE } from "./environment.ts";
import { parseFlags, type ShimFlags } from "./flags.ts";
import { checkIdentity } from "./identifier.ts";
import { SHIM_NAME } from "./launch.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** Runs the shim with the arguments after its name; resolves with the exit code, or never while it serves. */
export async function runShim(args: readonly string[]): Promise<number> {
  try {
    await run(parseFlags(args));
    return 0;
  } catch (error) {
    // One line: containerd shows it to the user, and with `start` it takes stderr for a part of the answer.
    const line = `${SHIM_NAME}: ${errorText(error)}`.replaceAll(/\p{Cc}/gu, "?");
    writeSync(STDERR, `${line}\n`);
    return 1;
  }
}

async function run(flags: ShimFlags): Promise<void> {
  if (flags.version) {
    writeAll(Buffer.from(`${SHIM_NAME}:\n  Version:  ${VERSION}\n  Revision: \n\n`));
    return;
  }
  if (flags.info) {
    await runInfo();
    return;
  }
  checkIdentity(flags);
  switch (flags.action) {
    case "start": {
      const { start } = await import("./start.ts");
      writeAll(Buffer.from(start(flags)));
      return;
    }
    case "delete": {
      const { deleteContainer } = await import("./delete.ts");
      writeAll(await deleteContainer(flags));
      return;
    }
    case "": {
      const { serve } = await import("./serve.ts");
      await serve(flags);
      return;
    }
    default:
      throw new TaskError("invalid_argument", `unknown action "${flags.action}"`);
  }
}

async function runInfo(): Promise<void> {
  const { describeRuntime, writeInfoCache } = await import("./info.ts");
  const input = readFileSync(STDIN);
  const answer = describeRuntime(input);
  const cache = process.env[INFO_CACHE_VARIABLE];
  if (cache !== undefined && input.byteLength === 0) writeInfoCache(cache, answer);
  writeAll(answer);
}

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(STDOUT, bytes, at);
}
