// SPDX-License-Identifier: Apache-2.0
// The stdin of `start`: nothing, an Any with the runtime's options (containerd up to 2.2), or BootstrapParams (2.3 and
// later). native/launcher/bootstrap.c takes the same out of it.

import { errorText, TaskError } from "../base/errors.ts";
import { unpackAny } from "../proto/any.ts";
import { containerd, google } from "../proto/generated/messages.js";

const { BootstrapParams } = containerd.runtime.bootstrap.v1;
const { Any } = google.protobuf;
type AnyMessage = google.protobuf.Any.$Properties;

/** LogLevel DEBUG; TRACE is -8. */
const LOG_LEVEL_DEBUG = -4;

export interface Bootstrap {
  /** BootstrapParams: this containerd is 2.3 or later. */
  readonly isParams: boolean;
  readonly debug: boolean;
  /** "" where it was not said. */
  readonly ttrpcAddress: string;
  readonly grpcAddress: string;
  readonly socketDir: string;
  /** The runtime's (or the task's) options as they came. */
  readonly options: AnyMessage | undefined;
  /** shim_cgroup of runc's options: an existing cgroup that the daemon's process shall join. */
  readonly shimCgroup: string;
}

/** Decodes the bytes. Throws TaskError invalid_argument if they are neither form, or a text in them has a NUL byte. */
export function parseBootstrap(
  bytes: Uint8Array,
  identity: { readonly namespace: string; readonly id: string },
): Bootstrap {
  try {
    const bootstrap = parseParams(bytes, identity) ?? parseLegacy(bytes);
    const { ttrpcAddress, grpcAddress, socketDir, shimCgroup } = bootstrap;
    if (!`${ttrpcAddress}${grpcAddress}${socketDir}${shimCgroup}`.includes("\0")) return bootstrap;
  } catch (error) {
    throw invalid(`malformed bootstrap parameters on stdin: ${errorText(error)}`);
  }
  throw invalid("NUL byte in the bootstrap parameters on stdin");
}

/** The new form names the container and the namespace of the command line; an Any has a type URL in the first place. */
function parseParams(
  bytes: Uint8Array,
  identity: { readonly namespace: string; readonly id: string },
): Bootstrap | undefined {
  const params = tryDecode(bytes);
  if (params?.instanceId !== identity.id || params.namespace !== identity.namespace) return;
  // containerd sends the options as its only extension; others would be of types that nobody knows here.
  const extensions = params.extensions.flatMap(({ value }) => value ?? []);
  const options = extensions.findLast((value) => unpackAny(value) !== undefined);
  return {
    isParams: true,
    debug: params.logLevel <= LOG_LEVEL_DEBUG,
    ttrpcAddress: params.containerdTtrpcAddress,
    grpcAddress: params.containerdGrpcAddress,
    socketDir: params.socketDir ?? "",
    shimCgroup: shimCgroupOf(options),
    options,
  };
}

function tryDecode(bytes: Uint8Array): InstanceType<typeof BootstrapParams> | undefined {
  try {
    return BootstrapParams.decode(bytes);
  } catch {
    return undefined; // An Any, or nonsense: the other parser says which.
  }
}

function parseLegacy(bytes: Uint8Array): Bootstrap {
  const options = bytes.byteLength === 0 ? undefined : Any.decode(bytes);
  return {
    isParams: false,
    debug: false,
    ttrpcAddress: "",
    grpcAddress: "",
    socketDir: "",
    shimCgroup: shimCgroupOf(options),
    options,
  };
}

function shimCgroupOf(options: AnyMessage | undefined): string {
  const unpacked = options === undefined ? undefined : unpackAny(options);
  const isRunc = unpacked?.kind === "message" && unpacked.name === "containerd.runc.v1.Options";
  return isRunc ? unpacked.message.shimCgroup : "";
}

function invalid(problem: string): TaskError {
  return new TaskError("invalid_argument", problem);
}
