// SPDX-License-Identifier: Apache-2.0
// Where contestants meet: one private containerd, one image, and for each runtime a containerd namespace of its own. Takes
// everything away again, also after a failure or a signal.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Api } from "../integration/harness/api.ts";
import { Containerd } from "../integration/harness/containerd.ts";
import type { Edition } from "../integration/harness/debian.ts";
import { buildImage } from "../integration/harness/image.ts";
import { type Snapshot, sweep, takeSnapshot } from "../integration/harness/leftovers.ts";
import { Scope } from "../integration/harness/scope.ts";

export class Arena implements AsyncDisposable {
  readonly #directory: string;
  readonly #token: string;
  readonly #before: Snapshot;
  readonly #containerd: Containerd;
  readonly #scopes: Scope[] = [];
  readonly #abort = (): void => {
    this.#containerd.kill();
    void sweep(this.#token, this.#before).finally(() => process.exit(1));
  };

  private constructor(edition: Edition) {
    this.#directory = mkdtempSync(join(tmpdir(), "tsrunc-bench-"));
    this.#token = basename(this.#directory);
    this.#before = takeSnapshot(this.#token);
    this.#containerd = new Containerd(edition, this.#directory);
  }

  static async open(edition: Edition): Promise<Arena> {
    const arena = new Arena(edition);
    process.once("SIGINT", arena.#abort);
    process.once("SIGTERM", arena.#abort);
    try {
      await arena.#containerd.start();
      return arena;
    } catch (error) {
      await arena[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A namespace in which all containers run with `runtime`. */
  async enter(runtime: string): Promise<Scope> {
    const namespace = `${this.#token}-${this.#scopes.length}`;
    const image = await buildImage(join(this.#directory, "image.tar"));
    const api = new Api(this.#containerd.address, namespace);
    const scope = new Scope({ containerd: this.#containerd, api, image, runtime });
    this.#scopes.push(scope);
    await scope.importImage();
    return scope;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const scope of this.#scopes) await scope.end().catch(report);
    await this.#containerd.stop();
    await sweep(this.#token, this.#before);
    rmSync(this.#directory, { recursive: true, force: true });
    process.off("SIGINT", this.#abort);
    process.off("SIGTERM", this.#abort);
  }
}

function report(error: unknown): void {
  console.error(`cannot clean up: ${error instanceof Error ? error.message : String(error)}`);
}
