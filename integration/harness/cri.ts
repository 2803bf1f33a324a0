// SPDX-License-Identifier: Apache-2.0
// The frame of a test file that is a kubelet: `onEachCri` runs its tests against each containerd with its CRI plugin, whose
// configuration for this runtime is the one that deploy/README.md tells users to write. Pods have a network: it is made in a
// network namespace that containerd runs in, so that no device, address or rule of the machine's own is touched.

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { before, test } from "node:test";
import { check } from "./command.ts";
import { CriApi } from "./cri-api.ts";
import { CriScope } from "./cri-scope.ts";
import { criSettings, HANDLER } from "./cri-settings.ts";
import type { Edition } from "./debian.ts";
import { eventually } from "./eventually.ts";
import { BUSYBOX_IMAGE, buildImage, type Recipe } from "./image.ts";
import { assertNothingLeft, sweep, takeSnapshot } from "./leftovers.ts";
import { PodNetwork } from "./network.ts";
import { onEachEdition, type Place, useContainerd, withLog } from "./suite.ts";

/** A containerd with CRI that is running, and how to declare a test on it. */
export interface CriMachine {
  readonly edition: Edition;
  readonly test: (name: string, body: (scope: CriScope) => Promise<void>) => void;
}

/** CRI's containerd namespace is always this one. */
const CRI_NAMESPACE = "k8s.io";

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
      return criSettings(edition, { directory, network, pauseImage: PAUSE_IMAGE.name });
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
    ...{ api, containerd, network, name, directory },
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
