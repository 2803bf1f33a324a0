// SPDX-License-Identifier: Apache-2.0
// A directory with what the kernel's documentation of resctrl (Documentation/filesystems/resctrl.rst) says is in that file
// system on a machine with one L3 cache and memory bandwidth allocation. What the kernel does when a group is made or removed
// is done here; what it does with values is not.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ResctrlDirectory, type ResctrlTree } from "../resctrl-tree.ts";

/** Files of every group; of one that only counts those without shares. */
const GROUP_FILES = { tasks: "", cpus: "0\n", cpus_list: "\n", mode: "shareable\n" };
const SCHEMATA = "    MB:0=100\n    L3:0=fffff\n";
const INFO = {
  "L3/cbm_mask": "fffff\n",
  "L3/min_cbm_bits": "1\n",
  "L3/num_closids": "16\n",
  "MB/min_bandwidth": "10\n",
  "MB/bandwidth_gran": "10\n",
  "L3_MON/mon_features": "llc_occupancy\nmbm_total_bytes\n",
  last_cmd_status: "ok\n",
};

export class DocumentedTree implements ResctrlTree, Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "tsrunc-resctrl-"));
  readonly #directory: ResctrlDirectory;
  /** What was done, in its order. */
  readonly steps: string[] = [];

  constructor() {
    this.#directory = new ResctrlDirectory(this.root, statfsSync(this.root).type);
    this.#populate("");
    for (const [name, text] of Object.entries(INFO)) this.put(`info/${name}`, text);
  }

  /** Writes a file as the kernel would have it. */
  put(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  }

  /** What was written to a file. */
  text(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  exists(path: string): boolean {
    return this.#directory.exists(path);
  }

  make(path: string): boolean {
    const made = this.#directory.make(path);
    this.steps.push(`${made ? "make" : "find"} ${path}`);
    if (made) this.#populate(path);
    return made;
  }

  remove(path: string): void {
    this.steps.push(`remove ${path}`);
    // The files of a group are no obstacle to rmdir(2) there.
    if (this.exists(path)) {
      rmSync(join(this.root, path), { recursive: true });
      mkdirSync(join(this.root, path));
    }
    this.#directory.remove(path);
  }

  write(path: string, text: string): void {
    this.steps.push(`write ${path} ${text}`);
    this.#directory.write(path, text);
  }

  read(path: string): string | undefined {
    return this.#directory.read(path);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }

  #populate(path: string): void {
    for (const [name, text] of Object.entries(GROUP_FILES)) this.put(join(path, name), text);
    mkdirSync(join(this.root, path, "mon_data"));
    if (path.includes("mon_groups")) return;
    mkdirSync(join(this.root, path, "mon_groups"));
    this.put(join(path, "schemata"), SCHEMATA);
  }
}
