// SPDX-License-Identifier: Apache-2.0
// The frame of a test file that is a kubelet: `onEachCri` runs its tests against each containerd with its CRI plugin, whose
// configuration for this runtime is the one that deploy/README.md tells users to write. Pods have a network: it is made in a
// network namespace that containerd runs in, so that no device, address or rule of the machine's own is touched.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { before, test } from "node:test";
import { check } from "./command.ts";
import type { Settings } from "./containerd.ts";
import { CriApi } from "./cri-api.ts";
import { CriScope } from "./cri-scope.ts";
import type { Edition } from "./debian.ts";
import { eventually } from "./eventually.ts";
import { BUSYBOX_IMAGE, buildImage, type Recipe } from "./image.ts";
import { assertNothingLeft, sweep, takeSnapshot } from "./leftovers.ts";
import { CNI_PLUGINS, PodNetwork } from "./network.ts";
import { onEachEdition, type Place, RUNTIME, useContainerd, withLog } from "./suite.ts";

/** The handler that deploy/README.md configures. */
export const HANDLER = "tsrunc";

/** The same for 2.x as deploy/README.md configures it where the kubelet must know what the handler can do. */
export const KNOWN_HANDLER = "tsrunc-known";

/** The same with a table of options. */
export const OPTIONS_HANDLER = "tsrunc-options";

/**
 * The same with a shim that says that it speaks version 3 of the Task service: containerd then connects the containers of a
 * pod to the pod's shim by itself. For 2.x.
 */
export const DIRECT_HANDLER = "tsrunc-direct";

/** A containerd with CRI that is running, and how to declare a test on it. */
export interface CriMachine {
  readonly edition: Edition;
  readonly test: (name: string, body: (scope: CriScope) => Promise<void>) => void;
}

/** CRI's containerd namespace is always this one. */
const CRI_NAMESPACE = "k8s.io";

const PLUGINS = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
];

const DEPLOY_README = resolve(import.meta.dirname, "..", "..", "deploy", "README.md");
const SHIM = resolve(
  ...[import.meta.dirname, "..", "..", "build", "dist", "containerd-shim-tsrunc-v1"],
);

/** What TEST_RUNTIME replaces. */
const OUR_RUNTIME = "io.containerd.tsrunc.v1";

const PAUSE_IMAGE: Recipe = {
  name: "localhost/tsrunc/pause:latest",
  config: { Entrypoint: ["/pause"] },
  fill: async (root) => {
    const source = join(import.meta.dirname, "pause.c");
    await check(["gcc", "-static", "-Os", "-s", "-o", join(root, "pause"), source]);
  },
};

/** Runs `define` for each containerd, as onEachContainerd does. */
export async function onEachCri(define: (machine: CriMachine) => void): Promise<void> {
  await onEachEdition((edition) => defineOn(edition, define));
}

function defineOn(edition: Edition, define: (machine: CriMachine) => void): void {
  let count = 0;
  let network: PodNetwork | undefined;
  const place = useContainerd(edition, {
    settings: (directory) => {
      network = new PodNetwork(directory, basename(directory));
      return settings(edition, directory, network);
    },
    prepare: async () => await network?.make(),
    dismantle: async () => await network?.remove(),
  });
  before(async () => {
    try {
      for (const recipe of [PAUSE_IMAGE, BUSYBOX_IMAGE]) await importImage(place, recipe);
    } catch (error) {
      throw withLog(error, place.containerd, "cri");
    }
  });
  define({
    edition,
    test: (name, body) => {
      test(`${name} (CRI of ${edition.name})`, async () => {
        if (network === undefined) throw new Error("the network was not made");
        count += 1;
        await runTest({ ...place, network }, count, body);
      });
    },
  });
}

/** Where each of them starts from is made by the client that imports it. */
async function importImage(place: Place, recipe: Recipe): Promise<void> {
  const { containerd, directory } = place;
  const archive = join(directory, "image.tar");
  await buildImage(archive, recipe);
  const local = containerd.edition.major >= 2 ? ["--local"] : [];
  const client = [containerd.ctr, "--address", containerd.address, "--namespace", CRI_NAMESPACE];
  await check([...client, "images", "import", ...local, archive]);
  const api = new CriApi(containerd.address);
  try {
    await eventually(`CRI knows ${recipe.name}`, () => api.hasImage(recipe.name));
  } finally {
    api.close();
  }
}

async function runTest(
  place: Place & { readonly network: PodNetwork },
  count: number,
  body: (scope: CriScope) => Promise<void>,
): Promise<void> {
  const { containerd, network, token } = place;
  const name = `${token}-${count}`;
  const api = new CriApi(containerd.address);
  const directory = join(place.directory, `files-${count}`);
  const scope = new CriScope({
    ...{ api, containerd, name, directory },
    image: BUSYBOX_IMAGE.name,
    handler: HANDLER,
  });
  const machineBefore = new Set(takeSnapshot(token));
  // A test may have started containerd anew.
  const addContainerd = (): void => {
    const isContainerd = (thing: string): boolean => thing.startsWith(`process ${containerd.pid} `);
    for (const thing of takeSnapshot(token)) if (isContainerd(thing)) machineBefore.add(thing);
  };
  try {
    await body(scope);
    await scope.end();
    addContainerd();
    assert.deepEqual(await network.leftovers(), []);
    await assertNothingLeft(token, machineBefore);
  } catch (error) {
    // A failed test may leave anything; its own error is the one to show.
    await scope.end().catch(() => undefined);
    throw withLog(error, containerd, "");
  } finally {
    api.close();
    addContainerd();
    // The cgroups of the pods are the kubelet's to remove: they go here as well.
    await sweep(token, machineBefore);
  }
}

function settings(edition: Edition, directory: string, network: PodNetwork): Settings {
  const { version, runtime, cri } =
    edition.major >= 2
      ? { version: 3 as const, runtime: "io.containerd.cri.v1.runtime", cri: configOf2(network) }
      : { version: 2 as const, runtime: "io.containerd.grpc.v1.cri", cri: configOf1(network) };
  const runtimes = `plugins."${runtime}".containerd.runtimes`;
  const config = `${cri}
${documentedConfig(version)}
[${runtimes}.${OPTIONS_HANDLER}]
  runtime_type = ${JSON.stringify(RUNTIME)}
  [${runtimes}.${OPTIONS_HANDLER}.options]
    Root = ${JSON.stringify(join(directory, "runtime-root"))}
[${runtimes}.${DIRECT_HANDLER}]
  runtime_type = ${JSON.stringify(RUNTIME)}
  runtime_path = ${JSON.stringify(writeDirectShim(directory))}
`;
  return { version, enabled: PLUGINS, config, within: network.within };
}

/** What deploy/README.md tells users of a configuration version to write; the second way gets a name of its own. */
function documentedConfig(version: 2 | 3): string {
  const readme = readFileSync(DEPLOY_README, "utf8");
  const start = `version = ${version}\n`;
  const [first, second = "", ...others] = [...readme.matchAll(/^```toml\n(.*?)^```$/gms)]
    .map(([, block = ""]) => block)
    .filter((block) => block.startsWith(start))
    .map((block) => block.slice(start.length));
  if (first === undefined || others.length > 0) throw new Error("deploy/README.md has changed");
  const known = second.replace(`.${HANDLER}]`, `.${KNOWN_HANDLER}]`).replace(/"\/.*"/, `"${SHIM}"`);
  return `${first.replace(OUR_RUNTIME, RUNTIME)}${known}`;
}

/** No test needs a privileged port or more oom_score_adj than the machine gives. */
const COMMON = `
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true`;

function configOf1(network: PodNetwork): string {
  return `[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${JSON.stringify(PAUSE_IMAGE.name)}${COMMON}
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${JSON.stringify(CNI_PLUGINS)}
  conf_dir = ${JSON.stringify(network.configDirectory)}
`;
}

function configOf2(network: PodNetwork): string {
  return `[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = ${JSON.stringify(PAUSE_IMAGE.name)}
[plugins."io.containerd.cri.v1.runtime"]${COMMON}
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [${JSON.stringify(CNI_PLUGINS)}]
  conf_dir = ${JSON.stringify(network.configDirectory)}
`;
}

/** Only containerd 2.3 and later say who they are, so 2.0 to 2.2 are answered as 1.7 is: this changes the answer. */
function writeDirectShim(directory: string): string {
  const path = join(directory, "direct", "containerd-shim-tsrunc-v1");
  mkdirSync(join(directory, "direct"));
  const script = `#!/bin/bash
case " $* " in
*" start ") answer=$(${SHIM} "$@") && printf %s "\${answer/"version":2/"version":3}" ;;
*) exec ${SHIM} "$@" ;;
esac
`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}
