#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a machine does: the tests. The second serial line shows them as they run; the disk keeps what came of them.
cd /tsrunc || exit 1
mapfile -t arguments < .vm/arguments
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export TSRUNC_TEST_PATIENCE=5 TEST_CONTAINERD=${TEST_CONTAINERD:-2}
{
	uname -r
	build/dist/node scripts/run-tests.ts "${arguments[@]}"
	echo $? > .vm/results/status
} 2>&1 | tee .vm/results/output > /dev/ttyS1
sync
