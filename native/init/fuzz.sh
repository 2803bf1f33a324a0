#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the check of plans for a number of seconds. Succeeds if nothing was found *and* the same fuzzer finds a bug that was
# planted for it (-DPLANTED_BUG): a fuzzer that finds nothing at all proves nothing. One process, 512 MiB at most.
#   native/init/fuzz.sh [SECONDS]
set -uo pipefail
seconds=${1:-30}
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../build/fuzz
clang=${CLANG:-clang}
flags=(-std=c17 -D_GNU_SOURCE -g -O1 -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
# A short quarantine: memory must not grow with the length of the run.
export ASAN_OPTIONS=quarantine_size_mb=16
limits=(-rss_limit_mb=512 -malloc_limit_mb=64 -timeout=5 -max_len=16384)

build() { # NAME FLAG...
	"$clang" "${flags[@]}" "${@:2}" -o "$out/$1" "$here/testing/fuzz_check.c" "$here/check.c"
}

mkdir -p "$out" && rm -rf "$out"/corpus "$out"/found "$out"/planted && mkdir "$out"/corpus "$out"/found "$out"/planted
build check-fuzzer && build planted-fuzzer -DPLANTED_BUG || exit 2

echo "fuzz: the check, $seconds s"
if ! "$out/check-fuzzer" "${limits[@]}" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 \
	-artifact_prefix="$out/found/" "$out/corpus" "$here/corpus" >"$out/check.log" 2>&1; then
	cat "$out/check.log"
	echo "fuzz: FAILED, the input is in $out/found" >&2
	exit 1
fi
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/check.log")
if [ "${runs:-0}" -lt 1000 ]; then
	echo "fuzz: FAILED, only ${runs:-0} inputs were tried" >&2
	exit 1
fi
echo "fuzz: nothing found in $runs inputs"

echo "fuzz: the planted bug"
if "$out/planted-fuzzer" "${limits[@]}" -max_total_time="$((seconds > 30 ? seconds : 30))" -verbosity=0 \
	-artifact_prefix="$out/planted/" "$out/planted" "$here/corpus" >"$out/planted.log" 2>&1; then
	echo "fuzz: FAILED, the planted bug was not found" >&2
	exit 1
fi
if ! grep -q 'AddressSanitizer: heap-buffer-overflow' "$out/planted.log"; then
	cat "$out/planted.log"
	echo "fuzz: FAILED, something else than the planted bug was found" >&2
	exit 1
fi
echo "fuzz: it was found"
