// SPDX-License-Identifier: Apache-2.0
// BPF programs that decide which devices a cgroup v2 may use (BPF_PROG_TYPE_CGROUP_DEVICE).

import { check, errnoNumber, sysError } from "./errno.ts";
import { Fd } from "./fd.ts";
import { bind } from "./ffi.ts";

const nLoad = bind<
  [instructions: Uint8Array, count: number, log: Uint8Array | null, logSize: number]
>("int n_bpf_load_device(const void *instructions, uint32_t count, void *log, uint32_t log_size)");
const nAttach = bind<[cgroup: number, program: number, replaced: number]>(
  "int n_bpf_attach_device(int cgroup, int program, int replaced)",
);
const nDetach = bind<[cgroup: number, program: number]>(
  "int n_bpf_detach_device(int cgroup, int program)",
);
const nQuery = bind<[cgroup: number, ids: Uint32Array, max: number]>(
  "int n_bpf_query_device(int cgroup, uint32_t *ids, uint32_t max)",
);
const nOpenProgram = bind<[id: number]>("int n_bpf_open_program(uint32_t id)");

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
 * Attaches a program to a cgroup v2 directory beside those that are there (BPF_F_ALLOW_MULTI: all
 * must agree). With `replaced`, an attached program, the new one takes its place at once (Linux
 * 5.6): no moment without a filter.
 */
export function attachDeviceProgram(cgroup: Fd, program: Fd, replaced?: Fd): void {
  check(nAttach(cgroup.raw, program.raw, replaced?.raw ?? -1), "bpf");
}

/** Detaches a program; ENOENT if it is not attached. */
export function detachDeviceProgram(cgroup: Fd, program: Fd): void {
  check(nDetach(cgroup.raw, program.raw), "bpf");
}

/** The ids of the programs attached to this very cgroup. */
export function queryDevicePrograms(cgroup: Fd): number[] {
  const ids = new Uint32Array(MAX_PROGRAMS);
  const count = check(nQuery(cgroup.raw, ids, ids.length), "bpf");
  return Array.from(ids.subarray(0, count));
}

/** A descriptor of a loaded program by its id; ENOENT if it is gone. */
export function openDeviceProgram(id: number): Fd {
  return new Fd(check(nOpenProgram(id), "bpf"));
}
