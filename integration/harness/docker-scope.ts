// SPDX-License-Identifier: Apache-2.0
// What one test of Docker works with: its client, and the containers that it makes. `end` puts away whatever is left.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type CommandOptions, type CommandResult, check } from "./command.ts";
import { DOCKER_IMAGE, DockerDaemon } from "./docker-daemon.ts";

export class DockerScope {
  readonly daemon: DockerDaemon;
  readonly #runtime: readonly string[];

  /** `runtime` is what `docker run` is told to use the runtime under test. */
  constructor(daemon: DockerDaemon, runtime: readonly string[]) {
    this.daemon = daemon;
    this.#runtime = runtime;
  }

  /** The same with another daemon, which is stopped at the end. `config` is as in daemon.json. */
  async withDaemon(
    config: Readonly<Record<string, unknown>>,
    body: (scope: DockerScope) => Promise<void>,
    runtime: readonly string[] = this.#runtime,
  ): Promise<void> {
    const daemon = new DockerDaemon({ ...this.daemon.options, name: "other", config });
    try {
      await daemon.start();
      const scope = new DockerScope(daemon, runtime);
      await body(scope);
      await scope.end();
    } finally {
      await daemon.remove();
      rmSync(daemon.directory, { recursive: true, force: true });
    }
  }

  /** `docker run` of the test image. */
  async run(
    flags: readonly string[],
    command: readonly string[],
    options: CommandOptions = {},
  ): Promise<CommandResult> {
    return await this.daemon.run(this.runArgs(flags, command), options);
  }

  runArgs(flags: readonly string[], command: readonly string[]): string[] {
    return ["run", ...this.#runtime, ...flags, DOCKER_IMAGE, ...command];
  }

  /** `docker run --rm` of a shell script that must succeed. Returns its stdout. */
  async sh(flags: readonly string[], script: string): Promise<string> {
    return await this.ok(this.runArgs(["--rm", ...flags], ["sh", "-c", script]));
  }

  /** Starts a container in the background and returns the pid of its init. */
  async start(name: string, flags: readonly string[], command: readonly string[]): Promise<number> {
    await this.ok(this.runArgs(["-d", "--name", name, ...flags], command));
    return Number(await this.inspect(name, "State.Pid"));
  }

  /** Any other command, which must succeed. Returns its stdout. */
  async ok(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const env = { DOCKER_CONFIG: join(this.daemon.directory, "client") };
    return await check(this.daemon.command(args), { ...options, env });
  }

  /** A field of what Docker knows of a container: "State.ExitCode". */
  async inspect(name: string, field: string): Promise<string> {
    return (await this.ok(["inspect", "--format", `{{.${field}}}`, name])).trim();
  }

  /** Makes an empty directory of the test's own. */
  directory(name: string): string {
    const path = join(this.daemon.options.place.directory, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Removes every container and volume. */
  async end(): Promise<void> {
    const ids = (await this.ok(["ps", "--all", "--quiet"])).split("\n").filter(Boolean);
    if (ids.length > 0) await this.ok(["rm", "--force", "--volumes", ...ids]);
    await this.ok(["volume", "prune", "--force"]);
  }
}
