// SPDX-License-Identifier: Apache-2.0
// What one test of a kubelet works with: pods and their containers. `end` puts away whatever the test did not.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Containerd } from "./containerd.ts";
import type { ContainerStatus, CriApi, ExecResult, StreamChoice } from "./cri-api.ts";
import {
  type ContainerWishes,
  containerConfig,
  type PodConfig,
  type PodWishes,
  podConfig,
} from "./cri-config.ts";
import { type Conversation, converse, type Step } from "./cri-stream.ts";
import { eventually } from "./eventually.ts";
import type { PodNetwork } from "./network.ts";

export interface CriScopeParts {
  readonly api: CriApi;
  readonly containerd: Containerd;
  readonly network: PodNetwork;
  /** In the names of everything of this test. */
  readonly name: string;
  /** A directory of the test's own. */
  readonly directory: string;
  /** Of ordinary containers. */
  readonly image: string;
  readonly handler: string;
}

/** One line of a container's log. */
export interface LogLine {
  readonly stream: string;
  readonly text: string;
}

export class CriScope {
  readonly api: CriApi;
  readonly containerd: Containerd;
  readonly directory: string;
  readonly handler: string;
  readonly #parts: CriScopeParts;
  readonly #pods: Pod[] = [];

  constructor(parts: CriScopeParts) {
    this.api = parts.api;
    this.containerd = parts.containerd;
    this.directory = parts.directory;
    this.handler = parts.handler;
    this.#parts = parts;
    mkdirSync(parts.directory, { recursive: true });
  }

  /** A running pod without containers. */
  async pod(wishes: PodWishes = {}, handler: string = this.handler): Promise<Pod> {
    const number = this.#pods.length + 1;
    const place = {
      name: `pod${number}`,
      uid: `c0ffee00-0000-4000-8000-00000000000${number}`,
      cgroupParent: wishes.cgroupParent ?? `/${this.#parts.name}-pod${number}`,
      logRoot: join(this.directory, "logs"),
    };
    const config = podConfig(place, wishes);
    // The kubelet makes the directory before it asks for the pod.
    mkdirSync(config.logDirectory, { recursive: true });
    const id = await this.api.runPod(config, handler);
    const pod = new Pod(this.#parts, id, config);
    this.#pods.push(pod);
    return pod;
  }

  /** A directory or file name of the test's own. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Stops and removes the pods that are still there, and their containers with them, as the kubelet does. */
  async end(): Promise<void> {
    for (const id of await this.api.pods()) {
      await this.api.stopPod(id);
      await this.api.removePod(id);
    }
  }
}

export class Pod {
  readonly id: string;
  readonly config: PodConfig;
  readonly #api: CriApi;
  readonly #parts: CriScopeParts;

  constructor(parts: CriScopeParts, id: string, config: PodConfig) {
    this.id = id;
    this.config = config;
    this.#api = parts.api;
    this.#parts = parts;
  }

  /** The pid of the pod's own container. */
  async pid(): Promise<number> {
    return (await this.#api.podInfo(this.id)).pid;
  }

  /** A container that is created but does not run. */
  async create(
    name: string,
    command: readonly string[],
    wishes: ContainerWishes = {},
  ): Promise<PodContainer> {
    const mounts = [...this.#kubeletMounts(name), ...(wishes.mounts ?? [])];
    const container = { name, image: this.#parts.image, command };
    const config = containerConfig(this.config, container, { ...wishes, mounts });
    mkdirSync(join(this.config.logDirectory, name), { recursive: true });
    const id = await this.#api.createContainer(this.id, config, this.config);
    return new PodContainer(this.#parts, id, join(this.config.logDirectory, config.logPath));
  }

  /** A running container. */
  async run(
    name: string,
    command: readonly string[],
    wishes: ContainerWishes = {},
  ): Promise<PodContainer> {
    const container = await this.create(name, command, wishes);
    await container.start();
    return container;
  }

  /** What a container prints that runs to its end. Fails when it fails. */
  async outputOf(
    name: string,
    command: readonly string[],
    wishes: ContainerWishes = {},
  ): Promise<string> {
    const container = await this.run(name, command, wishes);
    const status = await container.ended();
    const output = container.log().map(({ text }) => `${text}\n`);
    if (status.exitCode !== 0) throw new Error(`${name} ended with ${status.exitCode}: ${output}`);
    return output.join("");
  }

  async stop(): Promise<void> {
    await this.#api.stopPod(this.id);
  }

  async remove(): Promise<void> {
    await this.#api.removePod(this.id);
  }

  /** Files that the kubelet makes for each pod and container and mounts into it. */
  #kubeletMounts(name: string): NonNullable<ContainerWishes["mounts"]>[number][] {
    const directory = join(this.#parts.directory, "kubelet", this.config.metadata.uid);
    mkdirSync(join(directory, "containers", name), { recursive: true });
    const hosts = join(directory, "etc-hosts");
    const termination = join(directory, "containers", name, "termination-log");
    writeFileSync(hosts, "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n");
    writeFileSync(termination, "", { mode: 0o666 });
    return [
      { containerPath: "/etc/hosts", hostPath: hosts },
      { containerPath: "/dev/termination-log", hostPath: termination },
    ];
  }
}

export class PodContainer {
  readonly id: string;
  readonly logPath: string;
  readonly #api: CriApi;
  readonly #parts: CriScopeParts;

  constructor(parts: CriScopeParts, id: string, logPath: string) {
    this.#parts = parts;
    this.#api = parts.api;
    this.id = id;
    this.logPath = logPath;
  }

  async start(): Promise<void> {
    await this.#api.startContainer(this.id);
  }

  async pid(): Promise<number> {
    return (await this.#api.containerInfo(this.id)).pid;
  }

  async status(): Promise<ContainerStatus> {
    return await this.#api.containerStatus(this.id);
  }

  /** Waits for its end. */
  async ended(): Promise<ContainerStatus> {
    return await eventually(`the end of container ${this.id}`, async () => {
      const status = await this.status();
      return status.state === "CONTAINER_EXITED" ? status : undefined;
    });
  }

  /** `timeoutSeconds` 0 is no limit. */
  async exec(command: readonly string[], timeoutSeconds = 0): Promise<ExecResult> {
    return await this.#api.execSync(this.id, command, timeoutSeconds);
  }

  /** A conversation with a new process, as `kubectl exec -i` has one; with a terminal as `kubectl exec -it`. */
  async talk(
    command: readonly string[],
    choice: StreamChoice,
    steps: readonly Step[],
  ): Promise<Conversation> {
    const url = await this.#parts.api.exec(this.id, command, choice);
    return await converse(this.#parts.network, url, steps);
  }

  /** A conversation with the container itself, as `kubectl attach -i` has one. */
  async attach(choice: StreamChoice, steps: readonly Step[]): Promise<Conversation> {
    const url = await this.#parts.api.attach(this.id, choice);
    return await converse(this.#parts.network, url, steps);
  }

  /** stdout of a command that must succeed. */
  async outputOf(command: readonly string[]): Promise<string> {
    const result = await this.exec(command);
    if (result.exitCode === 0) return result.stdout;
    throw new Error(`"${command.join(" ")}" ended with ${result.exitCode}: ${result.stderr}`);
  }

  async stop(timeoutSeconds: number): Promise<void> {
    await this.#api.stopContainer(this.id, timeoutSeconds);
  }

  async remove(): Promise<void> {
    await this.#api.removeContainer(this.id);
  }

  /** What has been written to the log file so far: "<time> stdout F text". */
  log(): LogLine[] {
    return readFileSync(this.logPath, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const match = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) (stdout|stderr) [FP] (.*)$/.exec(
          line,
        );
        if (match === null) throw new Error(`not a line of a CRI log: "${line}"`);
        const [, stream = "", text = ""] = match;
        return { stream, text };
      });
  }
}
