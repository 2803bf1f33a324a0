// SPDX-License-Identifier: Apache-2.0
// The first argument decides: the shim, or the command line. The launcher puts it there from its own argv[0]. Everything
// else is loaded by the one that runs.

async function main(name: string | undefined, args: readonly string[]): Promise<number> {
  if (name === "warm-up") return warmUp();
  if (name === "tsrunc") return (await import("./cli/main.ts")).runCommandLine(args);
  return (await import("./shim/command.ts")).runShim(args);
}

/** Loads the daemon and does nothing: how the build learns what to keep compiled (scripts/make-image.ts). */
async function warmUp(): Promise<number> {
  await import("./shim/serve.ts");
  return 0;
}

main(process.argv[2], process.argv.slice(3)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    // Both report what they know how to report: this is a defect, to be seen with its stack.
    process.exitCode = 1;
    throw error;
  },
);
