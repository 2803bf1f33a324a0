// SPDX-License-Identifier: Apache-2.0
// A walk over all cgroups below one, however deep: a container that may make cgroups can nest thousands. Two descriptors are
// open at a time, and nothing recurses.

import { type CgroupDirectory, unless } from "./directory.ts";

export interface TreeVisitor {
  /** Each cgroup, before those below it. */
  readonly enter?: (cgroup: CgroupDirectory) => void;
  /** Each cgroup but the top, by its parent and its name, after those below it. */
  readonly leave?: (parent: CgroupDirectory, name: string) => void;
}

/** One cgroup on the way from the top to where the walk is. */
interface Level {
  readonly name: string;
  readonly identity: string;
  /** Those directly below that are still to be visited. */
  readonly names: string[];
}

/** Visits `top`, which stays open, and every cgroup below it; one that vanishes on the way is left out. */
export function walkTree(top: CgroupDirectory, { enter, leave }: TreeVisitor): void {
  const levels: Level[] = [];
  let current = top;
  const goTo = (next: CgroupDirectory): void => {
    if (current !== top) current[Symbol.dispose]();
    current = next;
  };
  const goInto = (name: string, cgroup: CgroupDirectory): void => {
    goTo(cgroup);
    enter?.(cgroup);
    const names = unless(() => cgroup.children(), "ENOENT", "ENODEV") ?? [];
    levels.push({ name, identity: cgroup.identity(), names });
  };
  try {
    goInto("", top);
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const name = level.names.pop();
      if (name !== undefined) {
        const child = unless(() => current.child(name), "ENOENT", "ENODEV");
        if (child !== undefined) goInto(name, child);
        continue;
      }
      levels.pop();
      const above = levels.at(-1);
      if (above === undefined) return;
      goTo(levels.length === 1 ? top : current.parent(above.identity));
      leave?.(current, level.name);
    }
  } finally {
    goTo(top);
  }
}
