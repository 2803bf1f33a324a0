#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All static checks. Runs each of them even when one fails, then says which ones did.
#   scripts/lint.sh TSC BIOME CC CLANG CFLAG...     (called by `make lint`)
set -uo pipefail
tsc=$1 biome=$2 cc=$3 clang=$4
shift 4
flags=("$@" -DTSRUNC_VERSION='"lint"')

declare -a failed=()
check() {
	local name=$1
	shift
	echo "lint: $name"
	"$@" || failed+=("$name")
}

# Warnings only, no code: every source of every program, whichever libc it is built with later.
c_warnings() {
	local compiler=$1 source status=0
	while IFS= read -r source; do
		"$compiler" "${flags[@]}" -O2 -fsyntax-only "$source" || status=1
	done < <(find native -name '*.c' | sort)
	return "$status"
}

c_format() {
	find native -name '*.[ch]' ! -name plan_ops.h -print0 | xargs -0 --no-run-if-empty clang-format --dry-run -Werror
}

scripts/install-packages.sh build lint || exit 1
check "types (tsc)" "$tsc" --pretty false
check "style, layers, cycles (biome)" "$biome" check --error-on-warnings --max-diagnostics=100
check "C warnings (gcc)" c_warnings "$cc"
check "C warnings (clang)" c_warnings "$clang"
check "C format (clang-format)" c_format

if [ ${#failed[@]} -gt 0 ]; then
	printf 'lint: FAILED: %s\n' "${failed[@]}" >&2
	exit 1
fi
echo "lint: all clean"
