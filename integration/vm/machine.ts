// SPDX-License-Identifier: Apache-2.0
// One software-emulated machine from power-on to power-off. It has no network and writes to nothing but the project's disk.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Kernel } from "./kernels.ts";

export interface Disks {
  /** Shared by all machines: what is written to it is gone with the machine. */
  readonly root: string;
  readonly project: string;
}

export interface MachineOptions {
  readonly kernel: Kernel;
  readonly disks: Disks;
  /** A file that the kernel's console is written to. */
  readonly console: string;
}

/** The longest that it may run, in milliseconds. */
const TIMEOUT_MS = 2_400_000;

const PROCESSORS = 2;
const MEMORY_MIB = 3072;
const CONSOLE_LINES = 60;

/** Without AppArmor's flags, a kernel whose default is another module would do without it. */
const KERNEL_ARGUMENTS = [
  ...["console=ttyS0", "panic=-1", "loglevel=5", "apparmor=1", "security=apparmor", "hugepages=8"],
  "systemd.show_status=0",
];

/** Owns the qemu process. */
export class Machine {
  readonly #options: MachineOptions;
  readonly #process: ChildProcess;
  readonly #ended: Promise<string | undefined>;

  /** Turns it on. */
  constructor(options: MachineOptions) {
    this.#options = options;
    // Should this process be killed, the machine does not go on without it.
    const argv = ["--pdeathsig", "KILL", "qemu-system-x86_64", ...qemuArguments(options)];
    this.#process = spawn("setpriv", argv, { stdio: ["ignore", "pipe", "pipe"] });
    this.#ended = this.#watch();
  }

  /** Resolves when it is off. Throws, with the end of the console, if that was not its own doing. */
  async off(): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.kill();
    }, TIMEOUT_MS);
    const problem = await this.#ended;
    clearTimeout(timer);
    if (problem === undefined) return;
    const what = late ? `still running after ${TIMEOUT_MS / 1000} s` : problem;
    throw new Error(`the machine: ${what}\n${this.consoleTail()}`);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  consoleTail(): string {
    const lines = readFileSync(this.#options.console, "utf8").replaceAll("\r", "").split("\n");
    return `the end of its console:\n${lines.slice(-CONSOLE_LINES).join("\n")}`;
  }

  async #watch(): Promise<string | undefined> {
    const { stdout, stderr } = this.#process;
    if (stdout === null || stderr === null) throw new Error("qemu has no pipes");
    let errors = "";
    stderr.on("data", (piece: Buffer) => {
      errors += piece.toString();
    });
    createInterface({ input: stdout }).on("line", (line) => console.log(line));
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#process.on("error", (error) => resolve(error.message));
    this.#process.on("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(`qemu ended with ${signal ?? `exit status ${code}`}: ${errors.trim()}`);
    });
    return await promise;
  }
}

function qemuArguments({ kernel, disks, console }: MachineOptions): string[] {
  const disk = (file: string, options: string): string[] => [
    "-drive",
    `file=${file},if=virtio,format=raw,cache=unsafe,${options}`,
  ];
  return [
    // A /dev/kvm that exists need not work. With a thread for each processor (thread=multi) it is twice as fast, and one process of
    // Node in five ends by a failed check of V8; with one for all of them, none of dozens did.
    ...["-accel", "tcg,thread=single", "-cpu", "max,pku=off", "-nodefaults", "-no-user-config"],
    ...["-smp", String(PROCESSORS), "-m", String(MEMORY_MIB), "-display", "none", "-no-reboot"],
    ...["-kernel", kernel.image, "-initrd", kernel.initramfs],
    ...["-append", [...KERNEL_ARGUMENTS, ...kernel.args].join(" ")],
    ...disk(disks.root, "snapshot=on"),
    ...disk(disks.project, "snapshot=off"),
    ...["-chardev", `file,id=console,path=${console}`, "-serial", "chardev:console"],
    ...["-chardev", "stdio,id=tests,signal=off", "-serial", "chardev:tests"],
    ...["-device", "virtio-rng-pci"],
  ];
}
