// SPDX-License-Identifier: Apache-2.0
// Addresses of unix sockets as containerd writes them.

const SCHEME = "unix://";

/** How containerd writes the address of a socket. */
export function toAddress(path: string): string {
  return `${SCHEME}${path}`;
}

/** The path in an address "unix:///path", or in one that is a bare path. */
export function addressPath(address: string): string {
  return address.startsWith(SCHEME) ? address.slice(SCHEME.length) : address;
}
