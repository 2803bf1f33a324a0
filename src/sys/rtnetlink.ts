// SPDX-License-Identifier: Apache-2.0
// Links (network devices) and their addresses as messages of rtnetlink(7). Pure.

import {
  type Attribute,
  decodeAttributes,
  decodeText,
  decodeU32,
  malformed,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  type Request,
  textAttribute,
  u32Attribute,
  viewOf,
} from "./netlink-codec.ts";

// linux/rtnetlink.h
export const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;

/** struct ifinfomsg, struct ifaddrmsg */
const LINK_BYTES = 16;
const ADDRESS_BYTES = 8;

// linux/if_link.h
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MASTER = 10;
const IFLA_NET_NS_FD = 28;
const IFLA_NEW_IFINDEX = 49;

// linux/if_addr.h
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_BROADCAST = 4;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_RT_PRIORITY = 9;

const IFF_UP = 1;

/** ifa_flags and IFA_FLAGS. */
export const ADDRESS_FLAG = {
  /** Of IPv6, where it is IFA_F_SECONDARY of IPv4: the kernel has made it up and replaces it after a while. */
  TEMPORARY: 0x01,
  NODAD: 0x02,
  HOMEADDRESS: 0x10,
  PERMANENT: 0x80,
  MANAGETEMPADDR: 0x100,
  NOPREFIXROUTE: 0x200,
  MCAUTOJOIN: 0x400,
} as const;

/** Those that can be asked for; the others are what the kernel knows of an address. */
const SETTABLE =
  ADDRESS_FLAG.NODAD |
  ADDRESS_FLAG.HOMEADDRESS |
  ADDRESS_FLAG.MANAGETEMPADDR |
  ADDRESS_FLAG.NOPREFIXROUTE |
  ADDRESS_FLAG.MCAUTOJOIN;

/** ifa_scope: reachable from everywhere. */
export const RT_SCOPE_UNIVERSE = 0;

export const AF_INET = 2;
export const AF_INET6 = 10;

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  /** The hardware address; empty for devices that have none. */
  readonly hardware: Uint8Array;
  /** The bridge, bond, ... that it is a port of; 0: none. */
  readonly master: number;
}

/** What is to become of a link; what is absent stays as it is. */
export interface LinkChange {
  readonly up?: boolean;
  readonly name?: string;
  /** A descriptor of the network namespace to which it goes. */
  readonly namespace?: number;
  /** Its index there. Linux before 5.14 ignores it. */
  readonly newIndex?: number;
  readonly master?: number;
}

/** One address of a link. */
export interface LinkAddress {
  readonly family: number;
  /** Of the link. */
  readonly index: number;
  readonly prefixLength: number;
  readonly flags: number;
  readonly scope: number;
  /** The address itself, unless it is only in `address`. */
  readonly local: Uint8Array | undefined;
  /** The other end of a point-to-point link; else the address itself. */
  readonly address: Uint8Array | undefined;
  readonly broadcast: Uint8Array | undefined;
  readonly label: string | undefined;
  /** Seconds, 2^32-1 is for ever; undefined: the kernel's default, for ever. */
  readonly lifetimes: { readonly preferred: number; readonly valid: number } | undefined;
  /** Of the route to its network. */
  readonly metric: number | undefined;
}

/** Asks for one link; it also answers to its alternative names. */
export function getLink(which: { readonly index: number } | { readonly name: string }): Request {
  const byIndex = "index" in which;
  return {
    type: RTM_GETLINK,
    flags: NLM_F_REQUEST | NLM_F_ACK,
    header: linkHeader(byIndex ? which.index : 0),
    attributes: byIndex ? [] : [textAttribute(IFLA_IFNAME, which.name)],
  };
}

/** Asks for all links. */
export function listLinks(): Request {
  const flags = NLM_F_REQUEST | NLM_F_DUMP;
  return { type: RTM_GETLINK, flags, header: linkHeader(0), attributes: [] };
}

/** Changes a link that is there. */
export function changeLink(index: number, change: LinkChange): Request {
  const { up, name, namespace, newIndex, master } = change;
  const attributes: Attribute[] = [];
  if (namespace !== undefined) attributes.push(u32Attribute(IFLA_NET_NS_FD, namespace));
  if (name !== undefined) attributes.push(textAttribute(IFLA_IFNAME, name));
  if (newIndex !== undefined) attributes.push(u32Attribute(IFLA_NEW_IFINDEX, newIndex));
  if (master !== undefined) attributes.push(u32Attribute(IFLA_MASTER, master));
  return {
    type: RTM_NEWLINK,
    flags: NLM_F_REQUEST | NLM_F_ACK,
    header: linkHeader(index, up),
    attributes,
  };
}

function linkHeader(index: number, up?: boolean): Uint8Array {
  const header = new Uint8Array(LINK_BYTES);
  const view = viewOf(header);
  view.setInt32(4, index, true);
  view.setUint32(8, up === true ? IFF_UP : 0, true);
  view.setUint32(12, up === undefined ? 0 : IFF_UP, true);
  return header;
}

/** From the body of a message of type RTM_NEWLINK. @throws SysError EPROTO */
export function decodeLink(body: Uint8Array): Link {
  if (body.byteLength < LINK_BYTES) throw malformed();
  const view = viewOf(body);
  const attributes = decodeAttributes(body.subarray(LINK_BYTES));
  const master = attributes.get(IFLA_MASTER);
  return {
    index: view.getInt32(4, true),
    up: (view.getUint32(8, true) & IFF_UP) !== 0,
    name: decodeText(attributes.get(IFLA_IFNAME) ?? new Uint8Array()),
    hardware: attributes.get(IFLA_ADDRESS) ?? new Uint8Array(),
    master: master === undefined ? 0 : decodeU32(master),
  };
}

/** Asks for the addresses of all links. */
export function listAddresses(): Request {
  return {
    type: RTM_GETADDR,
    flags: NLM_F_REQUEST | NLM_F_DUMP,
    header: new Uint8Array(ADDRESS_BYTES),
    attributes: [],
  };
}

/** Gives a link an address that it does not have yet. */
export function addAddress(address: LinkAddress): Request {
  const { family, index, prefixLength, scope, local, broadcast, label, lifetimes } = address;
  const header = new Uint8Array(ADDRESS_BYTES);
  const view = viewOf(header);
  const flags = address.flags & SETTABLE;
  header.set([family, prefixLength, flags & 0xff, scope]);
  view.setUint32(4, index, true);
  const attributes: Attribute[] = [];
  if (local !== undefined) attributes.push({ type: IFA_LOCAL, value: local });
  if (address.address !== undefined) {
    attributes.push({ type: IFA_ADDRESS, value: address.address });
  }
  if (broadcast !== undefined) attributes.push({ type: IFA_BROADCAST, value: broadcast });
  if (label !== undefined) attributes.push(textAttribute(IFA_LABEL, label));
  attributes.push(u32Attribute(IFA_FLAGS, flags));
  if (address.metric !== undefined) attributes.push(u32Attribute(IFA_RT_PRIORITY, address.metric));
  if (lifetimes !== undefined) attributes.push(lifetimesAttribute(lifetimes));
  return {
    type: RTM_NEWADDR,
    flags: NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
    header,
    attributes,
  };
}

/** struct ifa_cacheinfo; its two time stamps are the kernel's own. */
function lifetimesAttribute({ preferred, valid }: { preferred: number; valid: number }): Attribute {
  const value = new Uint8Array(16);
  const view = viewOf(value);
  view.setUint32(0, preferred, true);
  view.setUint32(4, valid, true);
  return { type: IFA_CACHEINFO, value };
}

/** From the body of a message of type RTM_NEWADDR. @throws SysError EPROTO */
export function decodeAddress(body: Uint8Array): LinkAddress {
  if (body.byteLength < ADDRESS_BYTES) throw malformed();
  const view = viewOf(body);
  const attributes = decodeAttributes(body.subarray(ADDRESS_BYTES));
  const flags = attributes.get(IFA_FLAGS);
  const label = attributes.get(IFA_LABEL);
  const cache = attributes.get(IFA_CACHEINFO);
  const metric = attributes.get(IFA_RT_PRIORITY);
  if (cache !== undefined && cache.byteLength < 8) throw malformed();
  return {
    family: view.getUint8(0),
    prefixLength: view.getUint8(1),
    // The byte in the header has no room for all of them.
    flags: flags === undefined ? view.getUint8(2) : decodeU32(flags),
    scope: view.getUint8(3),
    index: view.getUint32(4, true),
    local: attributes.get(IFA_LOCAL),
    address: attributes.get(IFA_ADDRESS),
    broadcast: attributes.get(IFA_BROADCAST),
    label: label === undefined ? undefined : decodeText(label),
    lifetimes:
      cache === undefined
        ? undefined
        : { preferred: viewOf(cache).getUint32(0, true), valid: viewOf(cache).getUint32(4, true) },
    metric: metric === undefined ? undefined : decodeU32(metric),
  };
}
