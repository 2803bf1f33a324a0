// SPDX-License-Identifier: Apache-2.0
// A client of the Container Runtime Interface: what the kubelet calls, one call at a time.

import * as grpc from "@grpc/grpc-js";
import type { ContainerConfig, LinuxResources, PodConfig } from "./cri-config.ts";
import { within } from "./eventually.ts";
import { callUnary, connect, Messages } from "./messages.ts";

const MESSAGES = new Messages("cri.proto", "runtime.v1");

/** The kubelet waits two minutes (but for a Stop: the grace period more). Longer than anything here needs. */
const CALL_MS = 60_000;

export interface ContainerStatus {
  readonly id: string;
  readonly state: "CONTAINER_CREATED" | "CONTAINER_RUNNING" | "CONTAINER_EXITED";
  /** Nanoseconds since 1970, rounded to what a number can hold. */
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly logPath: string;
}

export interface PodStatus {
  readonly state: "SANDBOX_READY" | "SANDBOX_NOTREADY";
  readonly network: { readonly ip: string } | null;
  readonly runtimeHandler: string;
}

export interface ListedContainer {
  readonly id: string;
  readonly podSandboxId: string;
  readonly state: string;
}

export interface ContainerStats {
  readonly attributes: { readonly id: string };
  readonly cpu: { readonly usageCoreNanoSeconds: { readonly value: number } };
  readonly memory: { readonly workingSetBytes: { readonly value: number } };
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Which streams a client wants. A terminal has no stderr of its own. */
export interface StreamChoice {
  readonly stdin?: boolean;
  readonly stderr?: boolean;
  readonly tty?: boolean;
}

export interface RuntimeHandler {
  readonly name: string;
  readonly features: {
    readonly recursiveReadOnlyMounts: boolean;
    readonly userNamespaces: boolean;
  } | null;
}

export interface RuntimeStatus {
  readonly conditions: readonly {
    readonly type: string;
    readonly status: boolean;
    readonly message: string;
  }[];
  /** Empty before 2.0. */
  readonly handlers: readonly RuntimeHandler[];
}

/** One connection to one containerd. */
export class CriApi {
  readonly #client: grpc.Client;

  constructor(address: string) {
    this.#client = connect(address);
  }

  close(): void {
    this.#client.close();
  }

  async status(): Promise<RuntimeStatus> {
    const answer = await this.#call("Status", {});
    const { conditions } = answer["status"] as RuntimeStatus;
    return { conditions, handlers: answer["runtimeHandlers"] as RuntimeHandler[] };
  }

  /** Whether an image is there for containers to be made of. */
  async hasImage(image: string): Promise<boolean> {
    const answer = await this.#call("ImageStatus", { image: { image } }, "ImageService");
    return answer["image"] !== null;
  }

  /** Returns the id of the pod. */
  async runPod(config: PodConfig, runtimeHandler: string): Promise<string> {
    const answer = await this.#call("RunPodSandbox", { config, runtimeHandler });
    return answer["podSandboxId"] as string;
  }

  async podStatus(podSandboxId: string): Promise<PodStatus> {
    return (await this.#call("PodSandboxStatus", { podSandboxId }))["status"] as PodStatus;
  }

  /** What containerd says of the pod's own container besides: its pid is in it. */
  async podInfo(podSandboxId: string): Promise<{ readonly pid: number }> {
    const answer = await this.#call("PodSandboxStatus", { podSandboxId, verbose: true });
    return readInfo(answer);
  }

  async pods(): Promise<string[]> {
    const items = (await this.#call("ListPodSandbox", {}))["items"] as { id: string }[];
    return items.map(({ id }) => id);
  }

  async stopPod(podSandboxId: string): Promise<void> {
    await this.#call("StopPodSandbox", { podSandboxId });
  }

  async removePod(podSandboxId: string): Promise<void> {
    await this.#call("RemovePodSandbox", { podSandboxId });
  }

  /** Returns the id of the container. */
  async createContainer(
    podSandboxId: string,
    config: ContainerConfig,
    sandboxConfig: PodConfig,
  ): Promise<string> {
    const answer = await this.#call("CreateContainer", { podSandboxId, config, sandboxConfig });
    return answer["containerId"] as string;
  }

  async startContainer(containerId: string): Promise<void> {
    await this.#call("StartContainer", { containerId });
  }

  /** `timeoutSeconds` is the grace period. */
  async stopContainer(containerId: string, timeoutSeconds: number): Promise<void> {
    await this.#call("StopContainer", { containerId, timeout: timeoutSeconds });
  }

  async removeContainer(containerId: string): Promise<void> {
    await this.#call("RemoveContainer", { containerId });
  }

  async containers(podSandboxId: string): Promise<ListedContainer[]> {
    const answer = await this.#call("ListContainers", { filter: { podSandboxId } });
    return answer["containers"] as ListedContainer[];
  }

  async containerStatus(containerId: string): Promise<ContainerStatus> {
    return (await this.#call("ContainerStatus", { containerId }))["status"] as ContainerStatus;
  }

  /** What containerd says of a container besides: its pid is in it. */
  async containerInfo(containerId: string): Promise<{ readonly pid: number }> {
    return readInfo(await this.#call("ContainerStatus", { containerId, verbose: true }));
  }

  async containerStats(containerId: string): Promise<ContainerStats> {
    return (await this.#call("ContainerStats", { containerId }))["stats"] as ContainerStats;
  }

  async updateResources(containerId: string, linux: LinuxResources): Promise<void> {
    await this.#call("UpdateContainerResources", { containerId, linux });
  }

  /** `timeoutSeconds` 0 is no limit. */
  async execSync(
    containerId: string,
    cmd: readonly string[],
    timeoutSeconds = 0,
  ): Promise<ExecResult> {
    const request = { containerId, cmd, timeout: timeoutSeconds };
    const answer = await this.#call("ExecSync", request);
    return {
      stdout: String(answer["stdout"]),
      stderr: String(answer["stderr"]),
      exitCode: answer["exitCode"] as number,
    };
  }

  /** Where the streams of a new process in the container can be had, once. stdout is always one of them. */
  async exec(containerId: string, cmd: readonly string[], streams: StreamChoice): Promise<string> {
    const request = { containerId, cmd, stdout: true, ...streams };
    return (await this.#call("Exec", request))["url"] as string;
  }

  /** The same for those of the container itself. */
  async attach(containerId: string, streams: StreamChoice): Promise<string> {
    const request = { containerId, stdout: true, ...streams };
    return (await this.#call("Attach", request))["url"] as string;
  }

  async #call(
    method: string,
    request: object,
    service = "RuntimeService",
  ): Promise<Record<string, unknown>> {
    const call = {
      path: `/runtime.v1.${service}/${method}`,
      requestType: `${method}Request`,
      responseType: `${method}Response`,
      metadata: new grpc.Metadata({ waitForReady: true }),
    };
    return await within(method, CALL_MS, callUnary(this.#client, MESSAGES, call, request));
  }
}

function readInfo(answer: Record<string, unknown>): { readonly pid: number } {
  const { info } = answer["info"] as { info: string };
  return JSON.parse(info);
}
