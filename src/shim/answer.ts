// SPDX-License-Identifier: Apache-2.0
// What `start` prints: how to connect, in the form that this containerd understands (shim contract 1.6). The launcher
// prints the same.

/**
 * - containerd 1.6 sets no MAX_SHIM_VERSION and takes nothing but an address.
 * - 2.3 and later send BootstrapParams and take version 3.
 * - 1.7 refuses version 3, and 2.0 to 2.2 cannot be told from it: version 2, which all of them take.
 */
export function formatAnswer(
  address: string,
  daemon: { readonly sendsParams: boolean; readonly maxShimVersion: string },
): string {
  if (!daemon.sendsParams && daemon.maxShimVersion === "") return address;
  return JSON.stringify({ version: daemon.sendsParams ? 3 : 2, address, protocol: "ttrpc" });
}
