// SPDX-License-Identifier: Apache-2.0
// A socket of rtnetlink(7), of whatever network namespace it was made in: it keeps speaking to that one, and keeps it alive.
// Questions are asked in another thread: moving a device takes the kernel milliseconds. What the kernel answers is there when
// the question has been asked, and is read at once.

import { SysError } from "../base/errors.ts";
import { check, errnoNumber, errnoText, sysError } from "./errno.ts";
import { Fd } from "./fd.ts";
import { bind, bindAsync } from "./ffi.ts";
import { decodeMessages, encodeRequest, type Message, type Request } from "./netlink-codec.ts";
import {
  addAddress,
  changeLink,
  decodeAddress,
  decodeLink,
  getLink,
  type Link,
  type LinkAddress,
  type LinkChange,
  listAddresses,
  listLinks,
  RTM_NEWADDR,
  RTM_NEWLINK,
} from "./rtnetlink.ts";

const nSocket = bind<[protocol: number]>("int n_netlink_socket(int protocol)");
const nSetOptions = bind<[fd: number]>("int n_netlink_set_options(int fd)");
const nConnect = bind<[fd: number]>("int n_netlink_connect(int fd)");
const nSend = bindAsync<[fd: number, bytes: Uint8Array, length: number]>(
  "int n_netlink_send(int fd, const void *bytes, size_t length)",
);
const nReceive = bind<[fd: number, buffer: Uint8Array, length: number]>(
  "int n_netlink_receive(int fd, void *buffer, size_t length)",
);

const NETLINK_ROUTE = 0;

/** The kernel makes its parts of a list no longer (NLMSG_GOODSIZE, and 32 KiB for who reads that much). */
const RECEIVE_BYTES = 64 * 1024;

/** How often a list is asked for again that has changed meanwhile. */
const LIST_ATTEMPTS = 16;

type Answer = Extract<Message, { kind: "data" }>;

/** One question at a time. */
export class RouteSocket implements Disposable {
  readonly #fd: Fd;
  readonly #buffer = new Uint8Array(RECEIVE_BYTES);
  #sequence = 0;

  /** Takes ownership of a socket of NETLINK_ROUTE. */
  constructor(fd: Fd) {
    this.#fd = fd;
    check(nSetOptions(fd.raw), "setsockopt");
    check(nConnect(fd.raw), "connect");
  }

  /** In the network namespace of this process. */
  static open(): RouteSocket {
    return new RouteSocket(new Fd(check(nSocket(NETLINK_ROUTE), "socket")));
  }

  /** undefined: there is none. */
  async link(
    which: { readonly index: number } | { readonly name: string },
  ): Promise<Link | undefined> {
    try {
      const [answer] = (await this.#ask(getLink(which))).answers;
      return answer === undefined ? undefined : decodeLink(answer.body);
    } catch (error) {
      if (error instanceof SysError && error.code === "ENODEV") return undefined;
      throw error;
    }
  }

  async links(): Promise<readonly Link[]> {
    const answers = await this.#list(listLinks());
    return answers.filter(({ type }) => type === RTM_NEWLINK).map(({ body }) => decodeLink(body));
  }

  /** Of one link, in the order in which they were added. */
  async addresses(index: number): Promise<readonly LinkAddress[]> {
    const answers = await this.#list(listAddresses());
    return answers
      .filter(({ type }) => type === RTM_NEWADDR)
      .map(({ body }) => decodeAddress(body))
      .filter((address) => address.index === index);
  }

  /**
   * All of it in one message. When it fails, a part may have happened: a link can be in the other namespace without its new
   * name. @throws SysError with the kernel's words
   */
  async change(index: number, change: LinkChange): Promise<void> {
    await this.#ask(changeLink(index, change));
  }

  /** @throws SysError EEXIST if it has it */
  async addAddress(address: LinkAddress): Promise<void> {
    await this.#ask(addAddress(address));
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }

  async #list(request: Request): Promise<readonly Answer[]> {
    for (let attempt = 1; attempt <= LIST_ATTEMPTS; attempt += 1) {
      const { answers, interrupted } = await this.#ask(request);
      if (!interrupted) return answers;
    }
    throw sysError("netlink", errnoNumber("EINTR"));
  }

  /** The answers to a request, up to its end; `interrupted`: what was listed has changed meanwhile. */
  async #ask(request: Request): Promise<{ answers: readonly Answer[]; interrupted: boolean }> {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const bytes = encodeRequest(request, sequence);
    check(await nSend(this.#fd.raw, bytes, bytes.byteLength), "sendto");
    const answers: Answer[] = [];
    let interrupted = false;
    for (;;) {
      // Others: of a request before, that was given up.
      for (const message of this.#receive().filter((each) => each.sequence === sequence)) {
        interrupted ||= message.interrupted;
        if (message.kind === "data") answers.push(message);
        else if (message.errno !== 0) throw refusal(message.errno, message.reason);
        else return { answers, interrupted };
      }
    }
  }

  #receive(): readonly Message[] {
    const count = nReceive(this.#fd.raw, this.#buffer, RECEIVE_BYTES);
    // Who is not the kernel has nothing to say here.
    if (count === -errnoNumber("EPERM")) return [];
    return decodeMessages(this.#buffer.slice(0, check(count, "recvmsg")));
  }
}

function refusal(errno: number, reason: string | undefined): SysError {
  const { errno: checked, code } = sysError("netlink", errno);
  const text = errnoText(errno);
  const message = reason === undefined ? text : `${text} (${reason})`;
  return new SysError({ syscall: "netlink", errno: checked, code, message });
}
