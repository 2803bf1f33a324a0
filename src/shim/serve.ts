// SPDX-License-Identifier: Apache-2.0
// The daemon: everything that a shim is made of, put together. It holds the containers of one containerd namespace, one or
// a group of them, until it is asked to end and none is left.

import { readFile } from "node:fs";
import { promisify } from "node:util";
import { TaskError } from "../base/errors.ts";
import type { LogFields, Logger } from "../base/log.ts";
import { createRuntime } from "../runtime/runtime.ts";
import type { Runtime } from "../runtime/types.ts";
import { nowNs } from "../sys/clock.ts";
import { setName } from "../sys/process.ts";
import { Reaper } from "../sys/reaper.ts";
import { connectUnix } from "../sys/socket.ts";
import { createTaskService, type TaskService } from "../task/service.ts";
import { Client } from "../ttrpc/client.ts";
import { systemClock } from "../ttrpc/transport.ts";
import { DEFAULT_STATE_ROOT, readSandbox, writeStateRoot } from "./bundle-files.ts";
import { Endpoint } from "./endpoint.ts";
import { hookEnvironment, NOFILE_VARIABLE, parseDescriptorLimit } from "./environment.ts";
import type { ShimFlags } from "./flags.ts";
import { type Inheritance, takeInheritance } from "./inheritance.ts";
import { Lifetime } from "./lifetime.ts";
import { openLog } from "./log.ts";
import { Publisher } from "./publisher.ts";
import { joinConfiguredCgroup } from "./shim-cgroup.ts";
import { handleSignals } from "./signals.ts";
import { SocketTransport } from "./socket-transport.ts";
import { addressPath } from "./unix-address.ts";

/** What ps shows; the kernel keeps 15 bytes. The same as containerd's own shims. */
const PROCESS_NAME = "containerd-shim";
/** A poll handle does not keep the event loop alive, and neither do our timers: this one does. The longest there is. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

/** Serves until the process ends; the promise never resolves. Throws before the first request only. */
export async function serve(flags: ShimFlags): Promise<never> {
  const bundle = process.cwd();
  const inheritance = takeInheritance(flags);
  // Nothing of the daemon is relative to one container's bundle; and no mount is kept busy.
  process.chdir("/");
  setName(PROCESS_NAME);
  const { namespace, debug } = flags;
  const log = openLog({ debug: debug || inheritance.bootstrap.debug, namespace });
  try {
    assemble({ flags, bundle, inheritance, log });
  } catch (error) {
    inheritance.abandon();
    throw error;
  }
  const { promise } = Promise.withResolvers<never>();
  return promise;
}

interface Parts {
  readonly flags: ShimFlags;
  /** Absolute. */
  readonly bundle: string;
  readonly inheritance: Inheritance;
  readonly log: Logger;
}

function assemble({ flags, bundle, inheritance, log }: Parts): void {
  const { namespace } = flags;
  const publisher = new Publisher({ namespace, log, connect: connectToContainerd });
  const hookEnv = hookEnvironment(process.env);
  const reaper = Reaper.start();
  const inner = createRuntime({ reaper, log, now: nowNs, nofile: readLimit(), hookEnv });
  const placed = joinConfiguredCgroup(inheritance.bootstrap);
  const runtime: Runtime = {
    async create(options) {
      lifetime.markUsed();
      await placed;
      writeStateRoot(options.bundle, options.stateRoot);
      return inner.create({ ...options, dependsOn: readSandbox(options.bundle) });
    },
  };
  const task = createTaskService({
    ...{ runtime, namespace, log, shimPid: process.pid, stateRoot: DEFAULT_STATE_ROOT },
    publish: (event) => publisher.publish(event),
    shutdown: () => lifetime.requestEnd(),
    now: nowNs,
    readConfig: (path) => promisify(readFile)(path, "utf8"),
  });
  const { socket, path } = inheritance;
  const { services, registry } = task;
  const endpoint = new Endpoint({ socket, path, services, log, now: systemClock.now });
  const keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
  const lifetime: Lifetime = new Lifetime({
    ...{ bundle, endpoint, publisher, log, clock: systemClock },
    isIdle: () => registry.idle,
    exit(code) {
      clearInterval(keepAlive);
      process.exit(code);
    },
  });
  handleSignals({
    log,
    onTerminate: (signal) => lifetime.terminate(signal),
    describe: () => describe(task, endpoint, publisher),
  });
}

/** The limit that containerd had; the launcher recorded it. */
function readLimit(): ReturnType<typeof parseDescriptorLimit> {
  return parseDescriptorLimit(process.env[NOFILE_VARIABLE]);
}

function connectToContainerd(): Client {
  const address = process.env["TTRPC_ADDRESS"] ?? "";
  if (address === "") throw new TaskError("unavailable", "TTRPC_ADDRESS is not set");
  const transport = new SocketTransport(connectUnix(addressPath(address)));
  const client = new Client(transport);
  transport.attach(client);
  return client;
}

function describe(task: TaskService, endpoint: Endpoint, publisher: Publisher): LogFields {
  const containers = task.registry.list();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    containers: containers.map(({ id, init }) => `${id}=${init.state.kind}`).join(","),
    connections: endpoint.connections,
    queuedEvents: publisher.queued,
    rssBytes: rss,
    heapBytes: heapUsed,
    resources: process.getActiveResourcesInfo().join(","),
    uptimeSeconds: Math.round(process.uptime()),
  };
}
