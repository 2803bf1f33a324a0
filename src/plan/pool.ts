// SPDX-License-Identifier: Apache-2.0
// The string pool of a program: strings end with NUL, lists are a count and offsets, bytes are aligned. Equal strings
// share their place.

const encoder = new TextEncoder();

/** Builds a pool; what `add*` returns is what the record's argument holds. */
export class Pool {
  #bytes = new Uint8Array(1024);
  #length = 0;
  readonly #strings = new Map<string, number>();

  /** The offset of a string; it must hold no NUL. */
  addString(text: string): bigint {
    const known = this.#strings.get(text);
    if (known !== undefined) return BigInt(known);
    const offset = this.#append(encoder.encode(text), 1);
    this.#append(Uint8Array.of(0), 1);
    this.#strings.set(text, offset);
    return BigInt(offset);
  }

  /** The offset of a list of strings. */
  addList(texts: readonly string[]): bigint {
    const list = new DataView(new ArrayBuffer(4 + 4 * texts.length));
    list.setUint32(0, texts.length, true);
    for (const [index, text] of texts.entries()) {
      list.setUint32(4 + 4 * index, Number(this.addString(text)), true);
    }
    return BigInt(this.#append(new Uint8Array(list.buffer), 4));
  }

  /** Offset in the low, length in the high half. */
  addBytes(bytes: Uint8Array): bigint {
    return BigInt(this.#append(bytes, 8)) | (BigInt(bytes.length) << 32n);
  }

  /** What was added, valid until more is added. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #append(bytes: Uint8Array, alignment: number): number {
    const offset = Math.ceil(this.#length / alignment) * alignment;
    const end = offset + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, offset);
    this.#length = end;
    return offset;
  }
}
