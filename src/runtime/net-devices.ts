// SPDX-License-Identifier: Apache-2.0
// Moves network devices of the host into a container that is being made, and back if it comes to nothing. This process, which
// has threads, never enters another network namespace: a helper process sends it a socket that was made there.

import { errorText, isErrno } from "../base/errors.ts";
import {
  isTemplate,
  NETWORK_NAMESPACE_TAG,
  NETWORK_SOCKET_TAG,
  type NetDevice,
  networkHandleOps,
} from "../oci/net-devices.ts";
import { O_RDONLY } from "../sys/constants.ts";
import { type Fd, open } from "../sys/fd.ts";
import { RouteSocket } from "../sys/netlink.ts";
import type { Link, LinkAddress, LinkChange } from "../sys/rtnetlink.ts";
import { HelperProcess } from "./helper-process.ts";
import type { Host } from "./host.ts";
import { followingAddresses, returningAddresses } from "./moved-addresses.ts";

/** For a device whose name somebody has taken meanwhile. */
const ANY_NAME = "dev%d";

/** The devices of one container: back on the host when this is disposed of, unless they were kept. */
export interface MovedDevices extends AsyncDisposable {
  /** They are the container's for good. */
  keep(): void;
}

/** A network namespace, and how to speak to it. Holds on to it, whoever else leaves. */
interface Network extends Disposable {
  readonly socket: RouteSocket;
  readonly namespace: Fd;
}

/** A device as it was on the host. */
interface Candidate {
  /** For the container; with "%d" for a number of the kernel's choice. */
  readonly newName: string;
  readonly link: Link;
  readonly addresses: readonly LinkAddress[];
}

/**
 * Moves `devices` into the network namespace of `init`: all of them, or none and a throw. What is known beforehand to be
 * impossible is refused before anything is touched.
 */
export async function moveNetDevices(
  host: Host,
  devices: readonly NetDevice[],
  init: { readonly pidfd: Fd },
): Promise<MovedDevices> {
  if (devices.length === 0) return { keep: () => undefined, async [Symbol.asyncDispose]() {} };
  using failed = new DisposableStack();
  const inside = failed.use(await openContainerNetwork(host, init.pidfd));
  const move = new Move(host, { inside, outside: openHostNetwork() });
  failed.move();
  try {
    await move.run(devices);
    return move;
  } catch (error) {
    await move[Symbol.asyncDispose]();
    throw error;
  }
}

async function openContainerNetwork(host: Host, init: Fd): Promise<Network> {
  await using helper = new HelperProcess(host);
  const inputs = new Map([
    ["proc", host.proc],
    ["init", init],
  ]);
  await helper.run(networkHandleOps(), inputs);
  const take = (tag: number): Fd => {
    const fd = helper.takeFd(tag);
    if (fd === undefined) throw new Error("the container's network namespace was not sent");
    return fd;
  };
  return toNetwork(
    () => new RouteSocket(take(NETWORK_SOCKET_TAG)),
    () => take(NETWORK_NAMESPACE_TAG),
  );
}

function openHostNetwork(): Network {
  return toNetwork(
    () => RouteSocket.open(),
    () => open("/proc/self/ns/net", O_RDONLY),
  );
}

function toNetwork(openSocket: () => RouteSocket, openNamespace: () => Fd): Network {
  using stack = new DisposableStack();
  const socket = stack.use(openSocket());
  const namespace = stack.use(openNamespace());
  const kept = stack.move();
  return { socket, namespace, [Symbol.dispose]: () => kept.dispose() };
}

class Move implements MovedDevices {
  readonly #host: Host;
  readonly #outside: Network;
  readonly #inside: Network;
  /** Those that may have moved; of each where it is by now, as far as that is known. */
  readonly #begun: { readonly candidate: Candidate; inside: Link | undefined }[] = [];

  /** Takes ownership of both networks. */
  constructor(host: Host, { inside, outside }: Record<"inside" | "outside", Network>) {
    this.#host = host;
    this.#outside = outside;
    this.#inside = inside;
  }

  async run(devices: readonly NetDevice[]): Promise<void> {
    const candidates: Candidate[] = [];
    for (const device of devices) {
      const candidate = await inContext(device.host, () => this.#look(device));
      const { index, name } = candidate.link;
      const twice = candidates.find(({ link }) => link.index === index);
      if (twice !== undefined) throw refusal(device.host, `it is ${JSON.stringify(name)}, too`);
      candidates.push(candidate);
    }
    for (const candidate of candidates) {
      await inContext(candidate.link.name, () => this.#move(candidate));
    }
  }

  keep(): void {
    this.#begun.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let last = this.#begun.pop(); last !== undefined; last = this.#begun.pop()) {
      const { candidate, inside } = last;
      await this.#attempt(candidate, () => this.#return(candidate, inside));
    }
    this.#inside[Symbol.dispose]();
    this.#outside[Symbol.dispose]();
  }

  async #look({ host, name }: NetDevice): Promise<Candidate> {
    const link = await this.#outside.socket.link({ name: host });
    if (link === undefined) throw new Error("there is no such device");
    // An alternative name leads to it as well, and is no name to give it.
    const newName = name === host ? link.name : name;
    if (!isTemplate(newName) && (await this.#inside.socket.link({ name: newName })) !== undefined) {
      throw new Error(`${JSON.stringify(newName)} exists in the container's network namespace`);
    }
    return { newName, link, addresses: await this.#outside.socket.addresses(link.index) };
  }

  /**
   * Down, into the other namespace, and renamed, in one message: the kernel refuses what cannot be moved before it touches it.
   * A device whose new name turns out to be taken has moved nevertheless, under its old one.
   */
  async #move(candidate: Candidate): Promise<void> {
    const { link, newName, addresses } = candidate;
    const { socket, namespace } = this.#inside;
    const before = new Set((await socket.links()).map(({ index }) => index));
    const begun = { candidate, inside: undefined as Link | undefined };
    this.#begun.push(begun);
    await this.#outside.socket.change(link.index, {
      up: false,
      name: newName,
      namespace: namespace.raw,
    });
    const moved = await this.#find(candidate, before);
    if (moved === undefined) throw new Error("it has vanished");
    begun.inside = moved;
    for (const address of followingAddresses(addresses, link.name, moved)) {
      await socket.addAddress(address);
    }
    await socket.change(moved.index, { up: true });
  }

  /** The device in the container, where it may have another index; `before` are those of others. */
  async #find(
    { link, newName }: Candidate,
    before: ReadonlySet<number>,
  ): Promise<Link | undefined> {
    const links = await this.#inside.socket.links();
    const alike = links.filter((each) => !before.has(each.index) && isSameDevice(each, link));
    const byName = (name: string): Link | undefined => alike.find((each) => each.name === name);
    return byName(newName) ?? byName(link.name) ?? (isTemplate(newName) ? alike[0] : undefined);
  }

  /** Undoes `#move`, however far it has come. */
  async #return(candidate: Candidate, inside: Link | undefined): Promise<void> {
    const { link, addresses } = candidate;
    const { socket } = this.#outside;
    if (!isAtHome(await socket.link({ index: link.index }), link)) {
      const moved = inside ?? (await this.#find(candidate, new Set()));
      if (moved === undefined) throw new Error("it is not in the container any more");
      await this.#bringBack(moved.index, link);
    }
    const back = await this.#findAtHome(link);
    if (back.name !== link.name) {
      const text = `network device "${link.name}" is called "${back.name}" now`;
      this.#host.log.warn(text, {});
    }
    const change = (to: LinkChange): Promise<void> =>
      this.#attempt(candidate, () => socket.change(back.index, to));
    if (back.master !== link.master) await change({ master: link.master });
    for (const address of returningAddresses(addresses, back.index)) {
      await this.#attempt(candidate, () => socket.addAddress(address).catch(unlessThere));
    }
    if (link.up) await change({ up: true });
  }

  /** With the index that it had, as the host's software knows it; if need be without, and without its name. */
  async #bringBack(index: number, link: Link): Promise<void> {
    const { socket } = this.#inside;
    const back = { up: false, namespace: this.#outside.namespace.raw };
    const ways: readonly LinkChange[] = [
      { ...back, name: link.name, newIndex: link.index },
      { ...back, name: link.name },
      { ...back, name: ANY_NAME },
    ];
    let failure: unknown;
    for (const way of ways) {
      try {
        await socket.change(index, way);
        return;
      } catch (error) {
        failure = error;
      }
      // It may have failed after the move.
      if ((await socket.link({ index })) === undefined) return;
    }
    throw failure;
  }

  async #findAtHome(link: Link): Promise<Link> {
    const { socket } = this.#outside;
    for (const which of [{ index: link.index }, { name: link.name }]) {
      const found = await socket.link(which);
      if (found !== undefined && isSameDevice(found, link)) return found;
    }
    throw new Error("it is on the host, under another name");
  }

  /** A failure is logged: the first error is what the caller must see. */
  async #attempt({ link }: Candidate, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const text = `cannot restore network device ${JSON.stringify(link.name)}`;
      this.#host.log.warn(text, { error: errorText(error) });
    }
  }
}

/** By its hardware address: index and name may be others where it is. */
function isSameDevice(found: Link, link: Link): boolean {
  return Buffer.from(found.hardware).equals(link.hardware);
}

/** Whether it has never left: an index is not given to another device soon, but it can be. */
function isAtHome(found: Link | undefined, link: Link): boolean {
  return found !== undefined && found.name === link.name && isSameDevice(found, link);
}

function unlessThere(error: unknown): void {
  if (!isErrno(error, "EEXIST")) throw error;
}

async function inContext<T>(name: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw refusal(name, errorText(error), error);
  }
}

function refusal(name: string, problem: string, cause?: unknown): Error {
  const text = `cannot move network device ${JSON.stringify(name)} into the container: ${problem}`;
  return new Error(text, { cause });
}
