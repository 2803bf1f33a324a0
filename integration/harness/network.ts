// SPDX-License-Identifier: Apache-2.0
// A network for pods that the machine does not see: a network namespace that containerd runs in, and a CNI configuration
// with a veth pair and an address for each pod.

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./command.ts";

/** Where Debian puts the plugins. */
export const CNI_PLUGINS = "/usr/lib/cni";

export class PodNetwork {
  /** The CNI configuration of containerd's CRI plugin. */
  readonly configDirectory: string;
  readonly #addresses: string;
  readonly #namespace: string;
  readonly #name: string;

  /** Makes nothing yet. `name` is the network's. */
  constructor(directory: string, name: string) {
    this.configDirectory = join(directory, "cni");
    this.#addresses = join(directory, "addresses");
    this.#namespace = join(directory, "net");
    this.#name = name;
  }

  /** What runs a command in it. */
  get within(): readonly string[] {
    return ["nsenter", `--net=${this.#namespace}`, "--"];
  }

  async make(): Promise<void> {
    mkdirSync(this.configDirectory, { recursive: true });
    writeFileSync(join(this.configDirectory, "10-pods.conflist"), this.#config());
    writeFileSync(this.#namespace, "");
    await check(["unshare", `--net=${this.#namespace}`, "ip", "link", "set", "lo", "up"]);
  }

  /** Everything in it ends with it. */
  async remove(): Promise<void> {
    await check(["umount", this.#namespace]);
  }

  /** What pods have left: devices, addresses that are not given back. */
  async leftovers(): Promise<string[]> {
    const devices = (await check([...this.within, "cat", "/proc/net/dev"]))
      .split("\n")
      .slice(2)
      .map((line) => line.split(":")[0]?.trim() ?? "")
      .filter((device) => device !== "" && device !== "lo");
    return [...devices.map((device) => `network device ${device}`), ...this.#leases()];
  }

  /** host-local has one file for each address that is given away, besides its own notes. */
  #leases(): string[] {
    try {
      const files = readdirSync(join(this.#addresses, this.#name));
      return files.filter((file) => /^\d/.test(file)).map((file) => `address ${file}`);
    } catch {
      return [];
    }
  }

  #config(): string {
    const ipam = {
      type: "host-local",
      dataDir: this.#addresses,
      ranges: [[{ subnet: "10.88.0.0/16" }]],
      routes: [{ dst: "0.0.0.0/0" }],
    };
    const plugins = [{ type: "ptp", ipMasq: false, ipam }];
    return JSON.stringify({ cniVersion: "0.4.0", name: this.#name, plugins });
  }
}
