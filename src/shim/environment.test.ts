// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { daemonEnvironment, hookEnvironment, parseDescriptorLimit } from "./environment.ts";

test("the daemon gets what is on the list and nothing else", () => {
  const kept = {
    PATH: "/bin",
    TTRPC_ADDRESS: "/t",
    GRPC_ADDRESS: "/g",
    NAMESPACE: "n",
    MAX_SHIM_VERSION: "2",
    SCHED_CORE: "",
    OTEL_SERVICE_NAME: "s",
    TSRUNC_NOFILE: "1:2",
  };
  const dropped = {
    NODE_OPTIONS: "--inspect",
    NODE_EXTRA_CA_CERTS: "/x",
    LD_PRELOAD: "/x.so",
    UV_THREADPOOL_SIZE: "1",
    OPENSSL_CONF: "/x",
    TSRUNC_LISTEN: "/x",
    HOME: "/root",
    EMPTY: undefined,
  };
  const expected = Object.entries(kept).map(([name, value]) => `${name}=${value}`);
  assert.deepEqual(daemonEnvironment({ ...dropped, ...kept }, {}).sort(), expected.sort());
});

test("what start adds goes over what was there", () => {
  const environment = daemonEnvironment(
    { TTRPC_ADDRESS: "/old" },
    { TTRPC_ADDRESS: "/new", A: "b" },
  );
  assert.deepEqual(environment, ["TTRPC_ADDRESS=/new", "A=b"]);
});

test("a hook inherits what the daemon has, but for what is between the daemon and its starter", () => {
  const environment = { PATH: "/bin", TSRUNC_NOFILE: "1:2", TSRUNC_LISTEN: "/x", NONE: undefined };
  assert.deepEqual(hookEnvironment(environment), ["PATH=/bin"]);
});

test("the recorded limit of descriptors is exact", () => {
  assert.equal(parseDescriptorLimit(undefined), undefined);
  assert.deepEqual(parseDescriptorLimit("1024:18446744073709551615"), {
    soft: 1024n,
    hard: 2n ** 64n - 1n,
  });
});

for (const text of ["", "1024", "a:b", "1:2:3", "-1:2", "1:222222222222222222222"]) {
  test(`"${text}" is no limit of descriptors`, () => {
    assert.throws(() => parseDescriptorLimit(text), { code: "invalid_argument" });
  });
}
