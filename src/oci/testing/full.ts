// SPDX-License-Identifier: Apache-2.0
// A configuration in which every field of the specification that this runtime has stands, with something in it.

const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
const hook = [{ path: "/bin/hook", args: ["hook", "now"], env: ["A=b"], timeout: 5 }];
const capabilities = ["CAP_CHOWN", "CAP_KILL"];
const throttle = [{ major: 8, minor: 0, rate: 1_048_576 }];

const resources = {
  devices: [{ allow: true, type: "c", major: 10, minor: 229, access: "rw" }],
  memory: {
    limit: 67_108_864,
    reservation: 33_554_432,
    swap: 134_217_728,
    kernel: 0,
    kernelTCP: 0,
    swappiness: 10,
    disableOOMKiller: true,
    checkBeforeUpdate: false,
  },
  cpu: {
    shares: 512,
    quota: 50_000,
    period: 100_000,
    burst: 1000,
    realtimeRuntime: 950_000,
    realtimePeriod: 1_000_000,
    idle: 0,
    cpus: "0-1",
    mems: "0",
  },
  pids: { limit: 100 },
  blockIO: {
    weight: 100,
    leafWeight: 100,
    weightDevice: [{ major: 8, minor: 0, weight: 200, leafWeight: 300 }],
    throttleReadBpsDevice: throttle,
    throttleWriteBpsDevice: throttle,
    throttleReadIOPSDevice: throttle,
    throttleWriteIOPSDevice: throttle,
  },
  hugepageLimits: [{ pageSize: "2MB", limit: 209_715_200 }],
  network: { classID: 1_048_577, priorities: [{ name: "lo", priority: 5 }] },
  rdma: { mlx5_0: { hcaHandles: 3, hcaObjects: 10_000 } },
  unified: { "memory.high": "60000000" },
};

const seccomp = {
  defaultAction: "SCMP_ACT_ERRNO",
  defaultErrnoRet: 1,
  architectures: ["SCMP_ARCH_X86_64"],
  flags: ["SECCOMP_FILTER_FLAG_LOG"],
  listenerPath: "/run/agent.sock",
  listenerMetadata: "told",
  syscalls: [
    {
      names: ["personality"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: 38,
      args: [{ index: 0, value: 8, valueTwo: 0, op: "SCMP_CMP_EQ" }],
    },
  ],
};

/** Valid, and each member can be spoilt without touching another one. */
export const FULL = {
  ociVersion: "1.3.0",
  process: {
    terminal: true,
    consoleSize: { height: 24, width: 80 },
    user: { uid: 1000, gid: 1000, umask: 0o77, additionalGids: [5] },
    args: ["/bin/sh", "-c", "true"],
    env: ["PATH=/bin", "HOME=/root"],
    cwd: "/tmp",
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: capabilities,
      ambient: capabilities,
    },
    rlimits: [{ type: "RLIMIT_NOFILE", soft: 1024, hard: 4096 }],
    noNewPrivileges: true,
    oomScoreAdj: 100,
    apparmorProfile: "docker-default",
    selinuxLabel: "system_u:system_r:container_t:s0",
    scheduler: {
      policy: "SCHED_BATCH",
      nice: 5,
      priority: 0,
      flags: ["SCHED_FLAG_RESET_ON_FORK"],
      runtime: 0,
      deadline: 0,
      period: 0,
    },
    ioPriority: { class: "IOPRIO_CLASS_BE", priority: 4 },
    execCPUAffinity: { initial: "0-1", final: "1" },
  },
  root: { path: "rootfs", readonly: true },
  mounts: [
    {
      destination: "/data",
      type: "bind",
      source: "/srv/data",
      options: ["rbind", "ro", "idmap"],
      uidMappings: mapping,
      gidMappings: mapping,
    },
  ],
  hostname: "box",
  domainname: "example",
  annotations: { "com.example.key": "value" },
  hooks: {
    prestart: hook,
    createRuntime: hook,
    createContainer: hook,
    startContainer: hook,
    poststart: hook,
    poststop: hook,
  },
  linux: {
    namespaces: [
      { type: "network", path: "/run/netns/x" },
      { type: "mount" },
      { type: "pid" },
      { type: "ipc" },
      { type: "uts" },
      { type: "user" },
      { type: "cgroup" },
      { type: "time" },
    ],
    uidMappings: mapping,
    gidMappings: mapping,
    timeOffsets: {
      monotonic: { secs: 86_400, nanosecs: 1 },
      boottime: { secs: -5, nanosecs: 0 },
    },
    devices: [
      { type: "c", path: "/dev/fuse", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 },
    ],
    netDevices: { eth0: { name: "ceth0" } },
    intelRdt: {
      closID: "gold",
      l3CacheSchema: "L3:0=ff",
      memBwSchema: "MB:0=70",
      schemata: ["L2:0=f"],
      enableMonitoring: true,
    },
    cgroupsPath: "/pods/box",
    resources,
    rootfsPropagation: "rslave",
    maskedPaths: ["/proc/kcore"],
    readonlyPaths: ["/proc/sys"],
    seccomp,
    sysctl: { "net.ipv4.ip_forward": "1" },
    personality: { domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"] },
    memoryPolicy: { mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"] },
    mountLabel: "system_u:object_r:container_file_t:s0",
  },
};
