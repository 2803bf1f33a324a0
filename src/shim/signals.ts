// SPDX-License-Identifier: Apache-2.0
// What the daemon does about signals and about errors that nobody caught. It is the only supervisor of its containers, so
// nothing of that ends it but a request to end.

import type { LogFields, Logger } from "../base/log.ts";
import { SIGUSR1 } from "../sys/constants.ts";
import { unblockSignal } from "../sys/process.ts";

export interface SignalOptions {
  readonly log: Logger;
  /** SIGTERM and SIGINT. */
  readonly onTerminate: (signal: string) => void;
  /** SIGUSR1: what to write into the log. */
  readonly describe: () => LogFields;
}

/** Installs the handlers of this process. */
export function handleSignals({ log, onTerminate, describe }: SignalOptions): void {
  process.on("SIGTERM", () => onTerminate("SIGTERM"));
  process.on("SIGINT", () => onTerminate("SIGINT"));
  process.on("SIGUSR1", () => log.info("state of the shim", describe()));
  unblockSignal(SIGUSR1);
  // Node ignores it already; with a handler it stays so.
  process.on("SIGPIPE", () => undefined);
  process.on("uncaughtException", (error) => {
    log.error("uncaught exception", { error: stackOf(error) });
  });
  process.on("unhandledRejection", (reason) => {
    log.error("unhandled rejection", { error: stackOf(reason) });
  });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
