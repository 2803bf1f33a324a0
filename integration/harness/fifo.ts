// SPDX-License-Identifier: Apache-2.0
// The two ends of a FIFO, each held by a `cat`: opening a FIFO blocks, and blocked opens would use up Node's few threads.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { eventually } from "./eventually.ts";

/** Reads a FIFO to its end. Keeps the text, and a hash and count of everything. */
export class FifoReader {
  readonly path: string;
  /** Resolves with all the text at the end of the file. */
  readonly done: Promise<string>;
  readonly #child: ChildProcess;
  readonly #hash = createHash("sha256");
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #digest = "";

  constructor(path: string) {
    this.path = path;
    const child = spawn("cat", [path], { stdio: ["ignore", "pipe", "ignore"] });
    this.#child = child;
    child.stdout.on("data", (chunk: Buffer) => {
      this.#bytes += chunk.length;
      this.#hash.update(chunk);
      this.#chunks.push(chunk);
    });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    child.on("close", () => {
      this.#digest = this.#hash.digest("hex");
      resolve(this.text);
    });
    child.on("error", reject);
    this.done = promise;
  }

  /** What has come so far. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** SHA-256 of everything, after `done`. */
  get digest(): string {
    return this.#digest;
  }

  /** Resolves when `text` has come. */
  async saw(text: string): Promise<void> {
    await eventually(`"${text}" in ${this.path}`, () => this.text.includes(text));
  }

  /** Stops reading, as a client that goes away. */
  close(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Writes to a FIFO. */
export class FifoWriter {
  readonly #child: ChildProcess;

  constructor(path: string) {
    const child = spawn("bash", ["-c", 'exec cat >"$1"', "-", path], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.stdin.on("error", () => undefined);
    this.#child = child;
  }

  write(text: string | Uint8Array): void {
    this.#child.stdin?.write(text);
  }

  /** Ends the input: closes the FIFO after what was written. */
  end(): void {
    this.#child.stdin?.end();
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}
