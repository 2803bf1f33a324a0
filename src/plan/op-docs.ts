// SPDX-License-Identifier: Apache-2.0
// What each op does, for docs/plan.md. Data only.

import type { OpName } from "./ops.ts";

export interface OpDoc {
  /** What happens, in one or two sentences. */
  readonly does: string;
  /** Man pages or kernel interfaces behind it. */
  readonly calls: string;
  /** What `tolerate` is meant for, if anything. */
  readonly tolerate?: string;
}

export const OP_DOCS: Readonly<Record<OpName, OpDoc>> = {
  open: { does: "Opens `path` below `dir`, close-on-exec.", calls: "openat(2)" },
  resolve: {
    does: "Opens `path` under `root` with the given openat2 `resolve` flags; EAGAIN is retried.",
    calls: "openat2(2)",
    tolerate: "ENOENT: then `mkdir_all` or `make_file` makes it",
  },
  reopen: {
    does: "Opens what `fd` refers to once more, through `proc`.",
    calls: "openat(2) on self/fd/N",
  },
  write: { does: "Writes `data` in one call; a short write is EIO.", calls: "write(2)" },
  close: { does: "Closes a descriptor; an empty slot is fine.", calls: "close(2)" },
  send_fd: {
    does: "Sends a report of kind fd with the descriptor and `tag`.",
    calls: "sendmsg(2)",
  },
  dup2: {
    does: "Makes `target` (0, 1 or 2) a copy of `fd` that survives execve.",
    calls: "dup3(2)",
  },
  inherit: {
    does:
      "Makes `target` (3 or above) a copy of `fd` that survives execve. Whatever has that number, the socket too, gets " +
      "another one first.",
    calls: "fcntl(2) F_DUPFD_CLOEXEC, dup3(2)",
  },
  close_from: {
    does: "Closes every descriptor from `first` on but the socket; all those slots are empty then.",
    calls: "close_range(2)",
  },
  set_dumpable: { does: "Sets the dumpable attribute.", calls: "PR_SET_DUMPABLE" },
  setns: {
    does: "Joins the namespace of `fd` (a namespace file, or a pidfd with several types).",
    calls: "setns(2)",
  },
  unshare: { does: "Makes new namespaces; EINVAL is retried five times.", calls: "unshare(2)" },
  clone: {
    does:
      "Makes a sibling process that goes on with the next op. The old one reports its pid and pidfd and ends; the new " +
      "one waits for that.",
    calls: "clone3(2) with CLONE_PARENT and CLONE_PIDFD",
  },
  setsid: { does: "Makes a new session.", calls: "setsid(2)" },
  session_keyring: {
    does: "Joins (makes) the session keyring `name` and adds the permission bits.",
    calls: "keyctl(2): JOIN_SESSION_KEYRING, DESCRIBE, SETPERM",
    tolerate: "ENOSYS: a kernel without keyrings",
  },
  reset_affinity: {
    does: "Allows all CPUs, so that the cpuset of the cgroup decides.",
    calls: "sched_setaffinity(2)",
    tolerate: "anything: it is an optimisation",
  },
  set_affinity: {
    does: "Allows the CPUs whose bits are set in `cpus`, the lowest first, and no others.",
    calls: "sched_setaffinity(2)",
  },
  set_scheduler: {
    does: "Sets scheduling policy and parameters: `attr` is a struct sched_attr of 56 bytes.",
    calls: "sched_setattr(2)",
  },
  set_io_priority: {
    does: "Sets the I/O priority of the process group: class << 13 | level.",
    calls: "ioprio_set(2)",
  },
  set_personality: { does: "Sets the execution domain.", calls: "personality(2)" },
  set_memory_policy: {
    does:
      "Sets the NUMA memory policy: mode and flags, and the nodes whose bits are set in `nodes`, whole 64-bit words with " +
      "the lowest first.",
    calls: "set_mempolicy(2)",
  },
  loopback_up: { does: "Sets the interface lo up.", calls: "SIOCSIFFLAGS (netdevice(7))" },
  socket: {
    does: "Makes a socket of the network namespace that the process is in, close-on-exec.",
    calls: "socket(2)",
  },
  set_propagation: {
    does: "Changes the propagation of the mount at `fd`, of all below it if `recursive`.",
    calls: "mount_setattr(2), mount(2) before 5.12",
  },
  bind: {
    does:
      "Clones the mount (if `recursive` the tree) at `source`, sets and clears attributes of its top mount before it " +
      "is visible, attaches it to `target`, then sets the propagation (of the tree if `recursive`).",
    calls: "open_tree(2), mount_setattr(2), move_mount(2); before 5.12 mount(2) with MS_REMOUNT",
  },
  attach: {
    does:
      "As `bind`, for a mount that is detached already: sets and clears attributes of its top mount, attaches it to " +
      "`target`, then sets the propagation (of the tree if `recursive`). `mount` is the attached mount afterwards.",
    calls: "mount_setattr(2), move_mount(2); before 5.12 mount(2) with MS_REMOUNT",
  },
  mount_fs: {
    does: 'Mounts a new filesystem on `target`. Options are "key=value" or "key".',
    calls: "fsopen(2), fsconfig(2), fsmount(2), move_mount(2)",
  },
  make_fs: {
    does: "Makes a new filesystem as `mount_fs` does, and leaves its mount detached.",
    calls: "fsopen(2), fsconfig(2), fsmount(2)",
  },
  make_fs_like: {
    does: "As `make_fs`; the first option is `mode=` with the mode of the directory `like`, if that slot holds one.",
    calls: "fstat(2), fsopen(2), fsconfig(2), fsmount(2)",
  },
  mount: {
    does:
      "Mounts a new filesystem on `target` the old way, options in one string of at most 4095 bytes: for values that are " +
      "too long for `mount_fs`, which takes 255 bytes each.",
    calls: "mount(2) through slot proc",
  },
  clone_mount: {
    does: "Copies the mount (if `recursive` the tree) at `source`; the copy is mounted nowhere and in the same peer groups.",
    calls: "open_tree(2)",
  },
  unmount: {
    does: "Takes the mount at `fd` and all below it out of sight.",
    calls: "umount2(2) MNT_DETACH through slot proc",
    tolerate: "EINVAL, EPERM: a mount that belongs to another user namespace",
  },
  mount_root: {
    does: "Opens the root of the mount that `fd` is in: the next one upwards at which a mount begins.",
    calls: "openat2(2) with RESOLVE_NO_XDEV",
  },
  copy_tree: {
    does:
      "Copies owner and entries of the directory `from` to the empty `to`, with types, owners, modes, times and those extended " +
      "attributes that `to` takes. Links are copied, never followed; holes of files stay holes; what is mounted below `from` is " +
      "left out. ELOOP: more than 128 levels.",
    calls:
      "openat2(2) with RESOLVE_NO_XDEV, getdents64(2), lseek(2), sendfile(2), mknodat(2), symlinkat(2), listxattr(2), setxattr(2)",
  },
  check_apart: {
    does: "Fails with EXDEV if both are in the same filesystem.",
    calls: "fstat(2)",
  },
  procfs: {
    does:
      "Opens a procfs of the pid namespace the process is in, with processes only and mounted nowhere: a handle that " +
      "shows nobody inside more than they see anyway.",
    calls: "fsopen(2) with subset=pid (5.8), fsmount(2)",
  },
  procfs_full: {
    does: "The same with everything in it, /proc/sys too: to be closed as soon as that is written.",
    calls: "fsopen(2), fsmount(2)",
    tolerate: "EPERM: in a user namespace that sees no whole procfs, or not its own pid namespace",
  },
  proc_self: {
    does: "Opens the directory of the process itself in the procfs whose root is `proc`; EXDEV if that is no procfs root.",
    calls:
      "fstatfs(2), readlinkat(2) of self, openat2(2) with RESOLVE_BENEATH, NO_XDEV, NO_SYMLINKS and NO_MAGICLINKS",
  },
  write_proc: {
    does:
      "Writes `data` in one call to the file `path` beneath `dir`, after verifying that it is a file of a procfs that nothing " +
      "is mounted over (else EXDEV) and that no link leads to (ELOOP).",
    calls:
      "openat2(2) with RESOLVE_BENEATH, NO_XDEV, NO_SYMLINKS and NO_MAGICLINKS, fstatfs(2), write(2)",
    tolerate: "ENOENT: a kernel that has another file for it",
  },
  mount_attr: {
    does:
      "Sets and clears attributes (MOUNT_ATTR_*) of the mount at `fd`, of all below it if `recursive`. EBUSY, of a mount that is " +
      "just being written to, is tried again five times, 100 ms apart.",
    calls: "mount_setattr(2); before 5.12 mount(2) with MS_REMOUNT if not recursive",
  },
  mkdir_all: {
    does:
      "Makes the directory `path` under `root` and its missing parents with exactly `mode`. Dangling symbolic links " +
      "are followed inside `root`. `out` is the directory (O_PATH). EBUSY: a link of `path` has led to `root` itself.",
    calls: "openat2(2) with RESOLVE_IN_ROOT, mkdirat(2), statx(2)",
  },
  make_file: {
    does:
      "Makes the empty file `path` under `root` with exactly `mode`, missing parents with 0755; an existing file is " +
      "fine, a directory is EISDIR. `out` is the file (O_PATH).",
    calls: "openat2(2) with RESOLVE_IN_ROOT, openat(2) with O_EXCL",
  },
  mknod: {
    does:
      "Makes a node with exactly `mode`, opens it again, verifies its type and number, and changes its owner. " +
      "`device` is (minor & 0xff) | major << 8 | (minor & ~0xff) << 12.",
    calls: "mknodat(2), openat(2), fstat(2), fchownat(2)",
    tolerate: "EEXIST; EPERM: then a bind of the host's node",
  },
  bind_device: {
    does:
      "Binds the node `source` of the process's own root, after verifying that it is the device of `mode` and `device`, " +
      "over `name` in `dir`, where an empty file is made. What is there already is EEXIST unless `replace`. ENODEV: it is " +
      "another device; ELOOP: `name` is a symbolic link.",
    calls: "openat(2), fstat(2), open_tree(2), move_mount(2)",
    tolerate: "EEXIST",
  },
  symlink: {
    does: "Makes the symbolic link `name` (no slash) in `dir`.",
    calls: "symlinkat(2)",
    tolerate: "EEXIST",
  },
  unlink: {
    does: "Removes `name` (no slash, no directory) from `dir`.",
    calls: "unlinkat(2)",
    tolerate: "ENOENT",
  },
  set_xattr: {
    does: "Sets the extended attribute `name` of the directory `fd`, opened anew through slot proc.",
    calls: "openat(2), fsetxattr(2)",
  },
  pivot_root: {
    does: "Makes `root` the root mount and detaches the old one so that nothing propagates from it; cwd is / then.",
    calls: "pivot_root(2), mount(2) MS_SLAVE, umount2(2) MNT_DETACH",
  },
  chroot: {
    does: "Makes `root` the root directory and the working directory.",
    calls: "fchdir(2), chroot(2)",
  },
  open_null: {
    does: "Opens /dev/null under `root` for reading and writing after verifying that it is the device 1:3 (else ENODEV).",
    calls: "openat2(2), fstat(2), openat(2) through slot proc",
  },
  mask_path: {
    does:
      "Hides `path`: a directory under an empty read-only tmpfs (made once, with `options` besides its own, and kept in `tmpfs`; if " +
      "that can't be bound, under one of its own), anything else under `null`.",
    calls: "openat2(2), fsopen(2), open_tree(2), move_mount(2)",
    tolerate: "ENOENT",
  },
  readonly_path: {
    does: "Binds `path` on itself, read-only; other attributes stay.",
    calls: "open_tree(2), mount_setattr(2), move_mount(2)",
    tolerate: "ENOENT",
  },
  console: {
    does:
      "Opens a pty of the devpts under `root` after verifying its ptmx, sets the window size, binds the slave on " +
      "/dev/console if `mount`, sends the master as report console, and makes the slave 0, 1, 2 and the controlling " +
      "terminal.",
    calls: "ioctl_tty(2): TIOCSPTLCK, TIOCGPTPEER, TIOCSWINSZ, TIOCSCTTY",
  },
  umask: { does: "Sets the file mode creation mask.", calls: "umask(2)" },
  sethostname: { does: "Sets the host name.", calls: "sethostname(2)" },
  setdomainname: { does: "Sets the NIS domain name.", calls: "setdomainname(2)" },
  chdir: { does: "Changes the working directory.", calls: "chdir(2)" },
  fchdir: { does: "Makes an open directory the working directory.", calls: "fchdir(2)" },
  check_cwd: {
    does: "Fails with ENOENT if the working directory is not below the root (CVE-2024-21626).",
    calls: "getcwd(2)",
  },
  fchown: {
    does: "Changes the owner of descriptor 0, 1 or 2, unless it is the null device (which is shared).",
    calls: "fchown(2)",
    tolerate: "EPERM, EROFS",
  },
  drop_bounding: {
    does: "Drops every capability that is not in `keep` from the bounding set.",
    calls: "PR_CAPBSET_DROP",
  },
  keep_caps: { does: "Sets the keep-capabilities flag.", calls: "PR_SET_KEEPCAPS" },
  set_groups: {
    does: "Sets the supplementary groups: 32-bit little-endian numbers.",
    calls: "setgroups(2)",
  },
  set_gid: { does: "Sets all group ids.", calls: "setresgid(2)" },
  set_uid: { does: "Sets all user ids.", calls: "setresuid(2)" },
  set_caps: { does: "Sets the three capability sets.", calls: "capset(2)" },
  set_ambient: {
    does: "Clears the ambient set and raises each of `mask`; goes on after a failure and fails with the first one.",
    calls: "PR_CAP_AMBIENT",
    tolerate: "EPERM, EINVAL: a capability that can't be raised",
  },
  no_new_privs: { does: "Sets no_new_privs.", calls: "PR_SET_NO_NEW_PRIVS" },
  load_filter: {
    does:
      "Reads a seccomp filter for `seccomp`: a regular file of 1 to 4096 instructions of 8 bytes (EFBIG if it is more, " +
      "EINVAL if it is none).",
    calls: "fstat(2), pread(2)",
  },
  seccomp: {
    does: "Installs the filter that `load_filter` read with SECCOMP_FILTER_FLAG_* `flags`.",
    calls: "seccomp(2): SECCOMP_SET_MODE_FILTER",
  },
  seccomp_listen: {
    does:
      "Like `seccomp`, with SECCOMP_FILTER_FLAG_NEW_LISTENER among `flags`: reports the number of the listener's " +
      "descriptor, which the runtime takes, writes a byte to the pipe `gate`, which the runtime keeps full until the " +
      "listener is with whoever answers, and closes the listener. No call but write(2) before that.",
    calls: "seccomp(2), write(2), close(2)",
  },
  find_exec: {
    does:
      "Remembers the first candidate that is a regular file which the caller may execute. One candidate: its own " +
      "errno, EISDIR for a directory. Several: EACCES if one of them can't be executed, else ENOENT.",
    calls: "stat(2), faccessat2(2)",
  },
  ready: {
    does: "Reports that everything before it is done. The program goes on by itself: after a seccomp filter no other is received.",
    calls: "write(2)",
  },
  fifo_wait: {
    does: 'Opens `fifo` for writing through `proc`, which blocks until there is a reader; writes "0"; closes both.',
    calls: "openat(2), write(2)",
  },
  exec: {
    does: "Executes what `find_exec` found. Init's socket closes with it.",
    calls: "execve(2)",
  },
};
