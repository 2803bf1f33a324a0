// SPDX-License-Identifier: Apache-2.0
// What every container of this process shares: the reaper, the sealed init binary, the cgroup layout and facts of the host.

import type { Logger } from "../base/log.ts";
import type { CgroupLayout } from "../cgroup/layout.ts";
import { readCgroupLayout } from "../cgroup/mode.ts";
import type { HostFacts } from "../oci/compiled.ts";
import { assetPath } from "../sys/assets.ts";
import { O_DIRECTORY, O_PATH, O_RDWR } from "../sys/constants.ts";
import { type Fd, open } from "../sys/fd.ts";
import { sealedExecutable } from "../sys/memfd.ts";
import type { Reaper } from "../sys/reaper.ts";
import { probeHost } from "./host-facts.ts";
import { SeccompFilters } from "./seccomp.ts";

export interface HostOptions {
  readonly reaper: Reaper;
  readonly log: Logger;
  /** Nanoseconds since the epoch. */
  readonly now: () => bigint;
  /**
   * RLIMIT_NOFILE as it was before Node raised its soft limit: what a container without an own limit gets.
   * Undefined: leave it as it is.
   */
  readonly nofile: { readonly soft: bigint; readonly hard: bigint } | undefined;
  /** "NAME=value": what a hook in the runtime's namespaces gets that has no environment of its own. */
  readonly hookEnv: readonly string[];
}

export interface Host extends HostOptions {
  readonly layout: CgroupLayout;
  readonly facts: HostFacts;
  /** tsrunc-init, sealed: a container that reaches it through /proc/self/exe cannot change it (CVE-2019-5736). */
  readonly initExe: Fd;
  /** The host's /proc, O_PATH. */
  readonly proc: Fd;
  /** The host's /dev/null, which keeps 0, 1 and 2 of an init taken until it has its own. */
  readonly null: Fd;
  /** The seccomp filters that were made so far. */
  readonly seccomp: SeccompFilters;
}

/** Probes the host and opens what all containers share; they stay open for the life of the process. */
export function openHost(options: HostOptions): Host {
  const layout = readCgroupLayout();
  return {
    ...options,
    layout,
    facts: probeHost(layout),
    initExe: sealedExecutable(assetPath("tsrunc-init")),
    proc: open("/proc", O_PATH | O_DIRECTORY),
    null: open("/dev/null", O_RDWR),
    seccomp: new SeccompFilters(options.log),
  };
}
