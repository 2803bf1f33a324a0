// SPDX-License-Identifier: Apache-2.0
// The packet that carries a program to init: 16 bytes, and as descriptors the memfd with the encoded program and its
// inputs in order. The numbers let init notice when the two sides disagree.

import { PLAN_MAGIC, planVersion } from "./layout.ts";

/** The bytes that go with the descriptors [memfd, ...inputs]. `planLength` is the length of the encoded program. */
export function encodePacket(planLength: number, inputCount: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(0, PLAN_MAGIC, true);
  view.setUint32(4, planVersion(), true);
  view.setUint32(8, planLength, true);
  view.setUint32(12, inputCount, true);
  return new Uint8Array(view.buffer);
}
