// SPDX-License-Identifier: Apache-2.0
// linux.netDevices with real devices: what of them is in the container, and what is on the host again when a create fails.

import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { silentLogger } from "../base/log.ts";
import { nowNs } from "../sys/clock.ts";
import { openPidfd } from "../sys/pidfd.ts";
import { openDescriptors } from "../sys/testing/descriptors.ts";
import { openHost } from "./host.ts";
import { moveNetDevices } from "./net-devices.ts";
import { runScript } from "./testing/command.ts";
import { type ConfigChanges, NO_STDIO, readAll, Sandbox } from "./testing/sandbox.ts";

/** Names of devices are for the whole machine; at most 15 bytes, of which tests add up to four. */
const NAME = `t${process.pid.toString(36)}`;

const NAMESPACES = ["pid", "mount", "ipc", "uts", "network", "cgroup"].map((type) => ({ type }));

let sandbox: Sandbox;
let warnings: string[] = [];
let devices: string[] = [];

beforeEach(() => {
  warnings = [];
  devices = [];
  sandbox = new Sandbox({
    log: {
      ...silentLogger,
      warn: (message, fields) => warnings.push(`${message} ${JSON.stringify(fields)}`),
    },
  });
  for (const applet of ["ip", "echo"]) {
    symlinkSync("busybox", join(sandbox.root, "rootfs/bin", applet));
  }
});

afterEach(async () => {
  for (const name of devices) await host(`ip link del ${name} 2>/dev/null || true`);
  await host(`ip netns del ${NAME} 2>/dev/null || true`);
  await sandbox[Symbol.asyncDispose]();
});

const host = (script: string): Promise<string> => runScript(sandbox.reaper, script);

/** A pair of devices; the second one stays on the host. */
async function makePair(name: string): Promise<string> {
  const peer = `${name}p`;
  devices.push(peer);
  await host(`ip link add ${name} type veth peer name ${peer}; ip link set ${peer} up`);
  return peer;
}

interface Shown {
  readonly ifname: string;
  readonly operstate: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly address: string;
  readonly master?: string;
  readonly ifindex: number;
  readonly addr_info: readonly ShownAddress[];
}

interface ShownAddress {
  readonly local: string;
  readonly address?: string;
  readonly broadcast?: string;
  readonly prefixlen: number;
  readonly scope: string;
  readonly label?: string;
  readonly dynamic?: boolean;
  readonly metric?: number;
  readonly noprefixroute?: boolean;
}

/** What `ip` says of devices, here or in another network namespace. */
async function show(prefix = ""): Promise<readonly Shown[]> {
  return JSON.parse(await host(`${prefix} ip -json address show`)) as Shown[];
}

async function showOne(name: string, prefix = ""): Promise<Shown | undefined> {
  return (await show(prefix)).find(({ ifname }) => ifname === name);
}

const inContainer = (pid: number): string => `nsenter --net=/proc/${pid}/ns/net`;

/** The devices of this test, without their states: that of a pair is known a moment later. */
function ofTest(shown: readonly Shown[]): readonly unknown[] {
  return shown
    .filter(({ ifname }) => ifname.startsWith(NAME))
    .map((each) => [each.ifname, each.ifindex, each.address, addressesOf(each)])
    .sort();
}

/** Addresses but those that the kernel makes up by itself, in short. */
function addressesOf(shown: Shown | undefined): readonly string[] {
  return (shown?.addr_info ?? [])
    .filter(({ local }) => !local.startsWith("fe80"))
    .map(({ local, address, prefixlen }) =>
      address === undefined ? `${local}/${prefixlen}` : `${local} peer ${address}/${prefixlen}`,
    );
}

type NetDevices = Readonly<Record<string, { readonly name?: string }>>;

function configure(netDevices: NetDevices, { linux, ...more }: ConfigChanges = {}): void {
  sandbox.writeConfig("sleep 100", {
    linux: { namespaces: NAMESPACES, netDevices, ...linux },
    ...more,
  });
}

test("a device moves with its addresses, its mtu and its hardware address, and is up", async () => {
  await makePair(NAME);
  await host(
    `ip link set ${NAME} address 02:00:00:00:12:34 mtu 1400
     ip address add 192.0.2.1/24 broadcast 192.0.2.255 dev ${NAME}
     ip address add 192.0.2.2/24 dev ${NAME}
     ip address add 198.51.100.1 peer 198.51.100.2/32 dev ${NAME} label ${NAME}:a metric 7
     ip address add 2001:db8::1/64 dev ${NAME} nodad
     ip address add 2001:db8::2 peer 2001:db8::3/128 dev ${NAME} noprefixroute
     ip address add 2001:db8::4/64 dev ${NAME} nodad`,
  );
  const before = addressesOf(await showOne(NAME));
  assert.equal(before.length, 6);
  configure({ [NAME]: {} });
  const container = await sandbox.create();
  assert.equal(await showOne(NAME), undefined);
  const moved = await showOne(NAME, inContainer(container.pid));
  assert.deepEqual(addressesOf(moved), before);
  assert.equal(moved?.mtu, 1400);
  assert.equal(moved?.address, "02:00:00:00:12:34");
  assert.ok(moved?.flags.includes("UP"));
  const find = (wanted: string): ShownAddress | undefined =>
    moved?.addr_info.find(({ local }) => local === wanted);
  assert.equal(find("192.0.2.1")?.broadcast, "192.0.2.255");
  const labelled = find("198.51.100.1");
  assert.deepEqual([labelled?.label, labelled?.metric], [`${NAME}:a`, 7]);
  assert.equal(find("2001:db8::2")?.noprefixroute, true);
  assert.deepEqual(warnings, []);
});

test("a program in the container sees the device under its new name, before the first hook", async () => {
  await makePair(NAME);
  await host(`ip address add 192.0.2.1/24 dev ${NAME} label ${NAME}:web`);
  const { path, reader } = sandbox.client("out");
  const netDevices = { [NAME]: { name: "net1" } };
  const script = `nsenter --net=/proc/$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/')/ns/net ip -o link show net1 > ${sandbox.root}/hook`;
  const createRuntime = [
    { path: "/bin/sh", args: ["sh", "-ec", script], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] },
  ];
  sandbox.writeConfig("ip -o -4 address show net1", {
    linux: { namespaces: NAMESPACES, netDevices },
    hooks: { createRuntime },
  });
  const container = await sandbox.create({ stdio: { ...NO_STDIO, stdout: path } });
  await container.start();
  assert.match(await readAll(reader), /net1 {4}inet 192\.0\.2\.1\/24 .*net1:web/);
  assert.match(await host(`cat ${sandbox.root}/hook`), /net1/);
});

test("sysctls of a device that has moved are set", async () => {
  await makePair(NAME);
  const { path, reader } = sandbox.client("out");
  sandbox.writeConfig("cat /proc/sys/net/ipv4/conf/net1/forwarding", {
    linux: {
      namespaces: NAMESPACES,
      netDevices: { [NAME]: { name: "net1" } },
      sysctl: { "net.ipv4.conf.net1.forwarding": "1" },
    },
  });
  const container = await sandbox.create({ stdio: { ...NO_STDIO, stdout: path } });
  await container.start();
  assert.equal(await readAll(reader), "1\n");
});

test("addresses that are bound to a place or to a time stay behind", async () => {
  await makePair(NAME);
  await host(
    `ip link set ${NAME} up
     ip address add 192.0.2.1/24 dev ${NAME} valid_lft 1000 preferred_lft 500
     ip address add 203.0.113.2/24 dev ${NAME} scope link
     ip address add 192.0.2.3/24 dev ${NAME}
     ip address add 2001:db8::1/64 dev ${NAME} valid_lft 1000 preferred_lft 500
     ip address add fe80::77/64 dev ${NAME}`,
  );
  configure({ [NAME]: {} });
  const container = await sandbox.create();
  const moved = await showOne(NAME, inContainer(container.pid));
  assert.deepEqual(addressesOf(moved), ["192.0.2.3/24"]);
  assert.ok(!moved?.addr_info.some(({ local }) => local === "fe80::77"));
});

test("two devices swap their names on the way", async () => {
  await makePair(`${NAME}a`);
  await makePair(`${NAME}b`);
  await host(`ip link set ${NAME}a mtu 1401; ip link set ${NAME}b mtu 1402`);
  configure({ [`${NAME}a`]: { name: `${NAME}b` }, [`${NAME}b`]: { name: `${NAME}a` } });
  const container = await sandbox.create();
  const inside = inContainer(container.pid);
  assert.equal((await showOne(`${NAME}b`, inside))?.mtu, 1401);
  assert.equal((await showOne(`${NAME}a`, inside))?.mtu, 1402);
});

test("twenty devices move, with numbers that the kernel chooses", async () => {
  const netDevices: Record<string, { name: string }> = {};
  for (let index = 0; index < 20; index += 1) {
    await makePair(`${NAME}${index}`);
    netDevices[`${NAME}${index}`] = { name: "eth%d" };
  }
  configure(netDevices);
  const container = await sandbox.create();
  const names = (await show(inContainer(container.pid))).map(({ ifname }) => ifname).sort();
  const expected = Array.from({ length: 20 }, (_, index) => `eth${index}`);
  assert.deepEqual(names, [...expected, "lo"].sort());
});

test("a device is found by an alternative name, and keeps its name", async () => {
  await makePair(NAME);
  await host(`ip link property add dev ${NAME} altname ${NAME}alt`);
  configure({ [`${NAME}alt`]: {} });
  const container = await sandbox.create();
  assert.ok(await showOne(NAME, inContainer(container.pid)));
});

test("a device moves into a network namespace of a user namespace", async () => {
  await makePair(NAME);
  await host(`ip address add 192.0.2.1/24 dev ${NAME}`);
  const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const linux = {
    namespaces: [...NAMESPACES, { type: "user" }],
    uidMappings: mapping,
    gidMappings: mapping,
  };
  configure({ [NAME]: { name: "net1" } }, { linux });
  const container = await sandbox.create();
  const moved = await showOne("net1", inContainer(container.pid));
  assert.deepEqual(addressesOf(moved), ["192.0.2.1/24"]);
});

test("a device comes back as it was when a hook fails, also from a user namespace", async () => {
  const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const hooks = { createRuntime: [{ path: "/bin/false" }] };
  for (const user of [false, true]) {
    const name = `${NAME}${user ? "u" : "r"}`;
    const bridge = `${name}b`;
    devices.push(bridge);
    await makePair(name);
    await host(
      `ip link add ${bridge} type bridge
       ip link set ${name} master ${bridge} up
       ip address add 192.0.2.1/24 dev ${name} valid_lft 1000 preferred_lft 500
       ip address add 192.0.2.2/24 dev ${name} label ${name}:x
       ip address add 203.0.113.3/24 scope link dev ${name}
       ip address add 2001:db8::1/64 dev ${name} nodad`,
    );
    const before = await showOne(name);
    const namespaces = user ? [...NAMESPACES, { type: "user" }] : NAMESPACES;
    const maps = user ? { uidMappings: mapping, gidMappings: mapping } : {};
    configure({ [name]: { name: "net1" } }, { linux: { namespaces, ...maps }, hooks });
    await assert.rejects(sandbox.create(), /createRuntime hook/);
    const after = await showOne(name);
    assert.deepEqual(addressesOf(after), addressesOf(before));
    assert.equal(after?.addr_info.find(({ local }) => local === "192.0.2.1")?.dynamic, true);
    assert.equal(after?.addr_info.find(({ local }) => local === "192.0.2.2")?.label, `${name}:x`);
    assert.equal(after?.addr_info.find(({ local }) => local === "203.0.113.3")?.scope, "link");
    assert.deepEqual(
      [after?.ifindex, after?.master, after?.address, after?.flags.includes("UP")],
      [before?.ifindex, bridge, before?.address, true],
    );
    assert.deepEqual(warnings, []);
  }
});

test("a device that was down is down when it comes back after init has died", async () => {
  await makePair(NAME);
  const before = await showOne(NAME);
  configure({ [NAME]: {} }, { process: { args: ["/bin/missing"] } });
  await assert.rejects(sandbox.create(), /no such file or directory/);
  const after = await showOne(NAME);
  assert.deepEqual(after?.flags, before?.flags);
  assert.equal(after?.ifindex, before?.ifindex);
});

test("none moves if one of them can't", async () => {
  await makePair(NAME);
  await host(`ip link set ${NAME} up; ip address add 192.0.2.1/24 dev ${NAME}`);
  for (const [other, problem] of [
    [`${NAME}x`, /cannot move network device ".*x" into the container: there is no such device/],
    ["lo", /cannot move network device "lo".*"lo" exists in the container's network namespace/],
  ] as const) {
    configure({ [NAME]: {}, [other]: {} });
    await assert.rejects(sandbox.create(), problem);
    assert.deepEqual(addressesOf(await showOne(NAME)), ["192.0.2.1/24"]);
  }
  // Bridges stay where they were made.
  const bridge = `${NAME}b`;
  devices.push(bridge);
  await host(`ip link add ${bridge} type bridge; ip link set ${bridge} up`);
  const before = ofTest(await show());
  configure({ [NAME]: {}, [bridge]: {} });
  await assert.rejects(
    sandbox.create(),
    new RegExp(`cannot move network device "${bridge}" into the container: invalid argument`),
  );
  assert.deepEqual(ofTest(await show()), before);
  assert.ok((await showOne(bridge))?.flags.includes("UP"));
  const after = await showOne(NAME);
  assert.deepEqual(addressesOf(after), ["192.0.2.1/24"]);
  assert.ok(after?.flags.includes("UP"));
  assert.deepEqual(warnings, []);
});

test("a device comes back when its new name turns out to be taken after it has moved", async () => {
  await makePair(`${NAME}a`);
  await makePair(`${NAME}b`);
  await host(`ip link set ${NAME}b up; ip address add 192.0.2.1/24 dev ${NAME}b`);
  const before = await show();
  configure({});
  const container = await sandbox.create();
  using pidfd = openPidfd(container.pid);
  const runtimeHost = openHost({
    reaper: sandbox.reaper,
    log: silentLogger,
    now: nowNs,
    nofile: undefined,
    hookEnv: [],
  });
  // The configuration could not say this: it is as if somebody inside had been faster.
  const same = [`${NAME}a`, `${NAME}b`].map((name) => ({ host: name, name: "net1" }));
  await assert.rejects(
    moveNetDevices(runtimeHost, same, { pidfd }),
    new RegExp(`cannot move network device "${NAME}b" into the container: file exists`),
  );
  assert.deepEqual(ofTest(await show()), ofTest(before));
  assert.deepEqual(
    (await show(inContainer(container.pid))).map(({ ifname }) => ifname),
    ["lo"],
  );
});

test("a device whose addresses are refused in the container comes back with them", async () => {
  await makePair(NAME);
  await host(
    `ip netns add ${NAME}
     nsenter --net=/run/netns/${NAME} sh -c 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'
     ip address add 192.0.2.1/24 dev ${NAME}
     ip address add 2001:db8::1/64 dev ${NAME} nodad`,
  );
  const before = await show();
  const joined = { type: "network", path: `/run/netns/${NAME}` };
  const namespaces = [...NAMESPACES.filter(({ type }) => type !== "network"), joined];
  configure({ [NAME]: {} }, { linux: { namespaces } });
  await assert.rejects(sandbox.create(), /cannot move network device ".*" into the container: /);
  assert.deepEqual(ofTest(await show()), ofTest(before));
});

test("a device that is named twice is refused", async () => {
  await makePair(NAME);
  const alternative = `${NAME}alt`;
  await host(`ip link property add dev ${NAME} altname ${alternative}`);
  configure({ [NAME]: { name: "a" }, [alternative]: { name: "b" } });
  await assert.rejects(sandbox.create(), new RegExp(`"${alternative}" .*: it is "${NAME}", too`));
  assert.ok(await showOne(NAME));
});

test("a device goes into a network namespace that exists, and stays there", async () => {
  await makePair(NAME);
  await host(`ip netns add ${NAME}`);
  const netns = `nsenter --net=/run/netns/${NAME}`;
  const joined = { type: "network", path: `/run/netns/${NAME}` };
  const namespaces = [...NAMESPACES.filter(({ type }) => type !== "network"), joined];
  await host(`${netns} ip link add taken type veth peer name taken2`);
  configure({ [NAME]: { name: "taken" } }, { linux: { namespaces } });
  await assert.rejects(sandbox.create(), /"taken" exists in the container's network namespace/);
  assert.ok(await showOne(NAME));
  configure({ [NAME]: { name: "taken%d" } }, { linux: { namespaces } });
  const container = await sandbox.create();
  container.signal(9);
  await container.remove();
  const names = (await show(netns)).map(({ ifname }) => ifname);
  assert.deepEqual(names.sort(), ["lo", "taken", "taken0", "taken2"]);
});

test("devices do not move to where they are", async () => {
  await makePair(NAME);
  const others = NAMESPACES.filter(({ type }) => type !== "network");
  for (const network of [[], [{ type: "network", path: "/proc/self/ns/net" }]]) {
    configure({ [NAME]: {} }, { linux: { namespaces: [...others, ...network] } });
    await assert.rejects(
      sandbox.create(),
      /unable to move network devices without a NET namespace/,
    );
  }
  assert.ok(await showOne(NAME));
});

test("a virtual device ends with the container's network namespace", async () => {
  const peer = await makePair(NAME);
  configure({ [NAME]: {} });
  const container = await sandbox.create();
  assert.ok(await showOne(peer));
  container.signal(9);
  await container.remove();
  // The kernel takes namespaces down when it has time.
  await host(
    `for i in $(seq 500); do ip link show ${peer} 2>/dev/null || exit 0; sleep 0.02; done; exit 1`,
  );
  assert.equal(await showOne(NAME), undefined);
});

test("no descriptor of a network namespace stays open", async () => {
  await makePair(NAME);
  configure({ [NAME]: {} }, { hooks: { createRuntime: [{ path: "/bin/false" }] } });
  await assert.rejects(sandbox.create());
  const before = openDescriptors();
  await assert.rejects(sandbox.create());
  assert.equal(openDescriptors(), before);
});
