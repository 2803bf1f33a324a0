// SPDX-License-Identifier: Apache-2.0
// Builds images on the spot, without a network: busybox with its applets as symlinks, users and groups, /tmp; and whatever
// else a test makes. OCI archives that `ctr image import` takes. As a program: node integration/harness/image.ts OUT.tar

import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "./command.ts";

export const IMAGE_NAME = "docker.io/library/busybox:latest";

const BUSYBOX = "/bin/busybox";
const PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n";
const GROUP = "root:x:0:\ntty:x:5:\nusers:x:100:nobody\nnogroup:x:65534:\n";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

export interface Image {
  readonly archive: string;
  readonly name: string;
  /** Of its only layer: also the name of the snapshot that containers start from. */
  readonly chainId: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** What an image is made of. */
export interface Recipe {
  readonly name: string;
  /** As the image's configuration has it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Fills the root file system, which is an empty directory. */
  readonly fill: (root: string) => Promise<void>;
}

export const BUSYBOX_IMAGE: Recipe = {
  name: IMAGE_NAME,
  config: { Env: ["PATH=/bin"], Cmd: ["sh"], WorkingDir: "/" },
  fill: fillWithBusybox,
};

/** Writes the archive to `path`. */
export async function buildImage(path: string, recipe: Recipe = BUSYBOX_IMAGE): Promise<Image> {
  const work = mkdtempSync(join(tmpdir(), "tsrunc-image-"));
  try {
    const layout = join(work, "layout");
    mkdirSync(join(layout, "blobs", "sha256"), { recursive: true });
    const layer = await buildLayer(work, recipe);
    const layerDescriptor = addBlob(layout, "application/vnd.oci.image.layer.v1.tar", layer);
    addIndex(layout, layerDescriptor, recipe);
    writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await check(["tar", "-C", layout, "-cf", path, "oci-layout", "index.json", "blobs"]);
    return { archive: path, name: recipe.name, chainId: layerDescriptor.digest };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function fillWithBusybox(root: string): Promise<void> {
  for (const directory of ["bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr", "var"]) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  chmodSync(join(root, "tmp"), 0o1777);
  writeFileSync(join(root, "etc", "passwd"), PASSWD);
  writeFileSync(join(root, "etc", "group"), GROUP);
  copyFileSync(BUSYBOX, join(root, "bin", "busybox"));
  const applets = (await check([BUSYBOX, "--list"])).trim().split("\n");
  for (const applet of applets) {
    if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
  }
}

/** The root file system as a tar archive, the same bytes each time. */
export async function buildLayer(work: string, recipe: Recipe): Promise<Buffer> {
  const root = join(work, "rootfs");
  mkdirSync(root);
  await recipe.fill(root);
  const archive = join(work, "layer.tar");
  const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  await check(["tar", ...reproducible, "-C", root, "-cf", archive, "."]);
  return readFileSync(archive);
}

function addBlob(layout: string, mediaType: string, bytes: Buffer): Descriptor {
  const hex = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(join(layout, "blobs", "sha256", hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}

function addIndex(layout: string, layer: Descriptor, recipe: Recipe): void {
  const addJson = (mediaType: string, value: unknown): Descriptor =>
    addBlob(layout, mediaType, Buffer.from(JSON.stringify(value)));
  const config = addJson("application/vnd.oci.image.config.v1+json", {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    config: recipe.config,
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  const manifest = addJson("application/vnd.oci.image.manifest.v1+json", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config,
    layers: [layer],
  });
  const annotations = {
    "io.containerd.image.name": recipe.name,
    "org.opencontainers.image.ref.name": "latest",
  };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  writeFileSync(join(layout, "index.json"), JSON.stringify(index));
}

if (import.meta.main) {
  const [path] = process.argv.slice(2);
  if (path === undefined) throw new Error("usage: node image.ts OUT.tar");
  console.log((await buildImage(path)).name);
}
