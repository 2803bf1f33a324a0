// SPDX-License-Identifier: Apache-2.0
// The runtime as the layers above see it: one object per process.

import { createContainer } from "./create.ts";
import { type Host, type HostOptions, openHost } from "./host.ts";
import type { Runtime } from "./types.ts";

/** Makes the runtime. The host is probed at the first create: a shim that only answers questions need not wait for it. */
export function createRuntime(options: HostOptions): Runtime {
  let host: Host | undefined;
  return {
    create(createOptions) {
      host ??= openHost(options);
      return createContainer(host, createOptions);
    },
  };
}
