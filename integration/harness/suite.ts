// SPDX-License-Identifier: Apache-2.0
// The frame of a test file: `onEachContainerd` runs its tests against each containerd there is, each test in a containerd
// namespace of its own, and fails when a test leaves anything on the machine.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Api } from "./api.ts";
import { Containerd, type Settings } from "./containerd.ts";
import { debianEdition, type Edition, type MissingEdition, systemEdition } from "./debian.ts";
import { buildImage, type Image } from "./image.ts";
import { assertNothingLeft, type Snapshot, sweep, takeSnapshot } from "./leftovers.ts";
import { Scope } from "./scope.ts";

/** The runtime under test. TEST_RUNTIME=io.containerd.runc.v2 shows what the tests say of the reference. */
export const RUNTIME = process.env["TEST_RUNTIME"] ?? "io.containerd.tsrunc.v1";

/** Whether this is `make test-full`. */
export const FULL = process.env["TSRUNC_TEST_FULL"] === "1";

/** A containerd that is running, and how to declare a test on it. */
export interface Machine {
  readonly edition: Edition;
  readonly test: Declare;
  /**
   * For a test in which no containerd has a say: one that waits until a time-out of the shim's own is over, or that compares what
   * two runtimes make of a configuration. Except in `make test-full` it runs on the newest containerd alone.
   */
  readonly runtimeTest: Declare;
}

type Declare = (name: string, body: (scope: Scope) => Promise<void>) => void;

/** Runs `define` for each containerd. TEST_CONTAINERD=1.6 (or 2, sid, ...) takes only those whose name has that. */
export async function onEachContainerd(
  define: (machine: Machine) => void,
  surroundings: () => Surroundings = () => ({}),
): Promise<void> {
  await onEachEdition((edition, isNewest) => {
    defineOn({ edition, isNewest }, define, surroundings());
  });
}

/** Runs `define` for each containerd that there is and that is asked for, in a `describe` of its own. */
export async function onEachEdition(
  define: (edition: Edition, isNewest: boolean) => void,
): Promise<void> {
  const only = process.env["TEST_CONTAINERD"] ?? "";
  const asked = (await editions()).filter(({ name }) => name.includes(only));
  const newest = asked.findLast((edition) => !("reason" in edition));
  for (const edition of asked) {
    if ("reason" in edition) test(`on ${edition.name}`, { skip: edition.reason }, () => undefined);
    else describe(`on ${edition.name}`, () => define(edition, edition === newest));
  }
}

/** From the oldest to the newest. */
async function editions(): Promise<(Edition | MissingEdition)[]> {
  return [await systemEdition(), await debianEdition("trixie"), await debianEdition("sid")];
}

/** A containerd and the directory that everything of its tests is in. */
export interface Place {
  readonly containerd: Containerd;
  readonly directory: string;
  /** In the name of every namespace, cgroup and path of this run, and of nothing else. */
  readonly token: string;
}

/** What a containerd needs besides itself. */
export interface Surroundings {
  readonly settings?: (directory: string) => Settings;
  /** Before containerd starts. */
  readonly prepare?: (place: Place) => Promise<void>;
  /** After it has ended. */
  readonly dismantle?: (place: Place) => Promise<void>;
}

/** Has a containerd run for the tests of this `describe`, and fails when they leave anything behind. */
export function useContainerd(edition: Edition, surroundings: Surroundings = {}): Place {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-it-"));
  // As /run/containerd is: a container's root that is another user on the host comes by.
  chmodSync(directory, 0o711);
  const token = basename(directory);
  const containerd = new Containerd(edition, directory, surroundings.settings?.(directory));
  const place = { containerd, directory, token };
  let machineBefore: Snapshot = new Set();

  // A second signal must not cut the cleaning short.
  let aborting = false;
  const abort = (): void => {
    if (aborting) return;
    aborting = true;
    containerd.kill();
    void sweep(token, machineBefore)
      .then(() => rmSync(directory, { recursive: true, force: true }))
      .finally(() => process.exit(1));
  };

  before(async () => {
    machineBefore = takeSnapshot(token);
    process.on("SIGTERM", abort);
    process.on("SIGINT", abort);
    await surroundings.prepare?.(place);
    await containerd.start();
  });

  after(async () => {
    await containerd.stop();
    try {
      await surroundings.dismantle?.(place);
      await assertNothingLeft(token, machineBefore);
    } finally {
      await sweep(token, machineBefore);
      rmSync(directory, { recursive: true, force: true });
      process.off("SIGTERM", abort);
      process.off("SIGINT", abort);
    }
  });
  return place;
}

function defineOn(
  { edition, isNewest }: { readonly edition: Edition; readonly isNewest: boolean },
  define: (machine: Machine) => void,
  surroundings: Surroundings,
): void {
  let image: Image | undefined;
  let count = 0;
  const { containerd, token } = useContainerd(edition, {
    ...surroundings,
    prepare: async (place) => {
      await surroundings.prepare?.(place);
      image = await buildImage(join(place.directory, "image.tar"));
    },
  });

  const declare: Declare = (name, body) => {
    test(`${name} (${edition.name})`, async () => {
      if (image === undefined) throw new Error("the image was not built");
      count += 1;
      const namespace = `${token}-${count}`;
      await runTest({ containerd, image, namespace }, body);
    });
  };
  define({ edition, test: declare, runtimeTest: FULL || isNewest ? declare : () => undefined });
}

interface TestPlace {
  readonly containerd: Containerd;
  readonly image: Image;
  readonly namespace: string;
}

/** One test: its namespace is made, emptied and removed, and the machine is compared before and after. */
async function runTest(place: TestPlace, body: (scope: Scope) => Promise<void>): Promise<void> {
  const { containerd, image, namespace } = place;
  const api = new Api(containerd.address, namespace);
  const scope = new Scope({ containerd, api, image, runtime: RUNTIME });
  const machineBefore = takeSnapshot(namespace);
  try {
    await scope.importImage();
    await body(scope);
  } catch (error) {
    // A failed test may leave anything; its own error is the one to show.
    await scope.end().catch(() => undefined);
    await sweep(namespace, machineBefore);
    throw withLog(error, containerd, namespace);
  }
  try {
    await scope.end();
    assert.deepEqual(readdirSync(scope.fifoDirectory), [], "FIFOs that ctr made are gone");
    await assertNothingLeft(namespace, machineBefore);
  } catch (error) {
    throw withLog(error, containerd, namespace);
  } finally {
    await sweep(namespace, machineBefore);
  }
}

/** The error with the end of what containerd's log says of `subject`: what the shim said is there. */
export function withLog(error: unknown, containerd: Containerd, subject: string): unknown {
  const lines = containerd.log
    .split("\n")
    .filter((line) => line.includes(subject) || !line.startsWith("time="))
    .filter((line) => !line.includes("level=debug"));
  if (error instanceof Error) {
    error.stack = `${error.stack ?? error.message}\ncontainerd's log:\n${lines.slice(-12).join("\n")}`;
  }
  return error;
}
