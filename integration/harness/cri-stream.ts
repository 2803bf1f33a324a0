// SPDX-License-Identifier: Apache-2.0
// The streams behind a URL that CRI gave for an exec or attach: WebSocket messages that begin with the number of a channel.
// containerd's server is on the loopback device of its network namespace, so the conversation is held by a process in there: this
// file as a program, which is given the URL and the steps and prints what it has heard.

import { check } from "./command.ts";
import type { PodNetwork } from "./network.ts";

/** Channels: input, outputs, the result as JSON, and the size of the terminal. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const RESULT = 3;
const RESIZE = 4;

const PROTOCOL = "v4.channel.k8s.io";
const LONGEST_MS = 30_000;

/** Something to be said, after the output so far has `after` in it. */
export interface Step {
  readonly after: string;
  readonly say?: string;
  /** Columns and rows. */
  readonly resize?: readonly [number, number];
}

export interface Conversation {
  readonly stdout: string;
  readonly stderr: string;
  /** As the kubelet passes it on; "" when the server said nothing. */
  readonly result: string;
}

/** Says the steps and listens until the other side hangs up. */
export async function converse(
  network: PodNetwork,
  url: string,
  steps: readonly Step[],
): Promise<Conversation> {
  const program = [process.execPath, import.meta.filename, url, JSON.stringify(steps)];
  return JSON.parse(await check([...network.within, ...program], { timeoutMs: LONGEST_MS }));
}

async function hold(url: string, steps: readonly Step[]): Promise<Conversation> {
  const heard = new Map<number, string>();
  const left = [...steps];
  const socket = new WebSocket(url.replace(/^http/, "ws"), [PROTOCOL]);
  socket.binaryType = "arraybuffer";
  const next = (): void => {
    const [step] = left;
    if (step === undefined || !(heard.get(STDOUT) ?? "").includes(step.after)) return;
    left.shift();
    for (const message of messages(step)) socket.send(message);
    next();
  };
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener("open", next);
  socket.addEventListener("message", ({ data }: { readonly data: ArrayBuffer }) => {
    const [channel = -1, ...bytes] = new Uint8Array(data);
    heard.set(channel, (heard.get(channel) ?? "") + Buffer.from(bytes).toString());
    next();
  });
  socket.addEventListener("close", () => resolve());
  socket.addEventListener("error", () => reject(new Error(`cannot talk to ${url}`)));
  await closed;
  const text = (channel: number): string => heard.get(channel) ?? "";
  return { stdout: text(STDOUT), stderr: text(STDERR), result: text(RESULT) };
}

function messages({ say, resize }: Step): Buffer[] {
  const onChannel = (channel: number, text: string): Buffer =>
    Buffer.concat([Buffer.from([channel]), Buffer.from(text)]);
  const [Width, Height] = resize ?? [];
  return [
    ...(resize === undefined ? [] : [onChannel(RESIZE, JSON.stringify({ Width, Height }))]),
    ...(say === undefined ? [] : [onChannel(STDIN, say)]),
  ];
}

if (import.meta.main) {
  const [url = "", steps = "[]"] = process.argv.slice(2);
  console.log(JSON.stringify(await hold(url, JSON.parse(steps))));
}
