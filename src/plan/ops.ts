// SPDX-License-Identifier: Apache-2.0
// THE op schema: every operation that tsrunc-init can execute, with its arguments. The C header (native/init/plan_ops.h),
// its bounds checks, the encoder and docs/plan.md are generated from or driven by this table. One op is one system call,
// or one short fixed sequence of them that cannot be told apart from outside. What each does: `op-docs.ts`.
//
// Adding an op: add it here and in `op-docs.ts`, `make generate`, implement `op_<name>` in native/init, emit it in `oci/`,
// `make golden`.

/**
 * What an argument is.
 * - `fd`: a slot that must hold an open descriptor (or the special slot "cwd", AT_FDCWD)
 * - `fd?`: a slot that may be empty
 * - `out`: the slot that the op fills; a descriptor that was there is closed, also when the op fails and that is tolerated
 * - `inout`: a slot that the op fills when it is empty and uses from then on
 * - `str`: a string without NUL; `strs`: a list of them; `bytes`: any bytes
 * - `u32`, `u64`: numbers (u64 as bigint)
 */
export type ArgKind = "fd" | "fd?" | "out" | "inout" | "str" | "strs" | "bytes" | "u32" | "u64";

/** At most six arguments per op (the record is fixed-size). The order is the order in the record. */
export const OPS = {
  // descriptors
  open: { dir: "fd", path: "str", flags: "u32", mode: "u32", out: "out" },
  resolve: { root: "fd", path: "str", flags: "u32", resolve: "u64", out: "out" },
  reopen: { proc: "fd", fd: "fd", flags: "u32", out: "out" },
  write: { fd: "fd", data: "bytes" },
  close: { fd: "fd?" },
  send_fd: { fd: "fd", tag: "u32" },
  dup2: { fd: "fd", target: "u32" },
  inherit: { fd: "fd", target: "u32" },
  close_from: { first: "u32" },

  // namespaces and processes
  set_dumpable: { value: "u32" },
  setns: { fd: "fd", nstype: "u32" },
  unshare: { flags: "u32" },
  clone: { flags: "u64" },
  setsid: {},
  session_keyring: { name: "str", permissions: "u32" },
  reset_affinity: {},
  set_affinity: { cpus: "bytes" },
  set_scheduler: { attr: "bytes" },
  set_io_priority: { value: "u32" },
  set_personality: { persona: "u32" },
  set_memory_policy: { mode: "u32", nodes: "bytes" },
  loopback_up: {},
  socket: { domain: "u32", type: "u32", protocol: "u32", out: "out" },

  // mounts: every target is a descriptor
  set_propagation: { fd: "fd", propagation: "u64", recursive: "u32" },
  bind: {
    source: "fd",
    target: "fd",
    recursive: "u32",
    set: "u64",
    clear: "u64",
    propagation: "u64",
  },
  attach: {
    mount: "fd",
    target: "fd",
    recursive: "u32",
    set: "u64",
    clear: "u64",
    propagation: "u64",
  },
  mount_fs: { type: "str", source: "str", options: "strs", attributes: "u64", target: "fd" },
  make_fs: { type: "str", source: "str", options: "strs", attributes: "u64", out: "out" },
  make_fs_like: {
    type: "str",
    source: "str",
    options: "strs",
    attributes: "u64",
    like: "fd?",
    out: "out",
  },
  mount: { type: "str", source: "str", data: "str", flags: "u64", target: "fd" },
  clone_mount: { source: "fd", recursive: "u32", out: "out" },
  unmount: { fd: "fd" },
  mount_root: { fd: "fd", out: "out" },
  copy_tree: { from: "fd", to: "fd" },
  check_apart: { fd: "fd", other: "fd" },
  procfs: { out: "out" },
  procfs_full: { out: "out" },
  proc_self: { proc: "fd", out: "out" },
  write_proc: { dir: "fd", path: "str", data: "bytes" },
  mount_attr: { fd: "fd", set: "u64", clear: "u64", recursive: "u32" },
  mkdir_all: { root: "fd", path: "str", mode: "u32", out: "out" },
  make_file: { root: "fd", path: "str", mode: "u32", out: "out" },
  mknod: { dir: "fd", name: "str", mode: "u32", device: "u64", uid: "u32", gid: "u32" },
  bind_device: {
    source: "str",
    dir: "fd",
    name: "str",
    mode: "u32",
    device: "u64",
    replace: "u32",
  },
  symlink: { dir: "fd", name: "str", target: "str" },
  unlink: { dir: "fd", name: "str" },
  set_xattr: { fd: "fd", name: "str", value: "bytes" },
  pivot_root: { root: "fd" },
  chroot: { root: "fd" },
  open_null: { root: "fd", out: "out" },
  mask_path: { root: "fd", path: "str", null: "fd", tmpfs: "inout", options: "strs" },
  readonly_path: { root: "fd", path: "str" },

  // terminal
  console: { root: "fd", rows: "u32", columns: "u32", mount: "u32" },

  // identity
  umask: { mask: "u32" },
  sethostname: { name: "str" },
  setdomainname: { name: "str" },
  chdir: { path: "str" },
  fchdir: { dir: "fd" },
  check_cwd: {},
  fchown: { fd: "u32", uid: "u32", gid: "u32" },
  drop_bounding: { keep: "u64" },
  keep_caps: { value: "u32" },
  set_groups: { gids: "bytes" },
  set_gid: { gid: "u32" },
  set_uid: { uid: "u32" },
  set_caps: { effective: "u64", permitted: "u64", inheritable: "u64" },
  set_ambient: { mask: "u64" },
  no_new_privs: {},
  load_filter: { filter: "fd" },
  seccomp: { flags: "u32" },
  seccomp_listen: { flags: "u32", gate: "fd" },

  // the end
  find_exec: { candidates: "strs" },
  ready: {},
  fifo_wait: { proc: "fd", fifo: "fd" },
  exec: { argv: "strs", env: "strs" },
} as const satisfies Record<string, Record<string, ArgKind>>;

export type OpName = keyof typeof OPS;

/**
 * A slot by the name that a plan gives it; the encoder assigns numbers. Two names mean something: "cwd" is AT_FDCWD, and
 * "proc" is the handle of a procfs in which "self" is the init: ops that have no `proc` argument of their own but must
 * re-open a descriptor (`open_null`, `console`, `mount`, `unmount`, `copy_tree`, mount attributes on kernels before 5.12) do
 * it there.
 */
export type Slot = string;

type ArgType<K extends ArgKind> = K extends "fd" | "fd?" | "out" | "inout" | "str"
  ? string
  : K extends "strs"
    ? readonly string[]
    : K extends "bytes"
      ? Uint8Array
      : K extends "u64"
        ? bigint
        : number;

type Args<N extends OpName> = {
  readonly [A in keyof (typeof OPS)[N]]: (typeof OPS)[N][A] extends ArgKind
    ? ArgType<(typeof OPS)[N][A]>
    : never;
};

/** What every op carries besides its arguments. */
export interface OpNotes {
  /**
   * The start of the sentence a person reads when the op fails; the errno's text follows after ": ". Never serialised.
   * Empty: the errno's text alone.
   */
  readonly why: string;
  /** Whole sentences for particular errnos instead of `why` + errno text, by symbolic name ("ENOENT"). */
  readonly whyErrno?: Readonly<Record<string, string>>;
  /** Symbolic errnos that are not a failure here; at most four. */
  readonly tolerate?: readonly string[];
  /** The op to run instead when a tolerated errno came. */
  readonly otherwise?: Op;
}

/** One operation of a plan. */
export type Op = { [N in OpName]: { readonly op: N } & Args<N> & OpNotes }[OpName];

/** A straight-line program. Slots and their descriptors persist from one program of an init to the next. */
export interface Program {
  /** Slots that are filled by descriptors sent with the program, in the order of sending. */
  readonly inputs: readonly Slot[];
  readonly ops: readonly Op[];
}
