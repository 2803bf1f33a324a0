// SPDX-License-Identifier: Apache-2.0
// Rows: hooks.

import type { Chapter } from "./support.ts";

const RUNTIME = "src/runtime/hooks.root.test.ts";
const DAEMON = "integration/hooks.test.ts";
/** What every kind has in common. */
const EACH_KIND = [
  `${RUNTIME}#each kind runs at its point, in the order given`,
  `${RUNTIME}#what each kind reads from stdin is the state of its point`,
  `${RUNTIME}#each kind runs in its namespaces, with its rights, and with nothing else open`,
];

export const HOOKS: Chapter = {
  title: "Hooks",
  rows: [
    {
      fields: ["hooks.prestart", "hooks.createRuntime"],
      how: "runtime's namespaces, prestart first; after the mounts, before pivot_root. A failure fails create",
      tests: [
        ...EACH_KIND,
        `${RUNTIME}#prestart and createRuntime see the container's namespaces and mounts by its pid`,
        `${DAEMON}#a network that hooks make is there when the program starts, and gone with the container`,
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["hooks.createContainer"],
      how: "container's namespaces, program of the host; before pivot_root. A failure fails create",
      tests: [
        ...EACH_KIND,
        `${RUNTIME}#a createContainer hook can still add to the container's mounts`,
        `${RUNTIME}#hooks inside of a user namespace are of its root; the root filesystem is`,
      ],
      runc: "yes",
      crun: "yes; state `created`",
    },
    {
      fields: ["hooks.startContainer"],
      how: "in the container, below its filter, when start is called and before exec.fifo is opened. A failure fails start",
      tests: [
        ...EACH_KIND,
        `${RUNTIME}#the seccomp filter holds for hooks of the image and no others`,
        `${RUNTIME}#a startContainer hook that fails fails start and ends the container`,
      ],
      runc: "after exec.fifo",
      crun: "after exec.fifo",
    },
    {
      fields: ["hooks.poststart"],
      how: "runtime's namespaces; the program runs already. A failure ends the container",
      tests: [
        ...EACH_KIND,
        `${RUNTIME}#at poststart the user's program runs already`,
        `${DAEMON}#hook that fails fails Start; the container ends and can be deleted`,
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["hooks.poststop"],
      how: "runtime's namespaces; exactly once, also after a crash of the shim. A failure is a warning",
      tests: [
        ...EACH_KIND,
        `${RUNTIME}#poststop hooks that a lost runtime had not come to are run by who cleans up, once`,
        `${RUNTIME}#a poststop hook that fails is a warning, and the others run`,
        `${DAEMON}#the network is taken down when the shim was killed`,
      ],
      runc: "a failure is an error",
      crun: "yes",
    },
    {
      fields: ["hooks.*[].path", "hooks.*[].args"],
      how: "an absolute path; without arguments the path is the only one",
      tests: [
        `${DAEMON}#all six kinds run in their order, and the start is told after poststart`,
        `${RUNTIME}#a missing program of a`,
        "src/oci/hooks.test.ts#every kind is read, with the meaning of what is absent",
      ],
      runc: "a relative path, too",
      crun: "a relative path, too",
    },
    {
      fields: ["hooks.*[].env"],
      how: "as given; absent: the daemon's (PATH, addresses of containerd), for createContainer nothing, for startContainer the program's",
      tests: [
        `${RUNTIME}#an environment that is given is all that a hook gets`,
        `${RUNTIME}#each kind runs in its namespaces, with its rights, and with nothing else open`,
        `${DAEMON}#a hook without an environment has PATH and nothing of Node's or of ours`,
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["hooks.*[].timeout"],
      how: "seconds; then it is killed with all that it has started",
      tests: [
        `${DAEMON}#a hook that is too slow is killed and named, with what it has started`,
        `${RUNTIME}#hook that takes too long is killed with everything it has started`,
      ],
      runc: "kills the hook alone",
      crun: "kills the hook alone",
    },
  ],
};
