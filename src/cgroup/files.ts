// SPDX-License-Identifier: Apache-2.0
// The files of a cgroup as those see them who only read and write values: in the kernel's tree or, for tests, in one that was
// written from its documentation.

import { CgroupDirectory, type Member } from "./directory.ts";

/** The files of one cgroup in one tree. */
export interface CgroupFiles {
  /** Absolute path, for messages. */
  readonly path: string;
  /** The whole text; undefined if the file, the cgroup or the feature behind the file does not exist. */
  read(file: string): string | undefined;
  /** In one call. SysError with a sentence that has the value and the file. */
  write(file: string, value: string): void;
}

/** The files of the tree that has a controller; on v2 there is only one tree. */
export type FindFiles = (controller: string) => CgroupFiles | undefined;

/** The directories of a container's cgroup, each opened when it is first asked for, and closed together. */
export class OpenTrees implements Disposable {
  readonly #find: (controller: string) => Member | undefined;
  readonly #open = new Map<string, CgroupDirectory | undefined>();

  constructor(find: (controller: string) => Member | undefined) {
    this.#find = find;
  }

  /** Undefined if no tree has the controller, or the cgroup is gone from it. */
  get(controller: string): CgroupDirectory | undefined {
    const member = this.#find(controller);
    if (member === undefined) return undefined;
    if (!this.#open.has(member.mountPoint)) {
      this.#open.set(member.mountPoint, CgroupDirectory.openIfPresent(member));
    }
    return this.#open.get(member.mountPoint);
  }

  [Symbol.dispose](): void {
    for (const directory of this.#open.values()) directory?.[Symbol.dispose]();
  }
}
