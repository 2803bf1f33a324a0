// SPDX-License-Identifier: Apache-2.0
// BPF programs that decide which devices a cgroup v2 may use (BPF_PROG_TYPE_CGROUP_DEVICE).

import { check, errnoNumber, sysError } from "./errno.ts";
import { Fd } from "./fd.ts";
import { bind } from "./ffi.ts";

const nLoad = bind<
  [instructions: Uint8Array, count: number, log: Uint8Array | null, logSize: number]
>("int n_bpf_load_device(const void *instructions, uint32_t count, void *log, uint32_t log_size)");
const nAttach = bind<[cgroup: number, program: number, flags: number, replaced: number]>(
  "int n_bpf_attach_device(int cgroup, int program, uint32_t flags, int replaced)",
);
const nDetach = bind<[cgroup: number, program: number]>(
  "int n_bpf_detach_device(int cgroup, int program)",
);
const nQuery = bind<[cgroup: number, ids: Uint32Array, max: number, flags: Uint32Array]>(
  "int n_bpf_query_device(int cgroup, uint32_t *ids, uint32_t max, uint32_t *flags)",
);
const nOpenProgram = bind<[id: number]>("int n_bpf_open_program(uint32_t id)");

/** Any number of programs, which must all agree. All of a cgroup are attached with the same flags (linux/bpf.h). */
export const BPF_F_ALLOW_MULTI = 2;
const BPF_F_REPLACE = 4;

/** The programs of one cgroup. */
export interface DevicePrograms {
  /** In the order in which they were attached. */
  readonly ids: readonly number[];
  /** BPF_F_ALLOW_MULTI; or another kind, of which there is but one program. Without meaning if there is none. */
  readonly flags: number;
}

/** struct bpf_insn */
const INSTRUCTION_BYTES = 8;
/** The kernel attaches at most this many programs to one cgroup (BPF_CGROUP_MAX_PROGS). */
const MAX_PROGRAMS = 64;

/**
 * Loads a program of eight-byte instructions. The verifier's refusal is a SysError (EINVAL,
 * EACCES).
 */
export function loadDeviceProgram(instructions: Uint8Array): Fd {
  if (instructions.byteLength % INSTRUCTION_BYTES !== 0)
    throw sysError("bpf", errnoNumber("EINVAL"));
  const count = instructions.byteLength / INSTRUCTION_BYTES;
  return new Fd(check(nLoad(instructions, count, null, 0), "bpf"));
}

/**
 * Attaches a program to a cgroup v2 directory: with BPF_F_ALLOW_MULTI beside those that are there, otherwise in the place of the
 * one that is there. EPERM if those that are there have other flags.
 */
export function attachDeviceProgram(cgroup: Fd, program: Fd, flags: number): void {
  check(nAttach(cgroup.raw, program.raw, flags, -1), "bpf");
}

/** Puts a program in the place of `replaced` at once (Linux 5.6); ENOENT if that is not attached, or held by a link. */
export function replaceDeviceProgram(cgroup: Fd, program: Fd, replaced: Fd): void {
  const flags = BPF_F_ALLOW_MULTI | BPF_F_REPLACE;
  check(nAttach(cgroup.raw, program.raw, flags, replaced.raw), "bpf");
}

/** Detaches a program; ENOENT if it is not attached. */
export function detachDeviceProgram(cgroup: Fd, program: Fd): void {
  check(nDetach(cgroup.raw, program.raw), "bpf");
}

/** What is attached to this very cgroup. */
export function queryDevicePrograms(cgroup: Fd): DevicePrograms {
  const ids = new Uint32Array(MAX_PROGRAMS);
  const flags = new Uint32Array(1);
  const count = check(nQuery(cgroup.raw, ids, ids.length, flags), "bpf");
  return { ids: Array.from(ids.subarray(0, count)), flags: flags[0] ?? 0 };
}

/** A descriptor of a loaded program by its id; ENOENT if it is gone. */
export function openDeviceProgram(id: number): Fd {
  return new Fd(check(nOpenProgram(id), "bpf"));
}
