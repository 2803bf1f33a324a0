// SPDX-License-Identifier: Apache-2.0
// A cpio archive in the "newc" format, as the kernel unpacks it for its first root file system
// (Documentation/driver-api/early-userspace/buffer-format.rst).

export interface CpioEntry {
  /** Relative to the root, parents before what they contain. */
  readonly name: string;
  /** Of an executable file; undefined makes a directory. */
  readonly content?: Buffer;
}

const DIRECTORY = 0o040_755;
const EXECUTABLE = 0o100_755;
const TRAILER = "TRAILER!!!";

/** The archive with everything in it owned by root. */
export function toCpio(entries: readonly CpioEntry[]): Buffer {
  const members = entries.map(({ name, content }, index) => {
    return member(name, content ?? Buffer.alloc(0), {
      inode: index + 1,
      mode: content === undefined ? DIRECTORY : EXECUTABLE,
    });
  });
  return Buffer.concat([...members, member(TRAILER, Buffer.alloc(0), { inode: 0, mode: 0 })]);
}

function member(
  name: string,
  content: Buffer,
  { inode, mode }: { readonly inode: number; readonly mode: number },
): Buffer {
  const nameSize = Buffer.byteLength(name) + 1;
  // c_ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, nameSize, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([padded(Buffer.from(`${header}${name}\0`)), padded(content)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
