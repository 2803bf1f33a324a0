#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian or Ubuntu packages that a purpose needs and that are not there yet. Asks nothing, needs no terminal.
#   scripts/install-packages.sh build|lint|test|vm|demo...
# A program that is already there by other means (a containerd from elsewhere, an npm without a package) counts as there.
set -euo pipefail

declare -a missing=()

# need PACKAGE [PROGRAM]: the package, unless it is installed or its program is found.
need() {
	local package=$1 program=${2:-}
	if [ -n "$program" ] && PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null; then
		return
	fi
	if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ]; then
		return
	fi
	missing+=("$package")
}

for purpose in "$@"; do
	case $purpose in
	build)
		need gcc gcc
		need libc6-dev
		need libjansson-dev
		need libmd-dev
		need make make
		need musl-tools musl-gcc
		need npm npm
		need ca-certificates
		;;
	lint)
		need clang clang
		need clang-format clang-format
		need git git
		;;
	demo)
		need containerd containerd
		need busybox-static
		need bsdutils script
		need mount mount
		need procps ps
		;;
	test)
		need clang clang
		need containerd containerd
		need runc runc
		need busybox-static
		need bsdutils script
		need procps ps
		need util-linux nsenter
		# For a systemd as process 1 of namespaces of a test's own. Installing it starts nothing.
		need systemd systemd-run
		need libsystemd0
		need dpkg dpkg-deb
		need jq jq
		need attr setfattr
		need containernetworking-plugins
		need iproute2 ip
		need gcc gcc
		need libc6-dev
		need libseccomp2
		;;
	vm)
		need qemu-system-x86 qemu-system-x86_64
		need debootstrap debootstrap
		need debian-archive-keyring
		need e2fsprogs debugfs
		need kmod depmod
		need busybox-static
		need dpkg dpkg-deb
		need util-linux setpriv
		need xz-utils xz
		;;
	*)
		echo "usage: $0 build|lint|test|vm|demo..." >&2
		exit 2
		;;
	esac
done

updated=
# Installs its arguments. Asks for the package lists once.
install_packages() {
	if ! command -v apt-get >/dev/null; then
		echo "this machine has no apt-get; install the equivalents of: $*" >&2
		exit 1
	fi
	if [ "$(id -u)" -ne 0 ]; then
		echo "not root: run 'sudo apt-get install $*' first" >&2
		exit 1
	fi
	echo "installing: $*"
	export DEBIAN_FRONTEND=noninteractive
	if [ -z "$updated" ]; then
		# An index that can't be fetched (a third party's, say) must not stop the ones that can.
		apt-get update -qq </dev/null || echo "apt-get update reported errors; going on" >&2
		updated=yes
	fi
	apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null >/dev/null
}

if [ ${#missing[@]} -gt 0 ]; then
	install_packages "${missing[@]}"
fi

# The fuzzer's run-time library has the compiler's version in its package's name, and is a package of its own on Debian only.
if [[ " $* " == *" test "* ]]; then
	libraries=$(clang --print-resource-dir)/lib
	if [ -z "$(find "$libraries/" -name 'libclang_rt.fuzzer*.a' -print -quit)" ]; then
		install_packages "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
	fi
fi
