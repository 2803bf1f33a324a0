// SPDX-License-Identifier: Apache-2.0
// The kinds of values that the specification's fields have, for model.ts.

export type Kind =
  | { readonly kind: "text"; readonly words?: readonly string[] }
  | { readonly kind: "boolean" }
  | { readonly kind: "integer"; readonly min: bigint; readonly max: bigint }
  | { readonly kind: "list"; readonly of: Kind }
  /** With names of the user's. `nullable`: null is the same as an empty member. */
  | { readonly kind: "map"; readonly of: Kind; readonly nullable?: true }
  | ObjectKind;

export interface ObjectKind {
  readonly kind: "object";
  readonly fields: Readonly<Record<string, Kind>>;
  /** Of the fields those without which the object says nothing. */
  readonly required: readonly string[];
}

export const text: Kind = { kind: "text" };
export const boolean: Kind = { kind: "boolean" };
export const texts: Kind = { kind: "list", of: text };

export const words = (...list: readonly string[]): Kind => ({ kind: "text", words: list });
export const integer = (min: bigint, max: bigint): Kind => ({ kind: "integer", min, max });
export const list = (of: Kind): Kind => ({ kind: "list", of });
export const map = (of: Kind): Kind => ({ kind: "map", of });
export const nullableMap = (of: Kind): Kind => ({ kind: "map", of, nullable: true });
export const object = (
  fields: Readonly<Record<string, Kind>>,
  ...required: readonly string[]
): ObjectKind => ({
  kind: "object",
  fields,
  required,
});

export const u16 = integer(0n, 2n ** 16n - 1n);
export const u32 = integer(0n, 2n ** 32n - 1n);
export const u64 = integer(0n, 2n ** 64n - 1n);
export const i32 = integer(-(2n ** 31n), 2n ** 31n - 1n);
export const i64 = integer(-(2n ** 63n), 2n ** 63n - 1n);
/** 2^32-1 is the kernel's "leave it". */
export const id = integer(0n, 2n ** 32n - 2n);
export const idMappings = list(
  object({ containerID: u32, hostID: u32, size: u32 }, "containerID", "hostID", "size"),
);
