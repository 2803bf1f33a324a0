// SPDX-License-Identifier: Apache-2.0
// What a program can find out about the container it is in, as text with one fact a line, without what differs from run
// to run. Two runtimes that were given the same spec must give the same answers.

/** Run with sh in the container. Ignored signals are left out: runc passes on what containerd was started with. */
export const FACTS_SCRIPT = `
echo "== status"; grep -E '^(Uid|Gid|Groups|NoNewPrivs|Cap[A-Z][a-z]+|Seccomp|Seccomp_filters|Sig(Blk|Cgt)|Umask|Cpus_allowed):' /proc/self/status
echo "== limits"; cat /proc/self/limits
echo "== oom"; cat /proc/self/oom_score_adj
echo "== env"; env
echo "== cwd"; pwd
echo "== hostname"; hostname
echo "== descriptors"; ls /proc/1/fd
echo "== mounts"; cat /proc/self/mountinfo
echo "== dev"; cd /dev && ls -lLn | sed 's/  */ /g' | cut -d' ' -f1,3-6,9-; cd /
echo "== links"; ls -ln /dev | grep -- '->' | sed 's/.* \\([^ ]* -> \\)/\\1/'
echo "== masked"; for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/acpi /sys/firmware; do
  [ -e $f ] && { head -c 1 $f 2>&1 | wc -c; ls -Aldn $f 2>&1 | cut -d' ' -f1; ls -A $f 2>&1 | head -3; }; done
echo "== read-only"; for f in /proc/sys/kernel/domainname /proc/sysrq-trigger /proc/irq /proc/bus; do
  [ -w $f ] && echo "$f writable"; touch $f/x 2>&1; done
echo "== network"; cat /proc/net/dev | cut -d: -f1; grep -c ' lo$' /proc/net/if_inet6
echo "== session"; cut -d' ' -f1,4-8 /proc/$$/stat
echo "== cgroup"; cut -d: -f2 /proc/self/cgroup
`;

/** Takes out of the answers what no two runs share, and what differs from runc on purpose. */
export function normalizeFacts(text: string): string[] {
  return text.split("\n").map((line) =>
    line
      // mountinfo: ids of mounts and of file systems, peer groups, the paths of overlayfs layers
      .replace(/^\d+ \d+ \d+:\d+ /, "")
      .replaceAll(/(shared|master|propagate_from):\d+/g, "$1")
      .replaceAll(/(lowerdir|upperdir|workdir)=[^,\s]*/g, "$1")
      .replace(/^(\/\S*)? ?\/tsrunc-it-\S+/, "(cgroup)")
      // Signals that the C library keeps for itself: runc passes on that whoever started containerd ignores them.
      .replace(/^(SigIgn:\s+0{7}[01])[8]/, "$10")
      // The container has the client's FIFOs themselves, with the client's mode, and no pipe to a middleman.
      .replace(/^prwx------ (.*std(?:in|out|err))$/, "prw------- $1")
      // A tmpfs without a source has none, and one that only covers a directory has no room for anything.
      .replace(/ - tmpfs (?:none|tmpfs)? /, " - tmpfs (any) ")
      .replace(/(\(any\) ro),size=4k,nr_inodes=1(,inode64)?$/, "$1$2")
      // When a file in /dev was made.
      .replace(/ \d\d:\d\d (\S+)$/, " $1")
      .trimEnd(),
  );
}
