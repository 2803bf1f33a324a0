// SPDX-License-Identifier: Apache-2.0
// Docker as a private daemon in front of a private containerd: own data, state, socket, cgroup and network namespace, and
// its own view of /etc and /run. Three generations of it, from Debian's packages, never installed.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, test } from "node:test";
import type { Settings } from "./containerd.ts";
import {
  debianEdition,
  debianPackages,
  type Edition,
  type MissingEdition,
  NO_MIRROR,
  systemEdition,
} from "./debian.ts";
import { DockerDaemon } from "./docker-daemon.ts";
import { DockerScope } from "./docker-scope.ts";
import { BUSYBOX_IMAGE, buildLayer } from "./image.ts";
import { assertNothingLeft, sweep, takeSnapshot } from "./leftovers.ts";
import { ownView } from "./own-view.ts";
import { type Place, RUNTIME, useContainerd, withLog } from "./suite.ts";

/** A Docker that can be started, and the containerd of the same Debian release. */
export interface DockerEdition {
  /** As a test's name has it: "Docker 20.10". */
  readonly name: string;
  readonly version: number;
  /** What its packages were unpacked to. */
  readonly root: string;
  readonly containerd: Edition;
}

/** A Docker that is running, and how to declare a test on it. */
export interface DockerMachine {
  readonly edition: DockerEdition;
  readonly test: (name: string, body: (scope: DockerScope) => Promise<void>) => void;
}

interface Generation {
  readonly name: string;
  readonly version: number;
  readonly release: string;
  readonly packages: readonly string[];
  readonly containerd: () => Promise<Edition | MissingEdition>;
}

const GENERATIONS: readonly Generation[] = [
  {
    name: "Docker 20.10",
    version: 20,
    release: "bookworm",
    packages: ["docker.io", "tini"],
    containerd: systemEdition,
  },
  {
    name: "Docker 26",
    version: 26,
    release: "trixie",
    packages: ["docker.io", "docker-cli", "tini"],
    containerd: () => debianEdition("trixie"),
  },
  {
    name: "Docker 28",
    version: 28,
    release: "sid",
    packages: ["docker.io", "docker-cli", "tini-static"],
    containerd: () => debianEdition("sid"),
  },
];

/** Until Docker 23 the runtime of a `docker run` is one that the daemon's configuration names, or runc. */
const NAMES_SHIMS_SINCE = 23;

/** The ids of containers of a daemon that remaps them to those of nobody: see `REMAP`. */
const SUBORDINATE_IDS = "nobody:100000:65536\nnogroup:100000:65536\n";

/** What makes a daemon remap ids, in daemon.json. */
export const REMAP = { "userns-remap": "nobody:nogroup" } as const;

/** Runs `define` for each Docker. TEST_DOCKER=20 (or 26, 28) takes only those whose name has that. */
export async function onEachDocker(define: (machine: DockerMachine) => void): Promise<void> {
  for (const generation of GENERATIONS) {
    const only = process.env["TEST_DOCKER"];
    if (only !== undefined && !generation.name.includes(only)) continue;
    const edition = await obtain(generation);
    const { name } = generation;
    if ("reason" in edition) test(`on ${name}`, { skip: edition.reason }, () => undefined);
    else describe(`on ${name}`, () => defineOn(edition, define));
  }
}

async function obtain(generation: Generation): Promise<DockerEdition | MissingEdition> {
  const { name, version, release, packages } = generation;
  const containerd = await generation.containerd();
  if ("reason" in containerd) return containerd;
  const root = await debianPackages("docker", release, packages);
  return root === undefined ? { name, reason: NO_MIRROR } : { name, version, root, containerd };
}

/** What `docker run` is told to use this runtime. */
function runtimeFlags(edition: DockerEdition): readonly string[] {
  return edition.version >= NAMES_SHIMS_SINCE ? ["--runtime", RUNTIME] : [];
}

function defineOn(edition: DockerEdition, define: (machine: DockerMachine) => void): void {
  let daemon: DockerDaemon | undefined;
  const views: (() => Promise<void>)[] = [];
  const place = useContainerd(edition.containerd, {
    settings: (directory) => settings(edition, directory),
    prepare: async (where) => {
      for (const path of ["/etc", "/run"]) views.push(await ownView(path, where.directory));
      for (const path of ["/etc/subuid", "/etc/subgid"]) writeFileSync(path, SUBORDINATE_IDS);
      const layer = await buildLayer(where.directory, BUSYBOX_IMAGE);
      daemon = new DockerDaemon({ edition, place: where, name: "docker", config: {}, layer });
    },
    dismantle: async () => {
      await daemon?.remove();
      for (const end of views.reverse()) await end();
    },
  });
  define({
    edition,
    test: (name, body) => {
      test(`${name} (${edition.name})`, async () => {
        if (daemon === undefined) throw new Error("there is no Docker");
        await daemon.start();
        await runTest(place, new DockerScope(daemon, runtimeFlags(edition)), body);
      });
    },
  });
}

/** With Docker 20.10 the shim takes the place of runc's, by a link of that name in front of the PATH. */
function settings(edition: DockerEdition, directory: string): Settings {
  const plain = { version: 2, enabled: [], config: "" } as const;
  if (edition.version >= NAMES_SHIMS_SINCE || !RUNTIME.includes("tsrunc")) {
    return { ...plain, within: [] };
  }
  const shims = join(directory, "shims");
  mkdirSync(shims, { recursive: true });
  const shim = join(import.meta.dirname, "..", "..", "build", "dist", "containerd-shim-tsrunc-v1");
  symlinkSync(shim, join(shims, "containerd-shim-runc-v2"));
  return { ...plain, within: ["sh", "-c", `PATH=${shims}${delimiter}$PATH exec "$@"`, "sh"] };
}

async function runTest(
  place: Place,
  scope: DockerScope,
  body: (scope: DockerScope) => Promise<void>,
): Promise<void> {
  // Docker mounts it for the first container with --network host, and keeps it.
  const kept = `mount ${scope.daemon.hostNamespace}`;
  const machineBefore = new Set([...takeSnapshot(place.token), kept]);
  try {
    await body(scope);
    await scope.end();
    await assertNothingLeft(place.token, machineBefore);
  } catch (error) {
    // A failed test may leave anything; its own error is the one to show.
    await scope.end().catch(() => undefined);
    await sweep(place.token, machineBefore);
    throw withLog(error, place.containerd, place.token);
  }
}
