// SPDX-License-Identifier: Apache-2.0
// From config.json (already JSON) to a Spec that the rest may trust. Whatever is known, asked for and not done yet is refused
// by name; unknown fields are ignored.

import { SpecError } from "../base/errors.ts";
import { parseDevices } from "./devices.ts";
import {
  byteLength,
  fieldPath,
  readBoolean,
  readField,
  readSection,
  readText,
  type Section,
  toSection,
  toText,
} from "./fields.ts";
import { parseHooks } from "./hooks.ts";
import { parseIdMappings } from "./id-mappings.ts";
import { parseIntelRdt } from "./intel-rdt.ts";
import { parseMemoryPolicy } from "./memory-policy.ts";
import { parseMounts } from "./mounts.ts";
import { parseNamespaces, parseTimeOffsets } from "./namespaces.ts";
import { parseNetDevices } from "./net-devices.ts";
import { parsePersonality } from "./personality.ts";
import { parseProcess } from "./process.ts";
import { parseResources } from "./resources.ts";
import { parseSeccomp } from "./seccomp.ts";
import { parseContainerPaths, parsePropagation } from "./security.ts";
import type { Linux, Root, Spec } from "./spec.ts";
import { parseSysctls } from "./sysctl.ts";
import { validate } from "./validate.ts";

/**
 * What a configuration without a version is taken for; the reference implementation never looks. Programs that put the Go structure
 * together by themselves send an empty one.
 */
const DEFAULT_VERSION = "1.0.2";

/** Semantic versioning 2.0.0, with a pre-release and a build. */
const VERSION = /^1\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** The longest name of a host in bytes: __NEW_UTS_LEN in linux/utsname.h. */
const MAX_HOST_NAME = 64;

/** Parses and validates a configuration. @throws SpecError with the path of the field that is wrong */
export function parseSpec(json: unknown): {
  readonly spec: Spec;
  readonly warnings: readonly string[];
} {
  if (json === null || json === undefined) throw new SpecError("", "config cannot be null");
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  const document = toSection(json, "");
  const ociVersion = parseVersion(document);
  const process = parseProcess(readField(document, "process"), "process");
  const spec: Spec = {
    ociVersion,
    process,
    root: parseRoot(document),
    mounts: parseMounts(document, warn),
    hostname: parseHostName(document, "hostname"),
    domainname: parseHostName(document, "domainname"),
    annotations: parseAnnotations(document),
    hooks: parseHooks(document),
    linux: parseLinux(readSection(document, "linux") ?? { path: "linux", fields: {} }, warn),
  };
  validate(spec);
  return { spec, warnings };
}

/** Another major version would mean other things. */
function parseVersion(document: Section): string {
  const version = readText(document, "ociVersion") || DEFAULT_VERSION;
  if (!VERSION.test(version)) {
    throw new SpecError("ociVersion", `unsupported OCI version "${version}", want 1.x.y`);
  }
  return version;
}

function parseRoot(document: Section): Root {
  const root = readSection(document, "root");
  if (root === undefined) throw new SpecError("root", "root must be specified");
  const path = readText(root, "path") ?? "";
  if (path === "") throw new SpecError("root.path", "root.path must not be empty");
  return { path, readonly: readBoolean(root, "readonly") };
}

function parseHostName(document: Section, name: string): string | undefined {
  const text = readText(document, name) ?? "";
  if (byteLength(text) > MAX_HOST_NAME) {
    throw new SpecError(name, `${name} must not be longer than ${MAX_HOST_NAME} bytes: "${text}"`);
  }
  return text === "" ? undefined : text;
}

function parseAnnotations(document: Section): ReadonlyMap<string, string> {
  const section = readSection(document, "annotations");
  const entries = section === undefined ? [] : Object.entries(section.fields);
  return new Map(
    entries.map(([key, value]: [string, unknown]) => {
      if (key === "") throw new SpecError("annotations", "annotations must not have an empty name");
      return [key, toText(value, `annotations[${JSON.stringify(key)}]`)];
    }),
  );
}

function parseLinux(linux: Section, warn: (text: string) => void): Linux {
  const namespaces = parseNamespaces(linux);
  return {
    namespaces,
    uidMappings: parseIdMappings(linux, "uidMappings"),
    gidMappings: parseIdMappings(linux, "gidMappings"),
    timeOffsets: parseTimeOffsets(linux),
    devices: parseDevices(linux),
    cgroupsPath: readText(linux, "cgroupsPath") || undefined,
    resources: parseResources(readField(linux, "resources"), fieldPath(linux, "resources")),
    intelRdt: parseIntelRdt(linux),
    netDevices: parseNetDevices(linux),
    rootfsPropagation: parsePropagation(linux),
    maskedPaths: parseContainerPaths(linux, "maskedPaths"),
    readonlyPaths: parseContainerPaths(linux, "readonlyPaths"),
    seccomp: parseSeccomp(linux, warn),
    sysctl: parseSysctls(linux),
    mountLabel: readText(linux, "mountLabel") || undefined,
    personality: parsePersonality(linux, warn),
    memoryPolicy: parseMemoryPolicy(linux),
  };
}
