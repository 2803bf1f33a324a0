// SPDX-License-Identifier: Apache-2.0
// The configuration of a containerd with its CRI plugin: handlers of this runtime as deploy/README.md tells users to write
// them, and what the tests need besides.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Settings } from "./containerd.ts";
import type { Edition } from "./debian.ts";
import { CNI_PLUGINS, type PodNetwork } from "./network.ts";
import { RUNTIME } from "./suite.ts";

/** The handler that deploy/README.md configures. */
export const HANDLER = "tsrunc";

/** The same for 2.x as deploy/README.md configures it where the kubelet must know what the handler can do. */
export const KNOWN_HANDLER = "tsrunc-known";

/** The same with a table of options. */
export const OPTIONS_HANDLER = "tsrunc-options";

/**
 * The same with a shim that says that it speaks version 3 of the Task service: containerd then connects the containers of a
 * pod to the pod's shim by itself. For 2.x.
 */
export const DIRECT_HANDLER = "tsrunc-direct";

const PLUGINS = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
];

const DEPLOY_README = resolve(import.meta.dirname, "..", "..", "deploy", "README.md");
const SHIM = resolve(
  ...[import.meta.dirname, "..", "..", "build", "dist", "containerd-shim-tsrunc-v1"],
);

/** What TEST_RUNTIME replaces. */
const OUR_RUNTIME = "io.containerd.tsrunc.v1";

/** What the configuration names. */
export interface CriParts {
  readonly directory: string;
  readonly network: PodNetwork;
  readonly pauseImage: string;
}

export function criSettings(edition: Edition, parts: CriParts): Settings {
  const { directory, network } = parts;
  const { version, runtime, cri } =
    edition.major >= 2
      ? { version: 3 as const, runtime: "io.containerd.cri.v1.runtime", cri: configOf2(parts) }
      : { version: 2 as const, runtime: "io.containerd.grpc.v1.cri", cri: configOf1(parts) };
  const runtimes = `plugins."${runtime}".containerd.runtimes`;
  const config = `${cri}
${documentedConfig(version)}
[${runtimes}.${OPTIONS_HANDLER}]
  runtime_type = ${JSON.stringify(RUNTIME)}
  [${runtimes}.${OPTIONS_HANDLER}.options]
    Root = ${JSON.stringify(join(directory, "runtime-root"))}
[${runtimes}.${DIRECT_HANDLER}]
  runtime_type = ${JSON.stringify(RUNTIME)}
  runtime_path = ${JSON.stringify(writeDirectShim(directory))}
`;
  return { version, enabled: PLUGINS, config, within: network.within };
}

/** What deploy/README.md tells users of a configuration version to write; the second way gets a name of its own. */
function documentedConfig(version: 2 | 3): string {
  const readme = readFileSync(DEPLOY_README, "utf8");
  const start = `version = ${version}\n`;
  const [first, second = "", ...others] = [...readme.matchAll(/^```toml\n(.*?)^```$/gms)]
    .map(([, block = ""]) => block)
    .filter((block) => block.startsWith(start))
    .map((block) => block.slice(start.length));
  if (first === undefined || others.length > 0) throw new Error("deploy/README.md has changed");
  const known = second.replace(`.${HANDLER}]`, `.${KNOWN_HANDLER}]`).replace(/"\/.*"/, `"${SHIM}"`);
  return `${first.replace(OUR_RUNTIME, RUNTIME)}${known}`;
}

/** No test needs a privileged port or more oom_score_adj than the machine gives. */
const COMMON = `
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true`;

function configOf1({ network, pauseImage }: CriParts): string {
  return `[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${JSON.stringify(pauseImage)}${COMMON}
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${JSON.stringify(CNI_PLUGINS)}
  conf_dir = ${JSON.stringify(network.configDirectory)}
`;
}

function configOf2({ network, pauseImage }: CriParts): string {
  return `[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = ${JSON.stringify(pauseImage)}
[plugins."io.containerd.cri.v1.runtime"]${COMMON}
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [${JSON.stringify(CNI_PLUGINS)}]
  conf_dir = ${JSON.stringify(network.configDirectory)}
`;
}

/** Only containerd 2.3 and later say who they are, so 2.0 to 2.2 are answered as 1.7 is: this changes the answer. */
function writeDirectShim(directory: string): string {
  const path = join(directory, "direct", "containerd-shim-tsrunc-v1");
  mkdirSync(join(directory, "direct"));
  const script = `#!/bin/bash
case " $* " in
*" start ") answer=$(${SHIM} "$@") && printf %s "$answer" | sed 's/"version":2/"version":3/' ;;
*) exec ${SHIM} "$@" ;;
esac
`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}
