// SPDX-License-Identifier: Apache-2.0
// Who this program says it is. The launcher has its version from package.json too; a test compares them.

/** The version of package.json. */
export const VERSION = "0.1.0";
