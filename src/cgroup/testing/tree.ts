// SPDX-License-Identifier: Apache-2.0
// A cgroup's directory as the kernel's documentation describes it, for controllers that a test machine need not have. The files
// are real ones, in a directory of their own; what the kernel would do with a value is not pretended.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isErrno } from "../../base/errors.ts";
import { refusal } from "../directory.ts";
import type { CgroupFiles } from "../files.ts";

export class Tree implements CgroupFiles, Disposable {
  readonly path: string;
  /** "file=value" in the order of the writes, in all trees that share the list. */
  readonly written: string[];

  /** `files` are all that there are: nothing else can be written. */
  constructor(files: Readonly<Record<string, string>>, written: string[] = []) {
    this.path = mkdtempSync(join(tmpdir(), "tsrunc-tree-"));
    this.written = written;
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, name), text);
  }

  read(file: string): string | undefined {
    try {
      return readFileSync(join(this.path, file), "utf8");
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  write(file: string, value: string): void {
    const path = join(this.path, file);
    if (!existsSync(path)) {
      const problem = `cannot write ${JSON.stringify(value)} to "${path}"`;
      throw refusal("ENOENT", `${problem}: no such file or directory`, path);
    }
    writeFileSync(path, value);
    this.written.push(`${file}=${value}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** One tree for each list of controllers, as a v1 host mounts them: ["cpu", "cpuacct"] is a merged one. */
export class Trees implements Disposable {
  /** As `Tree.written`. */
  readonly written: string[] = [];
  readonly #trees: { readonly controllers: readonly string[]; readonly tree: Tree }[];

  constructor(
    hierarchies: readonly (readonly string[])[],
    files: Readonly<Record<string, Readonly<Record<string, string>>>>,
  ) {
    this.#trees = hierarchies.map((controllers) => {
      const all = Object.assign({}, ...controllers.map((name) => files[name] ?? {}));
      return { controllers, tree: new Tree(all, this.written) };
    });
  }

  /** As `FindFiles`. */
  readonly find = (controller: string): Tree | undefined =>
    this.#trees.find(({ controllers }) => controllers.includes(controller))?.tree;

  [Symbol.dispose](): void {
    for (const { tree } of this.#trees) tree[Symbol.dispose]();
  }
}
