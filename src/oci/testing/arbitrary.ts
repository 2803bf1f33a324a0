// SPDX-License-Identifier: Apache-2.0
// Valid configurations over the whole space of fields, made from the model: what the model's types leave open is made here so
// that the rules between fields hold.

import fc from "fast-check";
import {
  anything,
  cpus,
  device,
  deviceRule,
  integer,
  mapping,
  memory,
  memoryPolicy,
  mount,
  name,
  namespaces,
  path,
  rlimits,
  scheduler,
  seccomp,
  text,
  uid,
  words,
} from "./arbitrary-values.ts";
import type { Kind } from "./kinds.ts";
import { CONFIG } from "./model.ts";

/** What the types of the model do not say, by the place of the field. */
const PLACES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ociVersion: fc.constantFrom("1.0.0", "1.3.0", "1.2.1-rc.1", "1.0.2-dev"),
  "process.args": fc.tuple(path, fc.array(anything)).map((parts) => parts.flat()),
  "process.env": fc.array(fc.tuple(name, anything).map(([key, value]) => `${key}=${value}`)),
  "process.cwd": path,
  "process.user.uid": uid,
  "process.user.gid": uid,
  "process.user.additionalGids": fc.array(uid, { maxLength: 4 }),
  "process.capabilities.*": words("CAP_KILL", "CAP_CHOWN", "CAP_OF_TOMORROW"),
  "process.rlimits": rlimits,
  "process.scheduler": scheduler,
  "process.ioPriority.priority": fc.integer({ min: 0, max: 7 }),
  "process.execCPUAffinity.*": cpus,
  "root.path": fc.oneof(path, name),
  mounts: fc.array(mount, { maxLength: 6 }),
  hostname: name,
  domainname: name,
  annotations: fc.dictionary(
    anything.filter((key) => key !== ""),
    anything,
    { maxKeys: 4 },
  ),
  "hooks.*": fc.array(
    fc.record(
      { path, args: fc.array(anything), env: fc.array(anything), timeout: fc.integer({ min: 1 }) },
      { requiredKeys: ["path"] },
    ),
    { maxLength: 2 },
  ),
  "linux.namespaces": namespaces,
  "linux.uidMappings": mapping,
  "linux.gidMappings": mapping,
  "linux.devices": fc.array(device, { maxLength: 3 }),
  "linux.cgroupsPath": path,
  "linux.maskedPaths": fc.array(path),
  "linux.readonlyPaths": fc.array(path),
  "linux.seccomp": seccomp,
  "linux.sysctl": fc.dictionary(
    fc.constantFrom("kernel.sem", "net.ipv4.ip_forward", "fs/mqueue/msg_max", "kernel.domainname"),
    anything,
  ),
  "linux.netDevices": fc.dictionary(name, fc.constant({}), { maxKeys: 2 }),
  "linux.intelRdt": fc.record(
    { closID: name, memBwSchema: fc.constant("MB:0=5"), enableMonitoring: fc.boolean() },
    { requiredKeys: [] },
  ),
  "linux.resources.devices": fc
    .array(deviceRule, { maxLength: 4 })
    .map((rules) => [{ allow: false, access: "rwm" }, ...rules]),
  "linux.memoryPolicy": memoryPolicy,
  "linux.resources.memory": memory,
  "linux.resources.cpu": fc.record(
    { shares: fc.integer({ min: 2, max: 1000 }), cpus, mems: cpus },
    { requiredKeys: [] },
  ),
  "linux.resources.blockIO": fc.record({ weight: fc.integer({ min: 10, max: 1000 }) }),
  "linux.resources.hugepageLimits": fc.constantFrom([], [{ pageSize: "2MB", limit: 2 ** 21 }]),
  "linux.resources.network.priorities[].name": name,
  "linux.resources.rdma": fc.dictionary(name, fc.record({ hcaHandles: uid }), { maxKeys: 2 }),
  "linux.resources.unified": fc.constantFrom({}, { "memory.high": "max" }),
};

function arbitraryOf(kind: Kind, at: string): fc.Arbitrary<unknown> {
  const made = PLACES[at] ?? PLACES[at.replace(/\.\w+$/, ".*")];
  if (made !== undefined) return made;
  switch (kind.kind) {
    case "text":
      return kind.words === undefined ? text : fc.constantFrom(...kind.words);
    case "boolean":
      return fc.boolean();
    case "integer":
      return integer(kind.min, kind.max);
    case "list":
      return fc.array(arbitraryOf(kind.of, `${at}[]`), { maxLength: 3 });
    case "map":
      return fc.dictionary(name, arbitraryOf(kind.of, `${at}[]`), { maxKeys: 3 });
    case "object": {
      const fields = Object.entries(kind.fields).map(
        ([key, field]) => [key, arbitraryOf(field, at === "" ? key : `${at}.${key}`)] as const,
      );
      return fc.record(Object.fromEntries(fields), { requiredKeys: [...kind.required] });
    }
    default:
      return kind satisfies never;
  }
}

type Json = Record<string, unknown>;

/** What needs a namespace that is not there is left out, and what a namespace needs is added. */
function withItsNamespaces(config: Json): Json {
  const linux: Json = { ...((config["linux"] ?? {}) as Json) };
  const list = (linux["namespaces"] ?? [{ type: "mount" }]) as { type: string; path?: string }[];
  const has = (type: string): boolean => list.some((one) => one.type === type);
  const isNew = (type: string): boolean =>
    list.some((one) => one.type === type && one.path === undefined);
  const map = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  linux["namespaces"] = list;
  if (!isNew("time")) delete linux["timeOffsets"];
  if (has("user")) Object.assign(linux, { uidMappings: map, gidMappings: map });
  else for (const key of ["uidMappings", "gidMappings"]) delete linux[key];
  if (!["ipc", "network", "uts"].every(has)) delete linux["sysctl"];
  if (!has("network")) delete linux["netDevices"];
  const copy: Json = { ...config, linux };
  if (!has("uts")) for (const key of ["hostname", "domainname"]) delete copy[key];
  return copy;
}

/** Valid configurations. */
export const validConfig: fc.Arbitrary<Json> = arbitraryOf(CONFIG, "").map((config) =>
  withItsNamespaces(config as Json),
);
