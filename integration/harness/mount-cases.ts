// SPDX-License-Identifier: Apache-2.0
// Mounts, devices and root file systems that clients ask for, as data: what is different from ctr's default, and what the
// container runs to find out what became of it. The same must be seen in a container of runc's.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./command.ts";
import type { OciSpec } from "./container.ts";

export interface MountCase {
  /** Completes "... the same as with runc". */
  readonly promise: string;
  /** `host` is a directory that `prepareHost` has filled. */
  readonly change: (spec: OciSpec, host: string) => void;
  /** Run by sh in the container, besides a look at all mounts. */
  readonly script: string;
  /** What the script prints: that two programs find the same says little if both find nothing. */
  readonly finds: RegExp;
}

/**
 * A volume that is shared, with another file system mounted in it, as administrators have them: `volume`, `volume/inner`, a
 * file and a socket.
 */
export async function prepareHost(host: string): Promise<() => Promise<void>> {
  const volume = join(host, "volume");
  mkdirSync(volume, { recursive: true });
  await check(["mount", "-t", "tmpfs", "tmpfs", volume]);
  await check(["mount", "--make-shared", volume]);
  mkdirSync(join(volume, "inner"));
  await check(["mount", "-t", "tmpfs", "tmpfs", join(volume, "inner")]);
  writeFileSync(join(volume, "file"), "text\n");
  symlinkSync("/mnt/deep", join(volume, "link"));
  mkdirSync(join(host, "lower"));
  writeFileSync(join(host, "lower", "low"), "");
  const socket = "IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die";
  await check(["perl", "-MIO::Socket::UNIX", "-e", socket, join(host, "socket")]);
  return async () => void (await check(["umount", "-R", "-l", volume]));
}

function add(spec: OciSpec, destination: string, source: string, options: readonly string[]): void {
  spec.mounts.push({ destination, type: "bind", source, options: [...options] });
}

function volume(...options: readonly string[]): MountCase["change"] {
  return (spec, host) => add(spec, "/volume", join(host, "volume"), options);
}

function tmpfs(destination: string, ...options: readonly string[]): MountCase["change"] {
  return (spec) =>
    void spec.mounts.push({ destination, type: "tmpfs", source: "tmpfs", options: [...options] });
}

function filesystem(type: string, ...options: readonly string[]): MountCase["change"] {
  return (spec) =>
    void spec.mounts.push({ destination: "/mnt/fs", type, source: type, options: [...options] });
}

function cgroup(options: readonly string[], ownNamespace: boolean): MountCase["change"] {
  return (spec) => {
    const destination = "/sys/fs/cgroup";
    spec.mounts = spec.mounts.filter((mount) => mount.destination !== destination);
    spec.mounts.push({ destination, type: "cgroup", source: "cgroup", options: [...options] });
    const others = spec.linux.namespaces.filter(({ type }) => type !== "cgroup");
    spec.linux.namespaces = ownNamespace ? [...others, { type: "cgroup" }] : others;
  };
}

function propagation(word: string, ...options: readonly string[]): MountCase["change"] {
  return (spec, host) => {
    spec.linux["rootfsPropagation"] = word;
    volume(...options)(spec, host);
  };
}

function devices(...list: readonly object[]): MountCase["change"] {
  return (spec) => {
    const before = (spec.linux["devices"] as object[] | undefined) ?? [];
    spec.linux["devices"] = [...before, ...list];
  };
}

const WRITES =
  "for d in /volume /volume/inner; do touch $d/x 2>/dev/null && echo $d writable && rm $d/x; done; echo end";
const CGROUPS =
  "cd /sys/fs/cgroup; ls; ls -l | grep -c -- '->'; cat */cgroup.procs cgroup.procs 2>/dev/null | sort -un | head -1; " +
  "mkdir x */x 2>&1 | sort | uniq -c | wc -l; rmdir x */x 2>/dev/null; true";
/** What Docker, CRI and nerdctl ask for. */
const USUAL_CGROUP = ["nosuid", "noexec", "nodev", "relatime"];

const BINDS: readonly MountCase[] = [
  ["as a whole", ["rbind", "rprivate", "ro", "rro"], /^end$/m],
  ["at its top", ["rbind", "rprivate", "ro"], /inner writable/],
  ["not at all", ["rbind", "rprivate", "ro", "rrw"], /volume writable\n.*inner writable/],
].map(([how, options, finds]) => ({
  promise: `a volume is read-only ${how}`,
  change: volume(...(options as string[])),
  script: WRITES,
  finds: finds as RegExp,
}));

const ATTRIBUTES: readonly MountCase[] = [
  ["rbind", "rnosuid", "rnodev", "rnoexec"],
  ["rbind", "rnoatime", "rnodiratime"],
  ["rbind", "rstrictatime"],
  ["rbind", "nosuid", "rrelatime"],
  ["rbind", "ro", "noexec", "rsuid", "rdev"],
  ["bind", "defaults", "nosymfollow"],
  ["bind", "noatime", "nodiratime"],
].map((options) => ({
  promise: `a bind with ${options.join(",")} has the attributes`,
  // runc hands on "defaults" as an option of a file system, which a bind can't have.
  change: volume(...options.filter((word) => word !== "defaults")),
  script: "grep ' /volume' /proc/self/mountinfo | cut -d' ' -f5,6",
  finds: /^\/volume r[ow]/,
}));

function propagationCase([root = "", words = "", tags = ""]: readonly string[]): MountCase {
  return {
    promise: `a root that is "${root}" with a volume that is ${words} has the peers`,
    change: propagation(root, "rbind", words),
    script: "grep ' /volume ' /proc/self/mountinfo | cut -d' ' -f5-",
    finds: new RegExp(`^/volume rw,relatime ${tags}`),
  };
}

const PROPAGATION: readonly MountCase[] = [
  ["", "rprivate", "-"],
  ["", "rslave", "master"],
  ["", "rshared", "shared.*master"],
  ["rslave", "rslave", "master"],
  ["private", "rprivate", "-"],
  ["rprivate", "rshared", "shared"],
].map(propagationCase);

/** Debian's runc (1.1) leaves a root that was to be shared private: it was mended in 1.2. */
export const SHARED_ROOT_CASES: readonly MountCase[] = [
  ["rshared", "rshared", "shared:\\d+ -"],
  ["rshared", "rslave", "shared:\\d+ master:"],
  ["rshared", "rprivate", "shared:\\d+ -"],
  ["shared", "rshared", "shared:\\d+ -"],
  ["shared", "rprivate", "-"],
].map(propagationCase);

/** On whichever version of cgroups the machine has. */
export const CGROUP_CASES: readonly MountCase[] = [true, false].flatMap((ownNamespace) =>
  ["ro", "rw"].map((access) => ({
    promise: `cgroups ${access} ${ownNamespace ? "with" : "without"} a namespace of their own are`,
    change: cgroup([...USUAL_CGROUP, access], ownNamespace),
    script: CGROUPS,
    finds: /^(memory|cgroup\.procs)$/m,
  })),
);

const FILESYSTEMS: readonly MountCase[] = [
  {
    promise: "a tmpfs has size, owner, mode and number of inodes",
    change: tmpfs("/new/deep", "nosuid", "size=1m", "uid=7", "gid=8", "mode=1750", "nr_inodes=50"),
    script: "stat -c '%u:%g %a' /new/deep; df -i /new/deep | tail -1 | tr -s ' ' | cut -d' ' -f2",
    finds: /^7:8 1750\n50$/m,
  },
  {
    promise: "programs on a tmpfs run where that is said",
    change: tmpfs("/x", "nodev", "noexec", "exec"),
    script: "cp /bin/busybox /x/echo && /x/echo runs",
    finds: /^runs$/m,
  },
  {
    promise: "a tmpfs over a directory with its contents has them",
    change: tmpfs("/etc", "rw", "rprivate", "nosuid", "nodev", "tmpcopyup"),
    script:
      "ls -ln /etc | tr -s ' ' | cut -d' ' -f1,3-5,9-; cat /etc/group; touch /etc/x && stat -c %a /etc",
    finds: /passwd[\s\S]*root:x:0[\s\S]*755/,
  },
  {
    promise: "links in what a tmpfs is filled with stay links, and it is read-only in the end",
    change: tmpfs("/bin", "tmpcopyup", "exec", "ro"),
    script: "ls -l /bin/sh | sed 's/.* \\/bin/\\/bin/'; touch /bin/x 2>&1; ls /bin | wc -l",
    finds: /^\/bin\/sh -> busybox\n.*Read-only/,
  },
  {
    promise: "a tmpfs that is filled with nothing is empty",
    change: tmpfs("/not/there", "tmpcopyup"),
    script: "ls -A /not/there | wc -l",
    finds: /^0$/m,
  },
  {
    promise: "a message queue file system is the container's",
    change: filesystem("mqueue", "nosuid", "noexec", "nodev"),
    script: "touch /mnt/fs/queue && ls /mnt/fs /dev/mqueue",
    finds: /\/dev\/mqueue:\nqueue/,
  },
  {
    promise: "terminals have the mode and group that were asked for",
    change: filesystem("devpts", "newinstance", "mode=0640", "ptmxmode=0600", "gid=100"),
    script: "stat -c '%a' /mnt/fs/ptmx; ls /mnt/fs",
    finds: /^600\nptmx$/m,
  },
  {
    promise: "an overlay among the mounts is",
    change: (spec, host) => {
      const options = [`lowerdir=${join(host, "lower")}:/usr`, "ro"];
      spec.mounts.push({ destination: "/over", type: "overlay", source: "overlay", options });
    },
    script: "ls /over | head -3",
    finds: /low|bin/,
  },
  {
    promise: "a file, a socket and a device are bound",
    change: (spec, host) => {
      add(spec, "/etc/hosts", join(host, "volume", "file"), ["rbind", "ro"]);
      add(spec, "/run/new/socket", join(host, "socket"), ["bind"]);
      add(spec, "/dev/other-null", "/dev/null", ["bind", "rprivate"]);
    },
    script: "cat /etc/hosts; stat -c %F /run/new/socket /dev/other-null; echo x > /dev/other-null",
    finds: /^text\nsocket\ncharacter special file$/m,
  },
  {
    promise: "a mount through a link to an absolute path is in the container",
    change: (spec, host) => {
      add(spec, "/volume", join(host, "volume"), ["bind"]);
      add(spec, "/volume/link/new", join(host, "lower"), ["bind"]);
    },
    script: "ls -l /volume/link | sed 's/.*link ->/->/'; ls /mnt/deep/new",
    finds: /^-> \/mnt\/deep\nlow$/m,
  },
  {
    promise: "what is mounted can be changed by a later entry",
    change: (spec) => {
      tmpfs("/x", "size=1m", "nodev")(spec, "");
      spec.mounts.push({
        destination: "/x",
        type: "tmpfs",
        source: "tmpfs",
        options: ["remount", "size=2m", "nodev", "ro"],
      });
    },
    script: "grep ' /x ' /proc/self/mountinfo | grep -o 'size=.*'; touch /x/x 2>&1",
    finds: /^size=2048k\n.*Read-only/,
  },
];

const ROOT: readonly MountCase[] = [
  {
    promise: "devices of every type are made with their modes and owners",
    change: devices(
      { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o20660, uid: 1, gid: 2 },
      { path: "/dev/deep/loop", type: "b", major: 7, minor: 3, fileMode: 0o60600 },
      { path: "/run/pipe", type: "p", fileMode: 0o622, uid: 3, gid: 4 },
      { path: "/dev/plain", type: "u", major: 1, minor: 5 },
    ),
    script:
      "ls -ln /dev/fuse /dev/deep/loop /run/pipe /dev/plain | tr -s ' ' | cut -d' ' -f1,3-6,10-",
    finds: /crw-rw---- 1 2 10, 229[\s\S]*prw--w--w- 3 4/,
  },
  {
    promise: "a read-only root has masked and read-only paths",
    change: (spec) => {
      spec.root.readonly = true;
      spec.linux["maskedPaths"] = ["/proc/kcore", "/root", "/var", "/not/there", "/etc/passwd"];
      spec.linux["readonlyPaths"] = ["/proc/sys", "/dev/shm", "/not/there"];
    },
    script:
      "touch /x /dev/shm/x /var/x /run/x 2>&1; ls -A /root /var; stat -c %F /etc/passwd /proc/kcore",
    finds: /x: Read-only[\s\S]*character special/,
  },
];

export const MOUNT_CASES: readonly MountCase[] = [
  ...BINDS,
  ...ATTRIBUTES,
  ...PROPAGATION,
  ...FILESYSTEMS,
  ...ROOT,
];
