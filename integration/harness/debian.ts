// SPDX-License-Identifier: Apache-2.0
// The containerds to test against, and other programs of Debian releases. The system's own containerd, and newer ones:
// packages are downloaded with a private apt configuration and unpacked into .cache, never installed. The mirror is the
// machine's own.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { check, run } from "./command.ts";

/** A containerd that can be started. */
export interface Edition {
  /** As a test's name has it: "containerd 1.6". */
  readonly name: string;
  /** Where `containerd` and `ctr` are. */
  readonly bin: string;
  readonly major: number;
  readonly minor: number;
}

/** Why a wanted containerd is not to be had here. */
export interface MissingEdition {
  readonly name: string;
  readonly reason: string;
}

const CACHE = resolve(import.meta.dirname, "..", "..", ".cache");

/** Of the package debian-archive-keyring, which every Debian has. */
export const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Releases of Debian whose containerd runs anywhere: it is one self-contained Go program. */
const RELEASES = { sid: "containerd 2.x", trixie: "containerd 1.7" } as const;
export type Release = keyof typeof RELEASES;

/** The machine's own containerd. */
export async function systemEdition(): Promise<Edition | MissingEdition> {
  const found = await run(["bash", "-c", "dirname $(command -v containerd)"]);
  const bin = found.stdout.trim();
  if (found.status !== 0 || bin === "") {
    return { name: "the system's containerd", reason: "containerd is not installed" };
  }
  return await inspect(bin);
}

/** The containerd of a Debian release, from .cache or downloaded now. */
export async function debianEdition(release: Release): Promise<Edition | MissingEdition> {
  const directory = join(CACHE, "containerd", release);
  const name = RELEASES[release];
  const root = await unpackedPackages(directory, release, ["containerd"]);
  return root === undefined ? { name, reason: NO_MIRROR } : await inspect(join(root, "usr", "bin"));
}

/** Why packages can't be had. */
export const NO_MIRROR = "this machine has no Debian mirror";

/**
 * Packages of a release, unpacked below one directory of .cache: from there, or downloaded now. What they depend on is not.
 * Returns the directory; undefined if this machine has no Debian mirror.
 */
export async function debianPackages(
  name: string,
  release: string,
  packages: readonly string[],
): Promise<string | undefined> {
  return await unpackedPackages(join(CACHE, name, release), release, packages);
}

/**
 * The newest kernel of a release that is built for virtual machines, unpacked: `boot/vmlinuz-…` and its modules. Undefined if this
 * machine has no Debian mirror.
 */
export async function debianKernel(release: string): Promise<string | undefined> {
  const directory = join(CACHE, "kernel", release);
  return await unpackedPackages(directory, release, ["linux-image-cloud-amd64"], true);
}

async function unpackedPackages(
  directory: string,
  release: string,
  packages: readonly string[],
  isMeta = false,
): Promise<string | undefined> {
  if (existsSync(directory)) return directory;
  const mirror = await debianMirror();
  if (mirror === undefined) return undefined;
  await download(packages, { release, mirror, directory, isMeta });
  return directory;
}

async function inspect(bin: string): Promise<Edition> {
  const text = await check([join(bin, "containerd"), "--version"]);
  const match = /\sv?(\d+)\.(\d+)\.\d+/.exec(text);
  if (match === null) throw new Error(`containerd --version says "${text.trim()}"`);
  const [, major, minor] = match;
  return {
    name: `containerd ${major}.${minor}`,
    bin,
    major: Number(major),
    minor: Number(minor),
  };
}

/** Where this Debian gets its main archive from. */
export async function debianMirror(): Promise<string | undefined> {
  const osRelease = readFileSync("/etc/os-release", "utf8");
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(osRelease)?.[1];
  if (!/^ID=debian$/m.test(osRelease) || codename === undefined) return undefined;
  const format = "$(CREATED_BY) $(RELEASE) $(REPO_URI)";
  const targets = await check(["apt-get", "indextargets", "--format", format]);
  for (const line of targets.split("\n")) {
    const [createdBy, release, url] = line.split(" ");
    if (createdBy === "Packages" && release === codename) return url;
  }
  return undefined;
}

interface Source {
  readonly release: string;
  readonly mirror: string;
  /** Where it is unpacked. */
  readonly directory: string;
  /** The packages are empty themselves: what they depend on is wanted. */
  readonly isMeta: boolean;
}

/** Downloads and unpacks packages of a release. */
async function download(packages: readonly string[], source: Source): Promise<void> {
  const { release, mirror, directory } = source;
  const work = `${directory}.${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  for (const part of ["lists/partial", "cache/archives/partial", "etc", "root"]) {
    mkdirSync(join(work, part), { recursive: true });
  }
  writeFileSync(
    join(work, "etc", "sources.list"),
    `deb [signed-by=${KEYRING}] ${mirror} ${release} main\n`,
  );
  writeFileSync(join(work, "status"), "");
  const options = {
    "Dir::Etc::sourcelist": join(work, "etc", "sources.list"),
    "Dir::Etc::sourceparts": "-",
    "Dir::Etc::preferencesparts": "-",
    "Dir::State::lists": join(work, "lists"),
    "Dir::State::status": join(work, "status"),
    "Dir::Cache": join(work, "cache"),
    // Only the list of packages is wanted, not translations and metadata of desktop programs.
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    // The download is written to a directory of root's.
    "APT::Sandbox::User": "root",
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const slow = { timeoutMs: 300_000 };
  await check(["apt-get", ...flags, "-qq", "update"], slow);
  const wanted = source.isMeta ? await dependencies(packages, flags) : packages;
  await check(["apt-get", ...flags, "-qq", "download", ...wanted], { ...slow, cwd: work });
  const unpack = 'for deb in ./*.deb; do dpkg-deb -x "$deb" "$1"; done';
  await check(["bash", "-ec", unpack, "-", join(work, "root")], { cwd: work });
  renameSync(join(work, "root"), directory);
  rmSync(work, { recursive: true, force: true });
}

async function dependencies(packages: readonly string[], flags: string[]): Promise<string[]> {
  const text = await check(["apt-cache", ...flags, "depends", "--important", ...packages]);
  return [...text.matchAll(/^ *Depends: (\S+)$/gm)].map(([, name = ""]) => name);
}
