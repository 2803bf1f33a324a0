// SPDX-License-Identifier: Apache-2.0
// What each flag of `ctr run` promises, as data: the flags, what the container runs, and what it must find. A case runs
// with every ctr that has its flags. What can't run here is listed with its reason: no flag is forgotten.

/** Files and addresses of the test that a case is run by. */
export interface Place {
  /** Path of a file or directory of the test's own. */
  readonly path: (name: string) => string;
}

interface Case {
  /** Completes "ctr run: ...". */
  readonly promise: string;
  readonly flags: readonly string[] | ((place: Place) => readonly string[]);
  /** A containerd that can't do it itself. */
  readonly except?: string;
}

/** A container that looks around by itself. */
export interface InsideCase extends Case {
  /** Run by sh in the container. */
  readonly script: string;
  readonly stdout: string | RegExp;
}

/** A container whose cgroup is looked at from outside. */
export interface LimitCase extends Case {
  readonly controller: string;
  readonly file: { readonly v1: string; readonly v2: string };
  readonly value: RegExp;
}

/** What a test of files finds in the directory of the test: `PLACE_FILES` are made before each case. */
export const PLACE_FILES: Readonly<Record<string, string>> = {
  "shared/file": "from the host\n",
  env: "FROM_FILE=1\nOTHER=two words\n",
  "runtime.toml": "SystemdCgroup = false\n",
  "no-mkdir.json": JSON.stringify({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }],
  }),
};

function bind(place: Place, options: string): string {
  return `type=bind,src=${place.path("shared")},dst=/mnt/shared,options=${options}`;
}

const IDS = ["0:100000:65536"] as const;

export const INSIDE_CASES: readonly InsideCase[] = [
  {
    promise: "a read-only bind mount shows the host's files and keeps them as they are",
    flags: (place) => ["--mount", bind(place, "rbind:ro")],
    script: "cat /mnt/shared/file; echo x >/mnt/shared/file; true",
    stdout: "from the host\n",
  },
  {
    promise: "a writable bind mount can be written to",
    flags: (place) => ["--mount", bind(place, "bind:rw")],
    script: "echo changed >/mnt/shared/file && cat /mnt/shared/file",
    stdout: "changed\n",
  },
  {
    promise: "options of a bind mount are set on the mount",
    flags: (place) => ["--mount", bind(place, "rbind:nosuid:nodev:noexec:ro")],
    script: "grep ' /mnt/shared ' /proc/self/mountinfo | cut -d' ' -f6",
    stdout: /^ro,nosuid,nodev,noexec,relatime$/m,
  },
  {
    promise: "a tmpfs has the size and mode that were asked for",
    flags: ["--mount", "type=tmpfs,dst=/scratch,options=nosuid:size=1m:mode=0750"],
    script:
      "stat -c %a /scratch; dd if=/dev/zero of=/scratch/x bs=1M count=2 2>&1 | grep -c 'No space'",
    stdout: "750\n1\n",
  },
  {
    promise: "variables from the command line and from a file are in the environment",
    flags: (place) => ["--env", "A=1", "--env", "B=x=y", "--env-file", place.path("env")],
    script: 'echo "$A $B $FROM_FILE $OTHER"',
    stdout: "1 x=y 1 two words\n",
  },
  {
    promise: "the program starts in the directory that was named, which is made",
    flags: ["--cwd", "/made/for/it"],
    script: "pwd",
    stdout: "/made/for/it\n",
  },
  {
    promise: "the host's name can be set",
    flags: ["--hostname", "wanted"],
    script: "hostname",
    stdout: "wanted\n",
  },
  {
    promise: "a user and group by number",
    flags: ["--user", "1234:567"],
    script: "id -u; id -g",
    stdout: "1234\n567\n",
  },
  {
    promise: "a user by name has the groups of the image",
    flags: ["--user", "nobody"],
    script: "id -u; id -G",
    stdout: /^65534\n65534\b.*\n$/,
  },
  {
    promise: "a read-only root can't be written to, what is mounted on it can",
    flags: ["--read-only"],
    script: "touch /x 2>&1; echo yes >/run/x && cat /run/x",
    stdout: "touch: /x: Read-only file system\nyes\n",
  },
  {
    promise: "a privileged container mounts file systems and sees the host's devices",
    flags: ["--privileged"],
    script:
      "mount -t tmpfs none /tmp && echo mounted; test -c /dev/kmsg && echo device; touch /proc/sys/x 2>&1; true",
    stdout: /^mounted\ndevice\ntouch: .*: (?!Read-only)/,
  },
  {
    promise: "a privileged container without the host's devices has the usual ones",
    flags: ["--privileged", "--privileged-without-host-devices"],
    script:
      "mount -t tmpfs none /tmp && echo mounted; test -c /dev/kmsg || echo none; test -c /dev/null && echo null",
    stdout: "mounted\nnone\nnull\n",
  },
  {
    promise: "a capability that is added can be used",
    flags: ["--cap-add", "CAP_SYS_ADMIN"],
    script: "hostname changed && hostname",
    stdout: "changed\n",
  },
  {
    promise: "a capability that is dropped can't",
    flags: ["--cap-drop", "CAP_CHOWN", "--cap-drop", "CAP_MKNOD"],
    script: "touch /x; chown 5 /x 2>&1; mknod /y c 1 3 2>&1; true",
    stdout: "chown: /x: Operation not permitted\nmknod: /y: Operation not permitted\n",
  },
  {
    promise: "new privileges are not to be had by default",
    flags: [],
    script: "grep NoNewPrivs /proc/self/status",
    stdout: "NoNewPrivs:\t1\n",
  },
  {
    promise: "new privileges can be allowed",
    flags: ["--allow-new-privs"],
    script: "grep NoNewPrivs /proc/self/status",
    stdout: "NoNewPrivs:\t0\n",
  },
  {
    // Behind the node is nothing: only who is allowed to open it gets that far.
    promise: "a device is there under its own path and may be opened",
    flags: (place) => ["--device", place.path("node")],
    script: "cat $(find / -xdev -type c -name node) 2>&1 | grep -o 'No such device.*'",
    stdout: "No such device or address\n",
  },
  {
    promise: "the default seccomp profile filters",
    flags: ["--seccomp"],
    script: "grep '^Seccomp:' /proc/self/status; unshare -U true 2>&1; true",
    stdout: /^Seccomp:\t2\nunshare: .*not permitted\n$/,
  },
  {
    promise: "a seccomp profile of one's own filters",
    flags: (place) => ["--seccomp", "--seccomp-profile", place.path("no-mkdir.json")],
    script: "mkdir /tmp/x 2>&1; touch /tmp/y && echo fine",
    stdout: "mkdir: can't create directory '/tmp/x': No space left on device\nfine\n",
  },
  {
    promise: "ids are mapped, and the container's root owns its files",
    flags: ["--uidmap", ...IDS, "--gidmap", ...IDS],
    script:
      "id -u; tr -s ' ' </proc/self/uid_map; stat -c %u:%g /bin /etc/passwd; touch /etc/x && echo written",
    stdout: "0\n 0 100000 65536\n0:0\n0:0\nwritten\n",
  },
  {
    promise: "ids can be mapped by the snapshotter",
    // Its snapshotter leaves the files to the host's root.
    except: "containerd 1.6",
    flags: ["--uidmap", ...IDS, "--gidmap", ...IDS, "--remap-labels"],
    script: "tr -s ' ' </proc/self/gid_map; stat -c %u:%g /bin; touch /etc/x && echo written",
    stdout: " 0 100000 65536\n0:0\nwritten\n",
  },
  {
    promise: "the root file system can propagate mounts",
    flags: ["--rootfs-propagation", "rshared"],
    script: "grep ' / / ' /proc/self/mountinfo | grep -o shared",
    stdout: "shared\n",
  },
  {
    promise: "a root file system can be entered without pivot_root",
    flags: ["--no-pivot"],
    script: "ls -d /bin; ls -d /boot 2>&1; true",
    stdout: "/bin\nls: /boot: No such file or directory\n",
  },
  {
    promise: "a snapshotter that binds instead of stacking layers",
    flags: ["--snapshotter", "native", "--snapshotter-label", "a=b"],
    script: "grep -c overlay /proc/self/mountinfo; touch /x && echo written",
    stdout: "0\nwritten\n",
  },
  {
    promise: "an image of a named platform",
    flags: ["--platform", process.arch === "arm64" ? "linux/arm64" : "linux/amd64"],
    script: "echo fine",
    stdout: "fine\n",
  },
  {
    promise: "output can go to nowhere",
    flags: ["--null-io"],
    script: "echo lost",
    stdout: "",
  },
  {
    promise: "options of the runtime from a file are accepted",
    flags: (place) => ["--runtime-config-path", place.path("runtime.toml")],
    script: "echo fine",
    stdout: "fine\n",
  },
];

export const LIMIT_CASES: readonly LimitCase[] = [
  {
    promise: "a limit of memory",
    flags: ["--memory-limit", "33554432"],
    controller: "memory",
    file: { v1: "memory.limit_in_bytes", v2: "memory.max" },
    value: /^33554432$/,
  },
  {
    promise: "a number of processors",
    flags: ["--cpus", "0.5"],
    controller: "cpu",
    file: { v1: "cpu.cfs_quota_us", v2: "cpu.max" },
    value: /^50000( 100000)?$/,
  },
  {
    promise: "a quota of processor time and its period",
    flags: ["--cpu-quota", "30000", "--cpu-period", "60000"],
    controller: "cpu",
    file: { v1: "cpu.cfs_quota_us", v2: "cpu.max" },
    value: /^30000( 60000)?$/,
  },
  {
    promise: "a period of processor time",
    flags: ["--cpu-quota", "30000", "--cpu-period", "60000"],
    controller: "cpu",
    file: { v1: "cpu.cfs_period_us", v2: "cpu.max" },
    value: /^(30000 )?60000$/,
  },
  {
    promise: "shares of the processors",
    flags: ["--cpu-shares", "512"],
    controller: "cpu",
    file: { v1: "cpu.shares", v2: "cpu.weight" },
    value: /^(512|20)$/,
  },
  {
    promise: "the processors to run on",
    flags: ["--cpuset-cpus", "0"],
    controller: "cpuset",
    file: { v1: "cpuset.cpus", v2: "cpuset.cpus" },
    value: /^0$/,
  },
  {
    promise: "the memory to run in",
    flags: ["--cpuset-mems", "0"],
    controller: "cpuset",
    file: { v1: "cpuset.mems", v2: "cpuset.mems" },
    value: /^0$/,
  },
];

/** Flags without a case above: which test has them, or why none can. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  "--help": "about ctr alone",
  "--rm": "every case",
  "--fifo-dir": "every case, and none leaves a FIFO",
  "--runtime": "every case; by its path in ctr-flags.test.ts",
  "--detach": "ctr-flags.test.ts, every case of limits",
  "--rootfs": "ctr-flags.test.ts",
  "--config": "ctr-flags.test.ts",
  "--cgroup": "ctr-flags.test.ts",
  "--net-host": "ctr-flags.test.ts",
  "--with-ns": "ctr-flags.test.ts",
  "--pid-file": "ctr-flags.test.ts",
  "--label": "ctr-flags.test.ts",
  "--annotation": "ctr-flags.test.ts",
  "--log-uri": "log-uri.test.ts",
  "--runc-root": "ctr-flags.test.ts",
  "--cni": "ctr-flags.test.ts, with a plugin that only leaves a mark",
  "--tty": "terminal.test.ts",
  "--sync-fs": "about unpacking an image: nothing of it reaches the shim",
  "--runc-binary": "ctr refuses it for any runtime that is not called runc",
  "--runc-systemd-cgroup": "ctr refuses it for any runtime that is not called runc",
  "--sandbox": "needs a sandbox: the shim has no Sandbox service yet",
  "--gpus": "needs a GPU and its driver's programs",
  "--blockio-config-file": "ctr-flags.test.ts",
  "--blockio-class": "ctr-flags.test.ts",
  "--rdt-class": "needs resctrl, which this kernel does not have",
  "--apparmor-default-profile": "needs AppArmor in the kernel and its parser",
  "--apparmor-profile": "ctr-flags.test.ts: refused where the kernel has no AppArmor",
};
