// SPDX-License-Identifier: Apache-2.0
// For tests: a runtime without processes. Everything succeeds at once unless a test puts a promise in the way, and
// processes end when the test says so.

import { type Pid, toErrno, toPid } from "../base/brand.ts";
import { SysError } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";
import type {
  CreateOptions,
  ExecOptions,
  LiveContainer,
  LiveProcess,
  Runtime,
} from "../runtime/types.ts";

const METRICS: ReturnType<LiveContainer["metrics"]> = {
  ...{ kind: "v2", pids: { current: 1n, limit: 2n ** 64n - 1n }, cpu: {}, cpuPsi: undefined },
  ...{ memory: undefined, memoryEvents: undefined, io: undefined, hugetlb: [], rdma: undefined },
};

class FakeProcess implements LiveProcess {
  readonly calls: string[] = [];
  readonly #end = Promise.withResolvers<Exit>();
  readonly exited = this.#end.promise;
  readonly pid: Pid;
  dead = false;
  readonly stdio = {
    resize: (columns: number, rows: number) => void this.calls.push(`resize ${columns}x${rows}`),
    closeStdin: () => void this.calls.push("closeStdin"),
    drain: async (ms: number, stalledMs: number) =>
      void this.calls.push(`drain ${ms} ${stalledMs}`),
    close: () => void this.calls.push("close"),
  };

  constructor(pid: number) {
    this.pid = toPid(pid);
  }

  end(status: number, atNs = 1n): void {
    this.dead = true;
    this.#end.resolve({ status, atNs });
  }

  signal(signal: number): void {
    const fields = { syscall: "pidfd_send_signal", errno: toErrno(3), code: "ESRCH" };
    if (this.dead) throw new SysError({ ...fields, message: "no such process" });
    this.calls.push(`signal ${signal}`);
    if (signal === 9) this.end(137);
  }
}

export class FakeContainer extends FakeProcess implements LiveContainer {
  privatePidNamespace = true;
  removed = false;
  kills = 0n;
  /** Who wants to know that the OOM killer may have been at work. */
  readonly oomNotices = new Set<() => void>();
  readonly execs: FakeProcess[] = [];
  start = async (): Promise<void> => undefined;
  beforeExec = async (_options: ExecOptions): Promise<void> => undefined;
  remove = async (): Promise<void> => void this.calls.push("remove");
  metrics = (): ReturnType<LiveContainer["metrics"]> => METRICS;
  oomKills = (): bigint => this.kills;
  watchOom = (notice: () => void): Disposable => {
    this.oomNotices.add(notice);
    return { [Symbol.dispose]: () => void this.oomNotices.delete(notice) };
  };

  async exec(options: ExecOptions): Promise<LiveProcess> {
    await this.beforeExec(options);
    const process = new FakeProcess(this.pid + 1 + this.execs.length);
    this.execs.push(process);
    return process;
  }

  /** The OOM killer was at work `count` times; one notice for all of it. */
  oomKill(count = 1n): void {
    this.kills += count;
    for (const notice of this.oomNotices) notice();
  }

  giveUpHooks(): void {
    this.calls.push("giveUpHooks");
  }

  signalAll(signal: number): void {
    this.calls.push(`signalAll ${signal}`);
    for (const process of [this, ...this.execs])
      if (signal === 9 && !process.dead) process.end(137);
  }

  pids(): readonly Pid[] {
    return [this, ...this.execs].filter((process) => !process.dead).map((process) => process.pid);
  }
}

export class FakeRuntime implements Runtime {
  readonly created: { readonly options: CreateOptions; readonly live: FakeContainer }[] = [];
  beforeCreate = async (_live: FakeContainer): Promise<void> => undefined;

  async create(options: CreateOptions): Promise<FakeContainer> {
    const live = new FakeContainer(100 * (this.created.length + 1));
    await this.beforeCreate(live);
    this.created.push({ options, live });
    return live;
  }
}
