// SPDX-License-Identifier: Apache-2.0
// process.scheduler, ioPriority and execCPUAffinity, linux.personality and memoryPolicy: what is refused, and what becomes of
// the rest.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { formatProgram } from "../plan/format.ts";
import type { Op } from "../plan/ops.ts";
import { compileContainer } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import { compileHooks } from "./compile-hook.ts";
import type { CompiledContainer } from "./compiled.ts";
import { parseSpec } from "./parse.ts";
import { parseProcess } from "./process.ts";
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from "./tables/memory-policy.ts";
import { IO_PRIORITY_CLASSES, SCHEDULER_FLAGS, SCHEDULER_POLICIES } from "./tables/scheduling.ts";
import { changed, OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";

type Patch = Record<string, unknown>;

const process = (patch: Patch): Patch => ({ process: patch });
const linux = (patch: Patch): Patch => ({ linux: patch });

const TRAIT_OPS: readonly string[] = [
  "set_scheduler",
  "set_io_priority",
  "set_personality",
  "set_memory_policy",
];

function assertRefused(patch: Patch, path: string, message: string): void {
  assert.throws(
    () => specWith(patch),
    (error) => {
      assert.ok(error instanceof SpecError, String(error));
      assert.deepEqual({ path: error.path, message: error.message }, { path, message });
      return true;
    },
  );
}

function compile(patch: Patch): CompiledContainer {
  return compileContainer(specWith(patch), V1_HOST, OPTIONS);
}

/** The lines of the ops that this is about, and of no others. */
function traits(ops: readonly Op[]): readonly string[] {
  const own = ops.filter(({ op }) => TRAIT_OPS.includes(op));
  return formatProgram({ inputs: [], ops: own }).split("\n").slice(0, -1);
}

/** Of the container itself. */
function containerTraits(patch: Patch): readonly string[] {
  return traits(compile(patch).finish(undefined).ops);
}

/** Of an exec in it. */
function exec(patch: Patch, process: Patch = {}) {
  const target = { ...compile(patch).execTarget, nullStdio: [] };
  const document = { args: ["true"], cwd: "/", env: ["PATH=/bin", "HOME=/"], ...process };
  return compileExec(parseProcess(document, "process"), target, V1_HOST);
}

function execTraits(patch: Patch, process: Patch = {}): readonly string[] {
  return traits(exec(patch, process).finish(undefined).ops);
}

const scheduler = (values: Patch): Patch => process({ scheduler: values });

test("a scheduler that makes no sense is refused in the words of runc", () => {
  const times = "scheduler runtime/deadline/period can only be specified for SchedDeadline policy";
  const priority = "scheduler.priority can only be specified for SchedFIFO or SchedRR policy";
  const path = "process.scheduler";
  assertRefused(scheduler({}), `${path}.policy`, "scheduler policy is required");
  assertRefused(scheduler({ nice: 5 }), `${path}.policy`, "scheduler policy is required");
  assertRefused(
    scheduler({ policy: "SCHED_FAST" }),
    `${path}.policy`,
    "invalid scheduler policy: SCHED_FAST",
  );
  assertRefused(
    scheduler({ policy: "SCHED_OTHER", flags: ["SCHED_FLAG_KEEP_POLICY", "X"] }),
    `${path}.flags[1]`,
    "invalid scheduler flag: X",
  );
  for (const policy of ["SCHED_OTHER", "SCHED_BATCH"]) {
    for (const nice of [-21, 20]) {
      const problem = `invalid scheduler.nice: ${nice} when scheduler.policy is ${policy}`;
      assertRefused(scheduler({ policy, nice }), `${path}.nice`, problem);
    }
  }
  for (const policy of ["SCHED_OTHER", "SCHED_IDLE", "SCHED_DEADLINE"]) {
    assertRefused(scheduler({ policy, priority: 1 }), `${path}.priority`, priority);
  }
  for (const name of ["runtime", "deadline", "period"]) {
    assertRefused(scheduler({ policy: "SCHED_FIFO", priority: 1, [name]: 1 }), path, times);
    const negative = { policy: "SCHED_DEADLINE", [name]: -1 };
    const range = "an integer between 0 and 18446744073709551615";
    assertRefused(scheduler(negative), `${path}.${name}`, `${path}.${name} must be ${range}`);
  }
});

test("every policy and flag of the specification becomes the kernel's", () => {
  assert.deepEqual(
    [...SCHEDULER_POLICIES.keys()].flatMap((policy) => containerTraits(scheduler({ policy }))),
    ["OTHER", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE"].map(
      (policy) =>
        `set_scheduler attr=policy:${policy},flags:0,nice:0,priority:0,runtime:0,deadline:0,period:0`,
    ),
  );
  for (const flag of SCHEDULER_FLAGS.keys()) {
    const [line] = containerTraits(scheduler({ policy: "SCHED_OTHER", flags: [flag] }));
    assert.ok(line?.includes(`,flags:${flag.slice("SCHED_FLAG_".length)},`), line);
  }
});

test("the values of a scheduler arrive, up to the biggest", () => {
  assert.deepEqual(containerTraits(scheduler({ policy: "SCHED_BATCH", nice: -20 })), [
    "set_scheduler attr=policy:BATCH,flags:0,nice:-20,priority:0,runtime:0,deadline:0,period:0",
  ]);
  assert.deepEqual(containerTraits(scheduler({ policy: "SCHED_RR", priority: 99, nice: 100 })), [
    "set_scheduler attr=policy:RR,flags:0,nice:100,priority:99,runtime:0,deadline:0,period:0",
  ]);
  const most = 2n ** 64n - 1n;
  const deadline = { policy: "SCHED_DEADLINE", runtime: 1, deadline: 2, period: most };
  assert.deepEqual(containerTraits(scheduler(deadline)), [
    `set_scheduler attr=policy:DEADLINE,flags:0,nice:0,priority:0,runtime:1,deadline:2,period:${most}`,
  ]);
});

test("a scheduler that the kernel refuses beside a cpuset says so, in an exec too", () => {
  const conflict = "process scheduler can't be used together with AllowedCPUs";
  const whyOf = (ops: readonly Op[]): unknown =>
    ops.find(({ op }) => op === "set_scheduler")?.whyErrno?.["EPERM"];
  const own = { scheduler: { policy: "SCHED_OTHER" } };
  for (const [cpus, expected] of [
    ["0-1", conflict],
    ["", undefined],
  ] as const) {
    const patch = { process: own, linux: { resources: { cpu: { cpus } } } };
    assert.equal(whyOf(compile(patch).finish(undefined).ops), expected);
    assert.equal(whyOf(exec(patch).finish(undefined).ops), expected);
  }
});

test("an I/O priority that makes no sense is refused in the words of runc", () => {
  const path = "process.ioPriority";
  const io = (values: Patch): Patch => process({ ioPriority: values });
  assertRefused(io({}), `${path}.class`, 'invalid ioPriority.Class: ""');
  assertRefused(io({ class: "RT" }), `${path}.class`, 'invalid ioPriority.Class: "RT"');
  for (const priority of [-1, 8]) {
    const problem = `invalid ioPriority.Priority: ${priority}`;
    assertRefused(io({ class: "IOPRIO_CLASS_BE", priority }), `${path}.priority`, problem);
  }
});

test("every I/O class becomes the kernel's", () => {
  const values = [...IO_PRIORITY_CLASSES.keys()].flatMap((name) =>
    containerTraits(process({ ioPriority: { class: name, priority: 7 } })),
  );
  const expected = ["RT", "BE", "IDLE"].map((name) => `set_io_priority value=${name}:7`);
  assert.deepEqual(values, expected);
});

test("a personality is LINUX or LINUX32; flags are ignored with a warning, as in runc", () => {
  assert.deepEqual(containerTraits(linux({ personality: { domain: "LINUX" } })), [
    "set_personality persona=0",
  ]);
  assert.deepEqual(containerTraits(linux({ personality: { domain: "LINUX32", flags: [] } })), [
    "set_personality persona=LINUX32",
  ]);
  const path = "linux.personality.domain";
  assertRefused(linux({ personality: {} }), path, "invalid personality domain ");
  assertRefused(linux({ personality: { domain: "BSD" } }), path, "invalid personality domain BSD");
  const flags = ["ADDR_NO_RANDOMIZE", "X"];
  const json = changed(linux({ personality: { domain: "LINUX", flags } }));
  assert.deepEqual(parseSpec(json).warnings, [
    "ignoring unsupported personality flags: [ADDR_NO_RANDOMIZE X]",
  ]);
});

const memory = (values: Patch): Patch => linux({ memoryPolicy: values });

test("a memory policy that makes no sense is refused in the words of runc", () => {
  const path = "linux.memoryPolicy";
  assertRefused(memory({}), `${path}.mode`, 'invalid memory policy mode ""');
  assertRefused(memory({ mode: "BIND" }), `${path}.mode`, 'invalid memory policy mode "BIND"');
  for (const mode of ["MPOL_DEFAULT", "MPOL_LOCAL"]) {
    const problem = "memory policy mode requires 0 nodes but got 4";
    assertRefused(memory({ mode, nodes: "0-2,2,7" }), `${path}.nodes`, problem);
  }
  for (const mode of [
    "MPOL_BIND",
    "MPOL_INTERLEAVE",
    "MPOL_PREFERRED_MANY",
    "MPOL_WEIGHTED_INTERLEAVE",
  ]) {
    const problem = "memory policy mode requires at least one node but got 0";
    assertRefused(memory({ mode }), `${path}.nodes`, problem);
  }
  assertRefused(
    memory({ mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES", "STATIC"] }),
    `${path}.flags[1]`,
    'invalid memory policy flag "STATIC"',
  );
  for (const [nodes, problem] of [
    ["x", '"x" is not a number'],
    ["0-", '"" is not a number'],
    ["-1", '"" is not a number'],
    ["0-1-2", '"1-2" is not a number'],
    ["1e3", '"1e3" is not a number'],
    ["3-1", "invalid range: 3-1"],
    ["65537", "values larger than 65536 are not supported"],
    ["99999999999999999999", "values larger than 65536 are not supported"],
    [" , ,", 'no members found in set " , ,"'],
  ] as const) {
    const text = `invalid memory policy nodes ${JSON.stringify(nodes)}: ${problem}`;
    assertRefused(memory({ mode: "MPOL_BIND", nodes }), `${path}.nodes`, text);
  }
});

test("every mode and flag of a memory policy becomes the kernel's", () => {
  const without = ["MPOL_DEFAULT", "MPOL_LOCAL"];
  const lines = [...MEMORY_POLICY_MODES.keys()].flatMap((mode) =>
    containerTraits(memory(without.includes(mode) ? { mode } : { mode, nodes: "0-3,7" })),
  );
  const nodes = "[0,1,2,3,7]";
  assert.deepEqual(lines, [
    "set_memory_policy mode=DEFAULT nodes=[]",
    `set_memory_policy mode=PREFERRED nodes=${nodes}`,
    `set_memory_policy mode=BIND nodes=${nodes}`,
    `set_memory_policy mode=INTERLEAVE nodes=${nodes}`,
    "set_memory_policy mode=LOCAL nodes=[]",
    `set_memory_policy mode=PREFERRED_MANY nodes=${nodes}`,
    `set_memory_policy mode=WEIGHTED_INTERLEAVE nodes=${nodes}`,
  ]);
  const flags = [...MEMORY_POLICY_FLAGS.keys()];
  assert.deepEqual(containerTraits(memory({ mode: "MPOL_PREFERRED", flags })), [
    "set_memory_policy mode=PREFERRED|STATIC_NODES|RELATIVE_NODES|NUMA_BALANCING nodes=[]",
  ]);
});

/** One of each. */
const ALL: Patch = {
  process: {
    scheduler: { policy: "SCHED_BATCH", nice: 5 },
    ioPriority: { class: "IOPRIO_CLASS_BE", priority: 4 },
  },
  linux: {
    personality: { domain: "LINUX32" },
    memoryPolicy: { mode: "MPOL_BIND", nodes: " 0 , 64 " },
  },
};
const ALL_LINES = [
  "set_scheduler attr=policy:BATCH,flags:0,nice:5,priority:0,runtime:0,deadline:0,period:0",
  "set_io_priority value=BE:4",
  "set_personality persona=LINUX32",
  "set_memory_policy mode=BIND nodes=[0,64]",
];

test("they come in the order of runc, after no_new_privs and before the user is changed", () => {
  assert.deepEqual(containerTraits(ALL), ALL_LINES);
  const names = compile(changed({ process: { noNewPrivileges: true } }, ALL))
    .finish(undefined)
    .ops.map(({ op }) => op);
  const order = ["no_new_privs", ...TRAIT_OPS, "drop_bounding", "set_uid"];
  assert.deepEqual(
    names.filter((name) => order.includes(name)),
    order,
  );
});

test("what is not asked for has no op", () => {
  assert.deepEqual(containerTraits({}), []);
  assert.deepEqual(execTraits({}), []);
});

test("an exec is treated as the container is, but for a scheduler and an I/O priority of its own", () => {
  assert.deepEqual(execTraits(ALL), ALL_LINES);
  const own = {
    scheduler: { policy: "SCHED_IDLE" },
    ioPriority: { class: "IOPRIO_CLASS_IDLE" },
  };
  assert.deepEqual(execTraits(ALL, own), [
    "set_scheduler attr=policy:IDLE,flags:0,nice:0,priority:0,runtime:0,deadline:0,period:0",
    "set_io_priority value=IDLE:0",
    ...ALL_LINES.slice(2),
  ]);
});

function hooksOf(patch: Patch) {
  const hooks = { startContainer: [{ path: "/hook" }], createContainer: [{ path: "/hook" }] };
  const spec = specWith(changed({ hooks }, patch));
  const compiled = compileContainer(spec, V1_HOST, OPTIONS);
  return compileHooks(spec, compiled, { ...OPTIONS, facts: V1_HOST });
}

test("a startContainer hook is treated as if init had forked it", () => {
  const { startContainer, createContainer } = hooksOf(ALL);
  assert.deepEqual(traits(startContainer[0]?.finish(undefined).ops ?? []), ALL_LINES);
  assert.deepEqual(traits(createContainer[0]?.finish(undefined).ops ?? []), []);
  for (const scheduler of [
    { policy: "SCHED_DEADLINE", runtime: 1 },
    { policy: "SCHED_BATCH", flags: ["SCHED_FLAG_RESET_ON_FORK"] },
  ]) {
    const [hook] = hooksOf(changed({ process: { scheduler: null } }, ALL)).startContainer;
    const [other] = hooksOf({ ...ALL, process: { scheduler } }).startContainer;
    assert.ok(hook && other);
    assert.ok(!traits(other.finish(undefined).ops).join().includes("set_scheduler"));
    assert.ok(!traits(hook.finish(undefined).ops).join().includes("set_scheduler"));
  }
  const affinity = { initial: "0", final: "1" };
  const [hook] = hooksOf(process({ execCPUAffinity: affinity })).startContainer;
  assert.equal(hook?.startsOutside, false);
  assert.deepEqual(affinityLines(hook?.enter(1).ops ?? []), ["write", "reset_affinity"]);
});

/** What is done about CPUs, and where the cgroup is joined. */
function affinityLines(ops: readonly Op[]): readonly string[] {
  const lines = ops.flatMap((op) => {
    if (op.op === "set_affinity") return [formatProgram({ inputs: [], ops: [op] }).trim()];
    const joins = op.op === "write" && op.fd.startsWith("cgroup:");
    return joins || op.op === "reset_affinity" ? [op.op] : [];
  });
  return lines;
}

test("an exec's CPUs are set around the moment in which it joins the cgroup", () => {
  const lines = (affinity: Patch, own?: Patch): readonly string[] => {
    const patch = process({ execCPUAffinity: affinity });
    const document = own === undefined ? {} : { execCPUAffinity: own };
    return affinityLines(exec(patch, document).enter(1).ops);
  };
  const initial = "set_affinity cpus=[0,1,2,3,7]";
  const final = "set_affinity cpus=[1]";
  assert.deepEqual(lines({}), ["write", "reset_affinity"]);
  assert.deepEqual(lines({ initial: "", final: "" }), ["write", "reset_affinity"]);
  assert.deepEqual(lines({ initial: "0-3,7" }), [initial, "write"]);
  assert.deepEqual(lines({ final: "1" }), ["write", final]);
  assert.deepEqual(lines({ initial: "0-3,7", final: "1" }), [initial, "write", final]);
  assert.deepEqual(lines({ initial: "5" }, { final: "1" }), ["write", final]);
  assert.deepEqual(lines({ initial: "0-3,7" }, {}), [initial, "write"]);
});

test("an exec with CPUs to be on before it joins the cgroup is not born there", () => {
  const outside = (affinity: Patch): boolean =>
    exec(process({ execCPUAffinity: affinity })).startsOutside;
  assert.equal(outside({}), false);
  assert.equal(outside({ final: "0" }), false);
  assert.equal(outside({ initial: "0" }), true);
});

test("an exec into a container that can freeze its cgroup is not born there, unlike a hook before its program", () => {
  const mounts = [{ destination: "/cgroup", type: "cgroup2", source: "cgroup" }];
  assert.equal(exec({ mounts }).startsOutside, true);
  assert.equal(exec({ mounts: [{ ...mounts[0], options: ["ro"] }] }).startsOutside, false);
  const [hook] = hooksOf({ ...ALL, mounts }).startContainer;
  assert.equal(hook?.startsOutside, false);
});

test("the container itself has no affinity but that of its cgroup", () => {
  const compiled = compile(process({ execCPUAffinity: { initial: "0", final: "1" } }));
  assert.deepEqual(affinityLines(compiled.enter(1).ops), ["write", "reset_affinity"]);
});

test("a list of CPUs that makes no sense is refused, for the container already", () => {
  const path = "process.execCPUAffinity";
  const of = (affinity: Patch): Patch => process({ execCPUAffinity: affinity });
  assertRefused(
    of({ initial: "a" }),
    `${path}.initial`,
    'bad CPUAffinity.Initial: "a" is not a number',
  );
  assertRefused(of({ final: "2-1" }), `${path}.final`, "bad CPUAffinity.Final: invalid range: 2-1");
});
