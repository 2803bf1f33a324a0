// SPDX-License-Identifier: Apache-2.0
// Pods and containers as the kubelet asks for them: its defaults, and what a test wants otherwise.

import { join } from "node:path";

export type NamespaceMode = "POD" | "CONTAINER" | "NODE";

export interface IdMapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

export interface NamespaceOptions {
  readonly network?: NamespaceMode;
  readonly pid?: NamespaceMode;
  readonly ipc?: NamespaceMode;
  readonly usernsOptions?: {
    readonly mode: NamespaceMode;
    readonly uids: readonly IdMapping[];
    readonly gids: readonly IdMapping[];
  };
}

export interface SecurityProfile {
  readonly profileType: "RuntimeDefault" | "Unconfined" | "Localhost";
  readonly localhostRef?: string;
}

interface Identity {
  readonly namespaceOptions?: NamespaceOptions;
  readonly privileged?: boolean;
  readonly readonlyRootfs?: boolean;
  readonly runAsUser?: { readonly value: number };
  readonly runAsGroup?: { readonly value: number };
  readonly supplementalGroups?: readonly number[];
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
}

export interface ContainerSecurity extends Identity {
  readonly capabilities?: {
    readonly addCapabilities?: readonly string[];
    readonly dropCapabilities?: readonly string[];
  };
  readonly noNewPrivs?: boolean;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}

export interface LinuxResources {
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitInBytes?: number;
  readonly oomScoreAdj?: number;
  readonly cpusetCpus?: string;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  readonly unified?: Readonly<Record<string, string>>;
}

export interface Volume {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly?: boolean;
  readonly recursiveReadOnly?: boolean;
  readonly propagation?:
    | "PROPAGATION_PRIVATE"
    | "PROPAGATION_HOST_TO_CONTAINER"
    | "PROPAGATION_BIDIRECTIONAL";
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

export interface PodConfig {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly namespace: string;
    readonly attempt: number;
  };
  readonly hostname: string;
  readonly logDirectory: string;
  readonly linux: {
    readonly cgroupParent: string;
    readonly securityContext: Identity;
    readonly sysctls: Readonly<Record<string, string>>;
  };
  readonly [other: string]: unknown;
}

export interface ContainerConfig {
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly logPath: string;
  readonly [other: string]: unknown;
}

/** What a test says of a pod. */
export interface PodWishes {
  /** Where its cgroups are, if that is not all the same. */
  readonly cgroupParent?: string;
  readonly security?: Identity;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a test says of a container. */
export interface ContainerWishes {
  readonly security?: ContainerSecurity;
  readonly resources?: LinuxResources;
  readonly mounts?: readonly Volume[];
  readonly devices?: readonly {
    readonly containerPath: string;
    readonly hostPath: string;
    readonly permissions: string;
  }[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly tty?: boolean;
  readonly stdin?: boolean;
}

/** Where a pod is put. */
export interface PodPlace {
  readonly name: string;
  readonly uid: string;
  readonly cgroupParent: string;
  /** Of all pods; each has its own below. */
  readonly logRoot: string;
}

const NAMESPACE = "default";

/** Paths that the kubelet asks to be hidden unless a container has `procMount: Unmasked`. */
const MASKED_PATHS = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** The kubelet names every page size of the node, with a limit of zero unless the pod asked for some. */
const NO_HUGE_PAGES = [
  { pageSize: "2MB", limit: 0 },
  { pageSize: "1GB", limit: 0 },
];

const POD_NAMESPACES: NamespaceOptions = { network: "POD", pid: "CONTAINER", ipc: "POD" };

export function podConfig(place: PodPlace, wishes: PodWishes): PodConfig {
  const { name, uid } = place;
  const namespaceOptions = { ...POD_NAMESPACES, ...wishes.security?.namespaceOptions };
  return {
    metadata: { name, uid, namespace: NAMESPACE, attempt: 0 },
    hostname: namespaceOptions.network === "NODE" ? "" : name,
    logDirectory: join(place.logRoot, `${NAMESPACE}_${name}_${uid}`),
    dnsConfig: {
      servers: ["10.96.0.10"],
      searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"],
      options: ["ndots:5"],
    },
    labels: podLabels(name, uid),
    annotations: { "kubernetes.io/config.source": "api", ...wishes.annotations },
    linux: {
      cgroupParent: place.cgroupParent,
      securityContext: {
        seccomp: { profileType: "RuntimeDefault" },
        ...wishes.security,
        namespaceOptions,
      },
      sysctls: wishes.sysctls ?? {},
    },
  };
}

/** Runs `command`; `image` is the name of an image that is there. */
export function containerConfig(
  pod: PodConfig,
  container: { readonly name: string; readonly image: string; readonly command: readonly string[] },
  wishes: ContainerWishes,
): ContainerConfig {
  const { name, image, command } = container;
  const { resources, security, annotations, ...others } = wishes;
  const pods = pod.linux.securityContext;
  const isPrivileged = security?.privileged ?? false;
  return {
    metadata: { name, attempt: 0 },
    image: { image },
    command,
    envs: [
      { key: "KUBERNETES_SERVICE_HOST", value: Buffer.from("10.96.0.1") },
      { key: "KUBERNETES_SERVICE_PORT", value: Buffer.from("443") },
    ],
    labels: {
      "io.kubernetes.container.name": name,
      ...podLabels(pod.metadata.name, pod.metadata.uid),
    },
    annotations: {
      "io.kubernetes.container.hash": "30544dd1",
      "io.kubernetes.container.restartCount": "0",
      "io.kubernetes.container.terminationMessagePath": "/dev/termination-log",
      "io.kubernetes.container.terminationMessagePolicy": "File",
      "io.kubernetes.pod.terminationGracePeriod": "30",
      ...annotations,
    },
    logPath: join(name, "0.log"),
    linux: {
      resources: {
        cpuPeriod: 100_000,
        cpuShares: 2,
        oomScoreAdj: 1000,
        hugepageLimits: NO_HUGE_PAGES,
        ...resources,
      },
      securityContext: {
        maskedPaths: isPrivileged ? [] : MASKED_PATHS,
        readonlyPaths: isPrivileged ? [] : READONLY_PATHS,
        seccomp: { profileType: "Unconfined" },
        ...security,
        namespaceOptions: { ...pods.namespaceOptions, ...security?.namespaceOptions },
      },
    },
    ...others,
  };
}

function podLabels(name: string, uid: string): Record<string, string> {
  return {
    "io.kubernetes.pod.name": name,
    "io.kubernetes.pod.namespace": NAMESPACE,
    "io.kubernetes.pod.uid": uid,
  };
}
