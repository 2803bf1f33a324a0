// SPDX-License-Identifier: Apache-2.0
// What docs/oci-support.md is made of: rows that say of fields of config.json what becomes of them and which test shows it.

/** What another runtime does with the same fields: "yes", "no", or how it differs, in a few words. */
export type Peer = string;

export interface Support {
  /** Paths as in fields.ts. */
  readonly fields: readonly string[];
  /** Which of a field's words the row is about; undefined: the field as such. */
  readonly words?: readonly string[];
  /** What becomes of it here: one line. */
  readonly how: string;
  /** `file#words of the title of a test in it`: at least one. */
  readonly tests: readonly string[];
  readonly runc: Peer;
  readonly crun: Peer;
}

export interface Chapter {
  readonly title: string;
  readonly rows: readonly Support[];
}
