// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../base/log.ts";
import { ManualClock, settled } from "../ttrpc/test-kit.ts";
import { Lifetime } from "./lifetime.ts";

function setup(context: TestContext) {
  const bundle = mkdtempSync(join(tmpdir(), "lifetime-"));
  context.after(() => rmSync(bundle, { recursive: true, force: true }));
  const clock = new ManualClock();
  const steps: string[] = [];
  const world = { idle: true, unusedMs: 0, expectantMs: Number.POSITIVE_INFINITY, arrived: false };
  const lifetime = new Lifetime({
    bundle,
    endpoint: {
      get unusedMs() {
        return world.unusedMs;
      },
      get expectantMs() {
        return world.expectantMs;
      },
      withdraw() {
        steps.push("withdraw");
        return !world.arrived;
      },
      async settle() {
        steps.push("settle");
      },
      close() {
        steps.push("close");
      },
    },
    publisher: {
      async flush() {
        steps.push("flush");
        return true;
      },
    },
    isIdle: () => world.idle,
    exit: (code) => steps.push(`exit ${code}`),
    clock,
    log: silentLogger,
  });
  return { bundle, clock, steps, world, lifetime };
}

const WHOLE = ["withdraw", "settle", "close", "flush", "exit 0"];

test("a shim that is asked to end withdraws before it answers, and flushes events last", async (context) => {
  const { lifetime, steps } = setup(context);
  lifetime.requestEnd();
  assert.equal(steps[0], "withdraw");
  await settled();
  assert.deepEqual(steps, WHOLE);
});

test("asking twice ends once", async (context) => {
  const { lifetime, steps } = setup(context);
  lifetime.requestEnd();
  lifetime.requestEnd();
  lifetime.terminate("SIGTERM");
  await settled();
  assert.deepEqual(steps, WHOLE);
});

test("somebody who arrives at the last moment keeps the shim", async (context) => {
  const { lifetime, steps, world, clock } = setup(context);
  world.arrived = true;
  lifetime.requestEnd();
  await settled();
  assert.deepEqual(steps, ["withdraw"]);
  world.arrived = false;
  world.idle = false;
  clock.advance(60_000);
  await settled();
  assert.deepEqual(steps, ["withdraw"]);
});

test("somebody who arrived and left does not keep it for long", async (context) => {
  const { lifetime, steps, world, clock } = setup(context);
  world.arrived = true;
  lifetime.requestEnd();
  world.arrived = false;
  clock.advance(5_000);
  await settled();
  assert.deepEqual(steps, ["withdraw", ...WHOLE]);
});

test("a start that has just looked for this shim keeps it until its containerd had time to connect", async (context) => {
  const { lifetime, steps, world, clock } = setup(context);
  world.expectantMs = 100;
  lifetime.requestEnd();
  await settled();
  assert.deepEqual(steps, []);
  world.expectantMs = 5_100;
  clock.advance(5_000);
  await settled();
  assert.deepEqual(steps, WHOLE);
});

test("a signal ends it with containers", async (context) => {
  const { lifetime, steps, world } = setup(context);
  world.idle = false;
  lifetime.terminate("SIGTERM");
  await settled();
  assert.deepEqual(steps, WHOLE);
});

test("without containers and without a bundle before the first of them it ends", async (context) => {
  const { bundle, steps, clock } = setup(context);
  clock.advance(2_000);
  await settled();
  assert.deepEqual(steps, []);
  rmSync(bundle, { recursive: true });
  clock.advance(2_000);
  await settled();
  assert.deepEqual(steps, WHOLE);
});

test("a bundle that goes after the first container was made means nothing", async (context) => {
  const { bundle, lifetime, steps, clock } = setup(context);
  lifetime.markUsed();
  rmSync(bundle, { recursive: true });
  clock.advance(10_000);
  await settled();
  assert.deepEqual(steps, []);
});

test("without containers and without anybody connected for a minute it ends", async (context) => {
  const { steps, world, clock } = setup(context);
  world.unusedMs = 59_999;
  clock.advance(2_000);
  await settled();
  assert.deepEqual(steps, []);
  world.unusedMs = 60_000;
  clock.advance(2_000);
  await settled();
  assert.deepEqual(steps, WHOLE);
});

test("a container keeps it whatever else is the case", async (context) => {
  const { bundle, steps, world, clock } = setup(context);
  world.idle = false;
  world.unusedMs = 1e9;
  rmSync(bundle, { recursive: true });
  for (let n = 0; n < 10; n++) clock.advance(2_000);
  await settled();
  assert.deepEqual(steps, []);
});
