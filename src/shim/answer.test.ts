// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAnswer } from "./answer.ts";

const ADDRESS = "unix:///run/containerd/s/1";

const DAEMONS: readonly [string, Parameters<typeof formatAnswer>[1], string][] = [
  ["1.6", { sendsParams: false, maxShimVersion: "" }, ADDRESS],
  [
    "1.7 to 2.2",
    { sendsParams: false, maxShimVersion: "2" },
    `{"version":2,"address":"${ADDRESS}","protocol":"ttrpc"}`,
  ],
  [
    "2.3 and later",
    { sendsParams: true, maxShimVersion: "2" },
    `{"version":3,"address":"${ADDRESS}","protocol":"ttrpc"}`,
  ],
  [
    "2.3 and later, with the variable removed by somebody",
    { sendsParams: true, maxShimVersion: "" },
    `{"version":3,"address":"${ADDRESS}","protocol":"ttrpc"}`,
  ],
];

for (const [daemon, told, expected] of DAEMONS) {
  test(`containerd ${daemon} gets the form that it understands`, () => {
    assert.equal(formatAnswer(ADDRESS, told), expected);
  });
}
