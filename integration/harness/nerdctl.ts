// SPDX-License-Identifier: Apache-2.0
// nerdctl without nerdctl, which no Debian release has: its configuration (src/oci/testdata/nerdctl-2.json) with a program
// in its place that is called as it is, as a hook and as a logger, and does what counts: a CNI network, and log files.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Container, OciSpec } from "./container.ts";
import { CNI_PLUGINS } from "./network.ts";
import type { Scope } from "./scope.ts";

const FIXTURE = resolve(
  ...[import.meta.dirname, "..", "..", "src", "oci", "testdata", "nerdctl-2.json"],
);

/** What of the fixture differs for each container. */
const ID = "fedcba9876543210".repeat(4);
const PROGRAM = "/usr/local/bin/nerdctl";
const DATA = "/var/lib/nerdctl/1935db59";

/** A bridge with an address for each container, as `nerdctl run` has by default. */
const NETWORK = {
  ...{ cniVersion: "0.4.0", name: "bridge", type: "bridge", bridge: "nerdctl0" },
  ...{ isGateway: true, ipMasq: false },
};

/**
 * As a logger: args "_NERDCTL_INTERNAL_LOGGING DATA". As a hook: the last argument is the event, stdin the state. $1 of the
 * program in front is the directory of its data.
 */
const SCRIPT = `
if [ "$1" = _NERDCTL_INTERNAL_LOGGING ]; then
  log=$2/$CONTAINER_NAMESPACE.$CONTAINER_ID
  cat <&3 >>$log.out & cat <&4 >>$log.err & exec 3<&- 4<&-
  printf 1 >&5; exec 5>&-; wait; exit 0
fi
for event; do :; done
state=$(cat)
field() { printf %s "$state" | jq -r "$1"; }
directory=$(field '.annotations["nerdctl/state-dir"]')
printf %s "$state" >$directory/$event.json
for kind in net mnt pid; do readlink /proc/self/ns/$kind; done >$directory/$event.namespaces
[ "$(field '.annotations["nerdctl/networks"]')" = '["bridge"]' ] || exit 0
export CNI_CONTAINERID=$(field .id) CNI_IFNAME=eth0 CNI_PATH=$plugins
case $event in
createRuntime) export CNI_COMMAND=ADD CNI_NETNS=/proc/$(field .pid)/ns/net ;;
postStop) export CNI_COMMAND=DEL CNI_NETNS= ;;
esac
$plugins/bridge <$data/network.json >$directory/$event.cni
`;

/** One installation of it, with data of its own. */
export class Nerdctl {
  readonly #scope: Scope;
  readonly #data: string;
  readonly #program: string;

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#data = scope.path("nerdctl-data");
    this.#program = scope.path("nerdctl");
    mkdirSync(this.#data, { recursive: true });
    const ranges = [[{ subnet: "10.4.0.0/24" }]];
    const ipam = { type: "host-local", dataDir: join(this.#data, "addresses"), ranges };
    writeFileSync(join(this.#data, "network.json"), JSON.stringify({ ...NETWORK, ipam }));
    const head = `#!/bin/sh\nPATH=$PATH:/usr/bin:/bin\ndata=${this.#data} plugins=${CNI_PLUGINS}\n`;
    writeFileSync(this.#program, head + SCRIPT, { mode: 0o755 });
  }

  /** `nerdctl create`. `change` is what more flags make of the configuration. */
  async create(
    id: string,
    command: readonly string[],
    change: (spec: OciSpec) => void = () => undefined,
  ): Promise<Container> {
    const spec = this.#spec(id, command);
    change(spec);
    return await this.#scope.container(id, [], (plain) => {
      for (const key of Object.keys(plain)) delete plain[key];
      Object.assign(plain, spec);
    });
  }

  /** What `nerdctl run` and `nerdctl start` ask of the task: the logger for both streams. */
  get streams(): { readonly stdout: string; readonly stderr: string } {
    const uri = `binary://${this.#program}?_NERDCTL_INTERNAL_LOGGING=${encodeURIComponent(this.#data)}`;
    return { stdout: uri, stderr: uri };
  }

  /** `nerdctl logs`. */
  log(id: string, stream: "out" | "err" = "out"): string {
    return readFileSync(join(this.#data, `${this.#scope.namespace}.${id}.${stream}`), "utf8");
  }

  /** The state that a hook was given. */
  state(id: string, event: "createRuntime" | "postStop"): Record<string, unknown> {
    return JSON.parse(readFileSync(join(this.#stateDirectory(id), `${event}.json`), "utf8"));
  }

  /** Which network, mount and pid namespace a hook ran in. */
  namespaces(id: string, event: "createRuntime" | "postStop"): string[] {
    const path = join(this.#stateDirectory(id), `${event}.namespaces`);
    return readFileSync(path, "utf8").trimEnd().split("\n");
  }

  /** The address that CNI gave to a container. */
  address(id: string): string {
    const path = join(this.#stateDirectory(id), "createRuntime.cni");
    const result: { ips: { address: string }[] } = JSON.parse(readFileSync(path, "utf8"));
    return result.ips[0]?.address.replace(/\/.*/, "") ?? "";
  }

  /** Where CNI keeps one file for each address that is given away. */
  get addressDirectory(): string {
    return join(this.#data, "addresses", NETWORK.name);
  }

  #stateDirectory(id: string): string {
    return join(this.#data, "containers", "default", id);
  }

  #spec(id: string, command: readonly string[]): OciSpec {
    const text = readFileSync(FIXTURE, "utf8")
      .replaceAll(`/default/${ID}"`, `/default/${id}"`)
      .replaceAll(ID, id)
      .replaceAll(PROGRAM, this.#program)
      .replaceAll(DATA, this.#data);
    const spec = JSON.parse(text) as OciSpec;
    spec["root"] = { path: "rootfs" };
    spec.linux.cgroupsPath = `/${this.#scope.namespace}/${id}`;
    spec.process.args = [...command];
    mkdirSync(this.#stateDirectory(id), { recursive: true });
    for (const { source = "" } of spec.mounts.filter(({ type }) => type === "bind")) {
      mkdirSync(dirname(source), { recursive: true });
      writeFileSync(source, "192.0.2.7 made-by-the-client\n");
    }
    return spec;
  }
}
