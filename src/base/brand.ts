// SPDX-License-Identifier: Apache-2.0
// Branded primitives: a number or string that was checked where it entered (a parser, `sys`) and may be trusted after.

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A process id in the pid namespace of this process, > 0. */
export type Pid = Brand<number, "Pid">;
/** A user id as the kernel takes it, 0..2^32-2. */
export type Uid = Brand<number, "Uid">;
/** A group id as the kernel takes it, 0..2^32-2. */
export type Gid = Brand<number, "Gid">;
/** A positive errno value, for example 2 for ENOENT. */
export type Errno = Brand<number, "Errno">;
/** A descriptor number nobody owns here; owners are `sys/fd.ts` `Fd`. */
export type RawFd = Brand<number, "RawFd">;
/** A container or exec id that passed `container/id.ts`. */
export type ContainerId = Brand<string, "ContainerId">;

/** Brands a number that the kernel returned as a pid. */
export const toPid = (value: number): Pid => value as Pid;
/** Brands a positive errno. */
export const toErrno = (value: number): Errno => value as Errno;
/** Brands a descriptor number. */
export const toRawFd = (value: number): RawFd => value as RawFd;
