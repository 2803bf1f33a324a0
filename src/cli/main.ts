// SPDX-License-Identifier: Apache-2.0
// The command line `tsrunc`: which command is wanted. A command's own module is loaded when it runs.

import { writeSync } from "node:fs";
import yargs from "yargs";
import { errorText, SpecError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";

const STDOUT = 1;
const STDERR = 2;

/** Runs a command with the arguments after the program's name. @returns the exit code */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    print(await run(args));
    return 0;
  } catch (error) {
    writeSync(STDERR, `tsrunc: ${describe(error)}\n`);
    return 1;
  }
}

/** @returns what to print on stdout */
async function run(args: readonly string[]): Promise<string> {
  let output = "";
  const parser = yargs()
    .scriptName("tsrunc")
    .usage("$0 <command>\n\nAn OCI runtime in TypeScript.")
    .command(
      "plan <bundle>",
      "print what would be done to create and start the container of a bundle",
      (command) =>
        command.positional("bundle", {
          type: "string",
          demandOption: true,
          describe: "directory with config.json",
        }),
      async ({ bundle }) => {
        const { planBundle } = await import("../runtime/plan.ts");
        output = await planBundle(bundle);
      },
    )
    .command(
      "features",
      "print what this runtime can do, as the OCI features document",
      (command) => command,
      async () => {
        const { describeFeatures } = await import("../oci/features.ts");
        const { probeSeccomp } = await import("../runtime/seccomp-features.ts");
        const features = describeFeatures(probeSeccomp());
        output = `${JSON.stringify(features, undefined, 2)}\n`;
      },
    )
    .version(VERSION)
    .demandCommand(1, "a command is needed")
    .strictCommands()
    .strictOptions()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new Error(`${message} (tsrunc --help tells what there is)`);
    });
  // With a callback yargs prints nothing by itself; help and version come as its output.
  await parser.parseAsync([...args], {}, (_error, _argv, text) => {
    if (text !== "") output = `${text}\n`;
  });
  return output;
}

/** A person wants to know which field is meant. */
function describe(error: unknown): string {
  const text = errorText(error);
  return error instanceof SpecError && !text.includes(error.path) ? `${error.path}: ${text}` : text;
}

function print(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(STDOUT, bytes, at);
}
