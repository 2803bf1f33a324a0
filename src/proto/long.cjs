// SPDX-License-Identifier: Apache-2.0
// What protobufjs/minimal needs of the `long` package: 64 bits in two halves. The bundle takes this file instead of the
// package (an alias of the build), because the package compiles a WebAssembly module when it is loaded: about 1 ms of every
// start for arithmetic that nobody does here.

"use strict";

class Long {
  constructor(low, high, unsigned) {
    this.low = low | 0;
    this.high = high | 0;
    this.unsigned = Boolean(unsigned);
  }

  static fromBits(low, high, unsigned) {
    return new Long(low, high, unsigned);
  }

  static isLong(value) {
    return value instanceof Long;
  }
}

module.exports = Long;
