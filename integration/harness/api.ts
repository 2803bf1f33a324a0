// SPDX-License-Identifier: Apache-2.0
// A client of containerd's public gRPC API, for what `ctr` can't do one step at a time. Messages come from
// integration/protos by reflection.

import * as grpc from "@grpc/grpc-js";
import { eventually } from "./eventually.ts";
import { callUnary, connect, Messages } from "./messages.ts";

const MESSAGES = new Messages("containerd.proto", "containerd");

const PROBE_TOPIC = "/tests/probe";

export interface Any {
  readonly type_url: string;
  readonly value: Uint8Array;
}

export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly options: readonly string[];
}

/** A task or an exec, by the names that containerd gives to both. */
export interface ProcessKey {
  readonly containerId: string;
  readonly execId?: string;
}

export interface Exit {
  readonly exitStatus: number;
  readonly exitedAt: Timestamp | null;
}

export interface ProcessState extends Exit {
  readonly containerId: string;
  readonly id: string;
  readonly pid: number;
  /** 1 created, 2 running, 3 stopped, 4 paused. */
  readonly status: number;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a process reads and writes: paths of FIFOs, or nothing. */
export interface Streams {
  readonly stdin?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly terminal?: boolean;
}

/** An event as it came, with the fields that its topic has. */
export interface TaskEvent {
  readonly topic: string;
  readonly namespace: string;
  readonly containerId: string;
  /** The exec id, where the event has one. In an exit of the container itself: the container's id. */
  readonly id: string;
  readonly pid: number;
  readonly exitStatus: number;
}

/** One connection to one containerd, in one containerd namespace. */
export class Api {
  readonly namespace: string;
  readonly #client: grpc.Client;

  constructor(address: string, namespace: string) {
    this.namespace = namespace;
    this.#client = connect(address);
  }

  close(): void {
    this.#client.close();
  }

  async createContainer(fields: {
    readonly id: string;
    readonly runtime: string;
    readonly spec: unknown;
    readonly snapshotKey: string;
  }): Promise<void> {
    const spec: Any = {
      type_url: "types.containerd.io/opencontainers/runtime-spec/1/Spec",
      value: Buffer.from(JSON.stringify(fields.spec)),
    };
    const container = {
      id: fields.id,
      runtime: { name: fields.runtime },
      spec,
      snapshotter: "overlayfs",
      snapshotKey: fields.snapshotKey,
    };
    await this.#call("containers", "Create", "CreateContainer", { container });
  }

  async deleteContainer(id: string): Promise<void> {
    await this.#call("containers", "Delete", ["DeleteContainerRequest", "google.protobuf.Empty"], {
      id,
    });
  }

  async prepareSnapshot(key: string, parent: string): Promise<readonly Mount[]> {
    // A root for the garbage collector, until the container that uses it exists.
    const labels = { "containerd.io/gc.root": "2026-01-01T00:00:00Z" };
    const request = { snapshotter: "overlayfs", key, parent, labels };
    const answer = await this.#call("snapshots", "Prepare", "PrepareSnapshot", request);
    return answer["mounts"] as readonly Mount[];
  }

  async removeSnapshot(key: string): Promise<void> {
    const types = ["RemoveSnapshotRequest", "google.protobuf.Empty"] as const;
    await this.#call("snapshots", "Remove", types, { snapshotter: "overlayfs", key });
  }

  /** Returns the pid of the container's init. */
  async createTask(id: string, rootfs: readonly Mount[], streams: Streams): Promise<number> {
    const request = { containerId: id, rootfs, ...streams };
    return (await this.#call("tasks", "Create", "CreateTask", request))["pid"] as number;
  }

  async start(key: ProcessKey): Promise<number> {
    return (await this.#call("tasks", "Start", "Start", key))["pid"] as number;
  }

  async state(key: ProcessKey): Promise<ProcessState> {
    return (await this.#call("tasks", "Get", "Get", key))["process"] as ProcessState;
  }

  async kill(key: ProcessKey, signal: number, all = false): Promise<void> {
    const types = ["KillRequest", "google.protobuf.Empty"] as const;
    await this.#call("tasks", "Kill", types, { ...key, signal, all });
  }

  /** Resolves when the process has ended, however long that takes. */
  async wait(key: ProcessKey): Promise<Exit> {
    return (await this.#call("tasks", "Wait", "Wait", key)) as unknown as Exit;
  }

  /** Deletes a task or an exec that has ended. */
  async delete(key: ProcessKey): Promise<Exit> {
    const [method, request] =
      key.execId === undefined
        ? ["Delete", "DeleteTaskRequest"]
        : ["DeleteProcess", "DeleteProcessRequest"];
    const answer = await this.#call("tasks", method, [request, "DeleteResponse"], key);
    return answer as unknown as Exit;
  }

  async exec(key: Required<ProcessKey>, process: unknown, streams: Streams = {}): Promise<void> {
    const spec: Any = {
      type_url: "types.containerd.io/opencontainers/runtime-spec/1/Process",
      value: Buffer.from(JSON.stringify(process)),
    };
    const types = ["ExecProcessRequest", "google.protobuf.Empty"] as const;
    await this.#call("tasks", "Exec", types, { ...key, spec, ...streams });
  }

  async resize(key: ProcessKey, width: number, height: number): Promise<void> {
    const types = ["ResizePtyRequest", "google.protobuf.Empty"] as const;
    await this.#call("tasks", "ResizePty", types, { ...key, width, height });
  }

  async closeStdin(key: ProcessKey): Promise<void> {
    const types = ["CloseIORequest", "google.protobuf.Empty"] as const;
    await this.#call("tasks", "CloseIO", types, { ...key, stdin: true });
  }

  async pids(containerId: string): Promise<number[]> {
    const answer = await this.#call("tasks", "ListPids", "ListPids", { containerId });
    return (answer["processes"] as { pid: number }[]).map((process) => process.pid);
  }

  async tasks(): Promise<ProcessState[]> {
    return (await this.#call("tasks", "List", "ListTasks", {}))["tasks"] as ProcessState[];
  }

  /** The type of the metrics of one container, and their encoding. */
  async metrics(containerId: string): Promise<Any> {
    const request = { filters: [`id==${containerId}`] };
    const answer = await this.#call("tasks", "Metrics", "Metrics", request);
    const [metric] = answer["metrics"] as { data: Any }[];
    if (metric === undefined) throw new Error(`no metrics for ${containerId}`);
    return metric.data;
  }

  /** Collects events from now on, in the order of their coming. The server has accepted it when this resolves. */
  async subscribe(): Promise<Subscription> {
    const stream = this.#client.makeServerStreamRequest(
      "/containerd.services.events.v1.Events/Subscribe",
      (request: object) => MESSAGES.encode("SubscribeRequest", request),
      (bytes: Buffer) => MESSAGES.decode("Envelope", bytes),
      { filters: [`namespace==${this.namespace}`] },
      this.#metadata(),
    );
    const subscription = new Subscription(stream);
    // The server sends nothing when it has subscribed us: an event of our own shows that it has.
    await eventually("the subscription to events works", async () => {
      await this.#call("events", "Publish", ["PublishRequest", "google.protobuf.Empty"], {
        topic: PROBE_TOPIC,
        event: { type_url: "containerd.events.TaskOOM", value: Buffer.alloc(0) },
      });
      return subscription.ready;
    });
    return subscription;
  }

  #metadata(): grpc.Metadata {
    const metadata = new grpc.Metadata({ waitForReady: true });
    metadata.set("containerd-namespace", this.namespace);
    return metadata;
  }

  async #call(
    service: string,
    method: string,
    types: string | readonly [string, string],
    request: object,
  ): Promise<Record<string, unknown>> {
    const [requestType, responseType] =
      typeof types === "string" ? [`${types}Request`, `${types}Response`] : types;
    const name = `${service.charAt(0).toUpperCase()}${service.slice(1)}`;
    const path = `/containerd.services.${service}.v1.${name}/${method}`;
    const call = { path, requestType, responseType, metadata: this.#metadata() };
    return await callUnary(this.#client, MESSAGES, call, request);
  }
}

/** Events since a subscription began. */
export class Subscription {
  readonly events: TaskEvent[] = [];
  readonly #stream: grpc.ClientReadableStream<Record<string, unknown>>;
  #ready = false;

  constructor(stream: grpc.ClientReadableStream<Record<string, unknown>>) {
    this.#stream = stream;
    stream.on("data", (envelope: Record<string, unknown>) => {
      if (envelope["topic"] === PROBE_TOPIC) this.#ready = true;
      else if (String(envelope["topic"]).startsWith("/tasks/")) this.events.push(toEvent(envelope));
    });
    // A containerd that is killed breaks the stream; what came before it stays.
    stream.on("error", () => undefined);
  }

  /** Whether events arrive. */
  get ready(): boolean {
    return this.#ready;
  }

  /** The topics without "/tasks/", with the exec's id: "create", "start", "exec-added e1", "exit e1", "exit", "delete". */
  summary(containerId: string): string[] {
    return this.events
      .filter((event) => event.containerId === containerId)
      .map((event) => {
        const verb = event.topic.slice("/tasks/".length);
        return event.id === "" || event.id === containerId ? verb : `${verb} ${event.id}`;
      });
  }

  /** Resolves when `what`, as `summary` has it, has come. */
  async saw(containerId: string, what: string): Promise<void> {
    await eventually(`event "${what}" of ${containerId}`, () =>
      this.summary(containerId).includes(what),
    );
  }

  close(): void {
    this.#stream.cancel();
  }
}

function toEvent(envelope: Record<string, unknown>): TaskEvent {
  const any = envelope["event"] as Any;
  const type = any.type_url.replace(/^containerd\.events\./, "");
  const fields = MESSAGES.decode(type, any.value);
  return {
    topic: envelope["topic"] as string,
    namespace: envelope["namespace"] as string,
    containerId: fields["containerId"] as string,
    id: (fields["id"] ?? fields["execId"] ?? "") as string,
    pid: (fields["pid"] ?? 0) as number,
    exitStatus: (fields["exitStatus"] ?? 0) as number,
  };
}
