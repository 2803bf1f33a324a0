// SPDX-License-Identifier: Apache-2.0
// The share of caches and memory bandwidth of one container: a group of the resctrl file system, and one in it that counts.
// A process is in the group of the process that made it, so init need not be moved: stage 1 is.

import type { Pid } from "../base/brand.ts";
import { errorText } from "../base/errors.ts";
import type { IntelRdt } from "../oci/intel-rdt.ts";
import { isGone, ResctrlDirectory, type ResctrlTree } from "./resctrl-tree.ts";

/** Everything that is needed to find a container's groups again. JSON-able. */
export interface ResctrlState {
  readonly mountPoint: string;
  /** The class of service, below the mount; "" is its root, the default class. */
  readonly path: string;
  /** Somebody has chosen its name: it may be used, and its shares be set, by others. */
  readonly isNamed: boolean;
  /** It is made for this container alone, and removed with it. */
  readonly isOwn: boolean;
  /** The group that counts, below the mount; removed with the container. Absent: none. */
  readonly monitoring?: string | undefined;
}

export class Resctrl {
  readonly state: ResctrlState;
  readonly #tree: ResctrlTree;
  /** What is to be written to the file schemata; "" leaves it alone. */
  readonly #schemata: string;

  private constructor(state: ResctrlState, tree: ResctrlTree, schemata = "") {
    this.state = state;
    this.#tree = tree;
    this.#schemata = schemata;
  }

  /** What a container is going to have; nothing is made yet. */
  static plan(
    rdt: IntelRdt,
    id: string,
    {
      mountPoint,
      tree = new ResctrlDirectory(mountPoint),
    }: { readonly mountPoint: string; readonly tree?: ResctrlTree },
  ): Resctrl {
    const path = rdt.closId === "/" ? "" : (rdt.closId ?? id);
    const state = {
      mountPoint,
      path,
      isNamed: rdt.closId !== undefined,
      // One that is there already is somebody else's, too.
      isOwn: rdt.closId === undefined && !tree.exists(path),
      monitoring: rdt.enableMonitoring ? below(path, `mon_groups/${id}`) : undefined,
    };
    return new Resctrl(state, tree, schemataText(rdt));
  }

  /** Those of a container from its state file. */
  static open(
    state: ResctrlState,
    tree: ResctrlTree = new ResctrlDirectory(state.mountPoint),
  ): Resctrl {
    return new Resctrl(state, tree);
  }

  /** Makes what is missing, and moves the first process there. */
  enter(pid: Pid): void {
    const { path, monitoring } = this.state;
    this.#explained("unable to apply Intel RDT configuration", () => {
      if (path !== "") this.#makeGroup(path);
      this.#addTask(path, pid);
      if (monitoring === undefined) return;
      this.#tree.make(monitoring);
      this.#addTask(monitoring, pid);
    });
  }

  /** A class that somebody has named, and that is to have no shares, is somebody else's: it is there, or a mistake. */
  #makeGroup(path: string): void {
    if (!this.state.isNamed || this.#schemata !== "") {
      this.#tree.make(path);
    } else if (!this.#tree.exists(path)) {
      const rule = "must be pre-created when schemata, l3CacheSchema and memBwSchema are empty";
      throw new Error(`clos dir not accessible (${rule}): no directory ${JSON.stringify(path)}`);
    }
  }

  /** Writes the shares, if there are any to write: of all who are in the class. */
  limit(): void {
    if (this.#schemata === "") return;
    const text = `intelrdt: unable to write ${JSON.stringify(this.#schemata)}`;
    this.#explained(`error setting Intel RDT config for procHooks process: ${text}`, () =>
      this.#tree.write(below(this.state.path, "schemata"), this.#schemata),
    );
  }

  /** A process from elsewhere joins the container. Groups that are gone have nobody in them. */
  add(pid: Pid): void {
    const { path, monitoring } = this.state;
    this.#explained(`error adding pid ${pid} to Intel RDT`, () => {
      for (const group of [path, monitoring]) {
        if (group === undefined || !this.#tree.exists(group)) continue;
        this.#addTask(group, pid);
      }
    });
  }

  /** Removes what belongs to the container alone; idempotent. */
  remove(): void {
    const { path, isOwn, monitoring } = this.state;
    // The groups within go with it.
    const group = isOwn ? path : monitoring;
    if (group === undefined) return;
    try {
      this.#tree.remove(group);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  #addTask(group: string, pid: Pid): void {
    try {
      this.#tree.write(below(group, "tasks"), String(pid));
    } catch (error) {
      const text = `intelrdt: unable to add pid ${pid}: ${errorText(error)}`;
      throw new Error(text, { cause: error });
    }
  }

  /** What the kernel has to say about its last refusal is better than an errno. */
  #explained(what: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      const status = this.#tree.read("info/last_cmd_status")?.trim();
      const reason = status ? `, last_cmd_status: ${status}` : "";
      throw new Error(`${what}: ${errorText(error)}${reason}`, { cause: error });
    }
  }
}

/** Lines for the file schemata, in the order that the specification wants. */
function schemataText({ l3CacheSchema, memBwSchema, schemata }: IntelRdt): string {
  const lines = [l3CacheSchema, memBwSchema, ...schemata].filter((line) => line !== undefined);
  return lines.map((line) => `${line}\n`).join("");
}

function below(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}
