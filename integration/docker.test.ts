// SPDX-License-Identifier: Apache-2.0
// The promise: Docker runs its containers with this runtime as with its own: three generations of it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, run } from "./harness/command.ts";
import { onEachDocker, REMAP } from "./harness/docker.ts";
import type { DockerScope } from "./harness/docker-scope.ts";
import { eventually } from "./harness/eventually.ts";
import { namespaceOf, readLimit } from "./harness/processes.ts";
import { RUNTIME } from "./harness/suite.ts";

/** The lines of /proc/self/status that tell what a program may do. */
const STATUS = "grep -E '^(Cap(Prm|Eff|Bnd)|NoNewPrivs|Seccomp):' /proc/self/status";

function statusOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/^(\w+):\s*(\S+)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
}

/** One capability alone, as /proc writes a set. */
function capability(bit: number): string {
  return (1n << BigInt(bit)).toString(16).padStart(16, "0");
}

const CAP_NET_BIND_SERVICE = 10;
const CAP_SYS_RESOURCE = 24;

/** Docker 20.10 gives a privileged container every capability that the kernel has, wherever it runs. */
function hasEveryCapability(): boolean {
  const bounding = statusOf(readFileSync("/proc/self/status", "utf8")).get("CapBnd") ?? "0";
  return (BigInt(`0x${bounding}`) & (1n << BigInt(CAP_SYS_RESOURCE))) !== 0n;
}

/** Runs the client on a terminal of its own and returns what the terminal shows. */
async function onTerminal(
  scope: DockerScope,
  args: readonly string[],
  typed: string,
): Promise<string> {
  const words = scope.daemon.command(args).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const result = await run(["script", "-qefc", words.join(" "), "/dev/null"], {
    input: typed,
    env: { SHELL: "/bin/sh" },
  });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  return result.stdout;
}

await onEachDocker(({ edition, test }) => {
  test("output and exit status of a container in the foreground", async (scope) => {
    const result = await scope.run(["--rm"], ["sh", "-c", "echo out; echo err >&2; exit 3"]);
    assert.deepEqual([result.stdout, result.stderr, result.status], ["out\n", "err\n", 3]);
  });

  test("a program that is not there is status 127, one that can't be executed 126", async (scope) => {
    assert.equal((await scope.run(["--rm"], ["no-such-program"])).status, 127);
    assert.equal((await scope.run(["--rm"], ["/etc/passwd"])).status, 126);
  });

  test("a container in the background: logs, exec, top, stats, stop, start again, rm", async (scope) => {
    const script = 'trap "echo bye; exit 7" TERM; echo started; while :; do sleep 0.1; done';
    await scope.start("c1", [], ["sh", "-c", script]);
    await eventually("its log", async () => /started/.test(await scope.ok(["logs", "c1"])));
    const exec = await scope.daemon.run([
      "exec",
      "-e",
      "A=1",
      "-w",
      "/tmp",
      "-u",
      "65534",
      "c1",
      "sh",
      "-c",
      "pwd; id -u; echo $A; exit 4",
    ]);
    assert.deepEqual([exec.stdout, exec.status], ["/tmp\n65534\n1\n", 4], exec.stderr);
    assert.match(await scope.ok(["top", "c1"]), /while :; do/);
    assert.match(
      await scope.ok(["stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsage}}", "c1"]),
      /^[1-9]\d* [\d.]+[KM]iB/,
    );
    await scope.ok(["stop", "c1"]);
    assert.equal(await scope.inspect("c1", "State.ExitCode"), "7");
    assert.match(await scope.ok(["logs", "c1"]), /bye/);
    await scope.ok(["start", "c1"]);
    await scope.ok(["kill", "c1"]);
    assert.equal(await scope.ok(["wait", "c1"]), "137\n");
    await scope.ok(["rm", "c1"]);
  });

  test("input reaches the program, and its end too", async (scope) => {
    const result = await scope.run(["--rm", "-i"], ["sh", "-c", "cat; echo end"], {
      input: "typed\n",
    });
    assert.equal(result.stdout, "typed\nend\n");
  });

  test("a terminal", async (scope) => {
    const args = scope.runArgs(["--rm", "-it"], ["sh", "-c", "tty; read x; echo got $x"]);
    const shown = await onTerminal(scope, args, "hello\n");
    assert.match(shown, /^\/dev\/pts\/0\r\n/m);
    assert.match(shown, /got hello\r\n/);
  });

  test("an init of Docker's own that reaps", async (scope) => {
    await scope.start("c1", ["--init"], ["sh", "-c", "(sleep 0.1 &); exec sleep 1000"]);
    const shown = await scope.ok([
      "exec",
      "c1",
      "sh",
      "-c",
      "cat /proc/1/comm; sleep 0.5; ps -o stat",
    ]);
    assert.match(shown, /^(docker-init|tini.*)\n/);
    assert.doesNotMatch(shown, /Z/);
  });

  test("bind mounts: writable, read-only, with propagation", async (scope) => {
    const directory = scope.directory("bind");
    writeFileSync(join(directory, "file"), "host\n");
    const flags = ["-v", `${directory}:/rw`, "-v", `${directory}:/ro:ro`];
    const shown = await scope.sh(
      flags,
      "cat /ro/file; echo new >/rw/file; cat /ro/file; (echo x >/ro/file) 2>/dev/null; true",
    );
    assert.equal(shown, "host\nnew\n");
    await check(["mount", "-t", "tmpfs", "tmpfs", directory]);
    try {
      await check(["mount", "--make-shared", directory]);
      await scope.start("c1", ["-v", `${directory}:/seen:rslave`], ["sleep", "1000"]);
      await check([
        "sh",
        "-c",
        `mkdir ${directory}/later && mount -t tmpfs tmpfs ${directory}/later && echo mark >${directory}/later/mark`,
      ]);
      assert.equal(await scope.ok(["exec", "c1", "cat", "/seen/later/mark"]), "mark\n");
    } finally {
      await scope.end();
      await check(["umount", "-R", directory]);
    }
  });

  test("volumes, tmpfs and a read-only root", async (scope) => {
    const flags = [
      "--read-only",
      "-v",
      "data:/data",
      "--tmpfs",
      "/scratch:size=1m,mode=1770",
      "--shm-size",
      "2m",
    ];
    const script =
      "touch /x 2>&1; echo kept >/data/file; stat -c %a /scratch; df -k /scratch /dev/shm | awk 'NR>1{print $2}'";
    assert.equal(
      await scope.sh(flags, script),
      "touch: /x: Read-only file system\n1770\n1024\n2048\n",
    );
    assert.equal(
      await scope.sh(
        ["-v", "data:/data:ro"],
        "cat /data/file; touch /data/x 2>/dev/null || echo no",
      ),
      "kept\nno\n",
    );
  });

  test("users, groups, working directory, environment, names", async (scope) => {
    const flags = [
      "--user",
      "1000:100",
      "--group-add",
      "20",
      "--workdir",
      "/made",
      "--env",
      "A=1",
      "--hostname",
      "box",
      "--add-host",
      "other:192.0.2.1",
    ];
    const script = "id -u; id -g; id -G; pwd; echo $A; hostname; grep -c other /etc/hosts";
    assert.equal(await scope.sh(flags, script), "1000\n100\n100 20\n/made\n1\nbox\n1\n");
  });

  test("capabilities and new privileges", async (scope) => {
    const flags = [
      "--cap-drop",
      "ALL",
      "--cap-add",
      "NET_BIND_SERVICE",
      "--security-opt",
      "no-new-privileges",
    ];
    const status = statusOf(await scope.sh(flags, STATUS));
    const only = capability(CAP_NET_BIND_SERVICE);
    for (const set of ["CapPrm", "CapEff", "CapBnd"]) assert.equal(status.get(set), only, set);
    assert.equal(status.get("NoNewPrivs"), "1");
    assert.equal(statusOf(await scope.sh([], STATUS)).get("NoNewPrivs"), "0");
  });

  test("seccomp: Docker's profile, one's own, none", async (scope) => {
    const profile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }],
    };
    const path = join(scope.directory("seccomp"), "profile.json");
    writeFileSync(path, JSON.stringify(profile));
    assert.match(
      await scope.sh([], `${STATUS}; unshare -U true 2>&1; true`),
      /^Seccomp:\t2\nunshare: .*not permitted$/m,
    );
    assert.match(
      await scope.sh(["--security-opt", `seccomp=${path}`], "mkdir /tmp/x 2>&1; true"),
      /No space left/,
    );
    assert.match(
      await scope.sh(
        ["--security-opt", "seccomp=unconfined"],
        `${STATUS}; unshare -U true && echo may`,
      ),
      /^Seccomp:\t0\nmay$/m,
    );
  });

  test("a privileged container may do what root may", async (scope) => {
    const script =
      "mount -t tmpfs tmpfs /tmp && echo mounted; test -c /dev/kmsg && echo device; touch /sys/x 2>&1";
    const result = await scope.run(["--rm", "--privileged"], ["sh", "-c", script]);
    if (edition.version < 23 && !hasEveryCapability()) {
      assert.match(result.stderr, /apply caps: operation not permitted/);
    } else {
      assert.match(
        result.stdout,
        /^mounted\ndevice\ntouch: \/sys\/x: (?!Read-only)/,
        result.stderr,
      );
    }
  });

  test("limits of resources are in the kernel's hands", async (scope) => {
    const flags = [
      "--memory",
      "32m",
      "--memory-swap",
      "32m",
      "--cpus",
      "0.5",
      "--pids-limit",
      "50",
      "--ulimit",
      "nofile=100:200",
      "--oom-score-adj",
      "500",
    ];
    const pid = await scope.start("c1", flags, ["sleep", "1000"]);
    assert.equal(
      readLimit(pid, "memory", { v1: "memory.limit_in_bytes", v2: "memory.max" }),
      String(32 << 20),
    );
    assert.match(
      readLimit(pid, "cpu", { v1: "cpu.cfs_quota_us", v2: "cpu.max" }),
      /^50000( 100000)?$/,
    );
    assert.equal(readLimit(pid, "pids", { v1: "pids.max", v2: "pids.max" }), "50");
    assert.equal(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8"), "500\n");
    assert.equal(await scope.ok(["exec", "c1", "sh", "-c", "ulimit -n; ulimit -Hn"]), "100\n200\n");
  });

  test("who runs out of memory is killed, and Docker knows why", async (scope) => {
    await scope.ok(
      scope.runArgs(
        ["-d", "--name", "c1", "--memory", "16m", "--memory-swap", "16m"],
        ["dd", "if=/dev/zero", "of=/dev/null", "bs=64M"],
      ),
    );
    assert.equal(await scope.ok(["wait", "c1"]), "137\n");
    assert.equal(await scope.inspect("c1", "State.OOMKilled"), "true");
  });

  test("devices and rules for them", async (scope) => {
    const script =
      "test -c /dev/one && cat /dev/one 2>&1; mknod /tmp/x c 1 99; cat /tmp/x 2>&1; true";
    const node = join(scope.directory("dev"), "node");
    await check(["sh", "-c", `test -e ${node} || mknod ${node} c 1 99`]);
    const allowed = await scope.sh(["--device", `${node}:/dev/one:rwm`], script);
    assert.match(allowed, /^cat: can't open '\/dev\/one': No such device or address$/m);
    assert.match(
      await scope.sh([], script),
      /^cat: can't open '\/tmp\/x': Operation not permitted$/m,
    );
    const rule = await scope.sh(["--device-cgroup-rule", "c 1:99 rmw"], script);
    assert.match(rule, /^cat: can't open '\/tmp\/x': No such device or address$/m);
  });

  test("namespaces of the host", async (scope) => {
    const flags = ["--pid", "host", "--ipc", "host", "--uts", "host", "--network", "host"];
    const pid = await scope.start("c1", flags, ["sleep", "1000"]);
    for (const kind of ["pid", "ipc", "uts"])
      assert.equal(namespaceOf(pid, kind), namespaceOf("self", kind), kind);
    assert.notEqual(namespaceOf(pid, "mnt"), namespaceOf("self", "mnt"));
  });

  test("namespaces of another container", async (scope) => {
    const first = await scope.start("c1", ["--ipc", "shareable"], ["sleep", "1000"]);
    const flags = ["--pid", "container:c1", "--ipc", "container:c1", "--network", "container:c1"];
    const second = await scope.start("c2", flags, ["sleep", "1000"]);
    for (const kind of ["pid", "ipc", "net"])
      assert.equal(namespaceOf(second, kind), namespaceOf(first, kind), kind);
    assert.notEqual(namespaceOf(second, "uts"), namespaceOf(first, "uts"));
  });

  test("containers on the bridge reach each other, one without a network has only itself", async (scope) => {
    await scope.start(
      "c1",
      [],
      ["sh", "-c", "echo hello >/tmp/index.html; exec httpd -f -p 80 -h /tmp"],
    );
    const address = await scope.inspect("c1", "NetworkSettings.Networks.bridge.IPAddress");
    const script = `until wget -qO- http://${address}; do sleep 0.1; done`;
    assert.equal(await scope.sh([], script), "hello\n");
    assert.equal(await scope.sh(["--network", "none"], "ls /sys/class/net"), "lo\n");
  });

  test("kernel parameters of the container's own namespaces", async (scope) => {
    const flags = ["--sysctl", "net.core.somaxconn=99", "--sysctl", "kernel.msgmax=4096"];
    const script =
      "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_unprivileged_port_start";
    assert.equal(await scope.sh(flags, script), "99\n4096\n0\n");
  });

  test("a restart policy and a health check see exits and execs", async (scope) => {
    await scope.ok(
      scope.runArgs(["-d", "--name", "c1", "--restart", "on-failure:2"], ["sh", "-c", "exit 3"]),
    );
    await eventually(
      "two restarts",
      async () => (await scope.inspect("c1", "RestartCount")) === "2",
    );
    const health = [
      "--health-cmd",
      "test -e /tmp/ok",
      "--health-interval",
      "1s",
      "--health-retries",
      "20",
    ];
    await scope.start("c2", health, ["sh", "-c", "touch /tmp/ok; exec sleep 1000"]);
    await eventually(
      "health",
      async () => (await scope.inspect("c2", "State.Health.Status")) === "healthy",
    );
  });

  test("ids are remapped by a daemon that does so", async (scope) => {
    await scope.withDaemon(REMAP, async (remapped) => {
      const script =
        "id -u; tr -s ' ' </proc/self/uid_map; stat -c %u /etc/passwd; echo x >/x && stat -c %u /x";
      assert.equal(await remapped.sh([], script), "0\n 0 100000 65536\n0\n0\n");
      const pid = await remapped.start("c1", [], ["sleep", "1000"]);
      assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), /^Uid:\t100000\t/m);
      assert.equal(await remapped.ok(["exec", "c1", "id", "-u"]), "0\n");
      const host = await remapped.sh(["--userns", "host"], "tr -s ' ' </proc/self/uid_map");
      assert.equal(host, " 0 0 4294967295\n");
    });
  });

  test("containers outlive their daemon, and the next one takes them over", async (scope) => {
    const runtimes = { tsrunc: { runtimeType: RUNTIME } };
    const named = edition.version < 23 ? {} : { runtimes, "default-runtime": "tsrunc" };
    await scope.withDaemon(
      { "live-restore": true, ...named },
      async (live) => {
        const script = 'trap "exit 6" TERM; while :; do sleep 0.1; done';
        const pid = await live.start("c1", [], ["sh", "-c", script]);
        await live.daemon.stop("SIGKILL");
        await live.daemon.start();
        assert.equal(await live.inspect("c1", "State.Pid"), String(pid));
        assert.equal(await live.ok(["exec", "c1", "echo", "in"]), "in\n");
        await live.ok(["stop", "c1"]);
        assert.equal(await live.inspect("c1", "State.ExitCode"), "6");
      },
      [],
    );
  });
});
