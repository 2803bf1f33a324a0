// SPDX-License-Identifier: Apache-2.0
// Generates src/proto/generated/messages.js and messages.d.ts from protos/*.proto with pbjs (static code on protobufjs/minimal).
// With --check nothing is written: exit 1 if the committed files are not what would be generated.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const PROTOS = join(ROOT, "protos");
const HEADER = `// SPDX-License-Identifier: Apache-2.0
// Generated from protos/*.proto by scripts/generate-protos.ts (make generate). Do not edit.
`;

// Only encode and decode: messages are plain objects here. 64-bit fields are Long both ways (no silent rounding).
const FLAGS = [
  ...["--target", "static-module", "--wrap", "esm", "--es6", "--force-long"],
  ...["--dependency", "protobufjs/minimal.js", "--path", PROTOS],
  ...[
    "--no-create",
    "--no-verify",
    "--no-convert",
    "--no-delimited",
    "--no-typeurl",
    "--no-service",
  ],
];

interface Generated {
  readonly name: "messages.js" | "messages.d.ts";
  readonly text: string;
}

function runPbjs(outDir: string, name: string, flags: readonly string[]): void {
  const protos = readdirSync(PROTOS)
    .filter((file) => file.endsWith(".proto"))
    .sort();
  const pbjs = join(ROOT, "node_modules", "protobufjs-cli", "bin", "pbjs");
  const out = ["--out", join(outDir, name)];
  const inputs = protos.map((file) => join(PROTOS, file));
  execFileSync(process.execPath, [pbjs, ...FLAGS, ...flags, ...out, ...inputs], {
    stdio: "inherit",
  });
}

/** The declarations need the comments that the code is better without: two runs. */
function generate(): Generated[] {
  const dir = mkdtempSync(join(tmpdir(), "tsrunc-protos-"));
  try {
    runPbjs(dir, "messages.js", ["--no-comments"]);
    runPbjs(dir, "documented.js", ["--dts"]);
    const read = (name: string): string => HEADER + readFileSync(join(dir, name), "utf8");
    return [
      { name: "messages.js", text: read("messages.js") },
      { name: "messages.d.ts", text: read("documented.d.ts") },
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function isCurrent(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}

const check = process.argv.includes("--check");
for (const { name, text } of generate()) {
  const path = join(ROOT, "src", "proto", "generated", name);
  if (isCurrent(path, text)) continue;
  if (check) {
    process.stderr.write(
      `src/proto/generated/${name} is not what protos/ say: run make generate\n`,
    );
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
  }
}
