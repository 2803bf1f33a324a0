// SPDX-License-Identifier: Apache-2.0
// linux.netDevices: network devices of the host that the container gets, and what of them goes along. The runtime moves them
// once the container's namespaces are there (runtime/net-devices.ts).

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import { fieldPath, readSection, readText, type Section, toSection } from "./fields.ts";
import { hasNamespace } from "./namespaces.ts";
import type { Linux, NamespaceType } from "./spec.ts";
import { CLONE } from "./tables/kernel.ts";

/** Bytes of a device's name, without the NUL (IFNAMSIZ). */
const MAX_NAME_BYTES = 15;

/** A name that the kernel completes with the first number that is free. */
const TEMPLATE = "%d";

// linux/socket.h, linux/netlink.h
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;

/** Tags of what `networkHandleOps` send. */
export const NETWORK_SOCKET_TAG = 1;
export const NETWORK_NAMESPACE_TAG = 2;

/** One entry of linux.netDevices: a network device of the host that becomes the container's. */
export interface NetDevice {
  /** Its name on the host, or an alternative one. */
  readonly host: string;
  /** In the container; "%d" in it is a number that the kernel chooses. */
  readonly name: string;
}

/** linux.netDevices, in the order of the document. */
export function parseNetDevices(linux: Section): readonly NetDevice[] {
  const section = readSection(linux, "netDevices");
  if (section === undefined) return [];
  const devices = Object.entries(section.fields).map(([host, value]: [string, unknown]) => {
    const path = `${fieldPath(linux, "netDevices")}["${host}"]`;
    const name = value === null ? undefined : readText(toSection(value, path), "name");
    if (!isDeviceName(host)) throw invalidName(path, host);
    if (!name) return { host, name: host };
    if (!isDeviceName(name.replace(TEMPLATE, "0"))) throw invalidName(`${path}.name`, name);
    // What the kernel makes of it must fit, too: it has a digit at least.
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw invalidName(`${path}.name`, name);
    return { host, name };
  });
  checkNamesDiffer(devices);
  return devices;
}

/** As the kernel has it (dev_valid_name); a "%" would be a template. */
function isDeviceName(name: string): boolean {
  const length = Buffer.byteLength(name);
  if (length === 0 || length > MAX_NAME_BYTES || name === "." || name === "..") return false;
  // The kernel looks at bytes, and takes 0xa0 for a space.
  return !/[/:% \t\n\v\f\r]/.test(name) && !Buffer.from(name).includes(0xa0);
}

function invalidName(path: string, name: string): SpecError {
  return new SpecError(path, `invalid network device name ${JSON.stringify(name)}`);
}

function checkNamesDiffer(devices: readonly NetDevice[]): void {
  const seen = new Set<string>();
  for (const { host, name } of devices) {
    if (seen.has(name) && !isTemplate(name)) {
      const problem = `several network devices would be called ${JSON.stringify(name)}`;
      throw new SpecError(`linux.netDevices["${host}"].name`, problem);
    }
    seen.add(name);
  }
}

/** Whether the kernel is to make a unique name of it. */
export function isTemplate(name: string): boolean {
  return name.includes(TEMPLATE);
}

/**
 * Refuses to move devices to where they are. `shared` are the types of joined namespaces that turned out to be the runtime's
 * own. @throws SpecError
 */
export function checkNetDevices(
  { netDevices, namespaces }: Pick<Linux, "netDevices" | "namespaces">,
  shared: readonly NamespaceType[],
): void {
  if (netDevices.length === 0) return;
  if (hasNamespace(namespaces, "network") && !shared.includes("network")) return;
  const problem = "unable to move network devices without a NET namespace";
  throw new SpecError("linux.netDevices", problem);
}

/**
 * The program of the helper process that fetches a socket of the network namespace of init (slot "init", a pidfd), and the
 * namespace itself. It is root of the host: a socket that was made in a user namespace could not give a device back.
 */
export function networkHandleOps(): readonly Op[] {
  const why = "error entering the container's network namespace";
  const send = (fd: string, tag: number): Op => ({ op: "send_fd", fd, tag, why });
  return [
    { op: "setns", fd: "init", nstype: CLONE.NEWNET, why },
    {
      op: "socket",
      domain: AF_NETLINK,
      type: SOCK_RAW,
      protocol: NETLINK_ROUTE,
      out: "socket",
      why,
    },
    send("socket", NETWORK_SOCKET_TAG),
    { op: "open", dir: "proc", path: "self/ns/net", flags: 0, mode: 0, out: "ns", why },
    send("ns", NETWORK_NAMESPACE_TAG),
  ];
}
