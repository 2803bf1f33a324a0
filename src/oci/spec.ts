// SPDX-License-Identifier: Apache-2.0
// The parsed OCI configuration. Owned by oci/parse.ts.

/** linux.resources, as far as it is supported. */
export interface LinuxResources {
  readonly placeholder?: never;
}
