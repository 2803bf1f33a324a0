# SPDX-License-Identifier: Apache-2.0
# tsrunc: everything that is built, checked and installed. `make help` lists the targets.
#
# Two rules keep it short: every product is a real file that depends on its sources, and nothing calls make again.
# After `npm ci` only the pinned Node of node_modules is used, never the machine's.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := build

PREFIX ?= /usr/local
DESTDIR ?=
BUILD := build
DIST := $(BUILD)/dist
VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)

ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x64,$(shell uname -m)))
MODULES := node_modules/.tsrunc-stamp
PINNED_NODE := node_modules/node-linux-$(ARCH)/bin/node
# The Node that is installed beside the shim: `make install NODE=/path/to/node` takes another one.
NODE ?= $(PINNED_NODE)
# npm packages ship these as plain binaries: they work with install scripts disabled.
ESBUILD := node_modules/@esbuild/linux-$(ARCH)/bin/esbuild
BIOME := node_modules/@biomejs/cli-linux-$(ARCH)/biome
TSC := node_modules/@typescript/typescript-linux-$(ARCH)/lib/tsc
KOFFI := node_modules/@koromix/koffi-linux-$(ARCH)/linux_$(ARCH)/koffi.node

# ---- C -------------------------------------------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
HOST := $(shell $(CC) -dumpmachine 2>/dev/null)
# A static libc: musl where it is installed (its wrapper does not look where the kernel's headers are), else glibc.
MUSL := $(shell command -v musl-gcc 2>/dev/null)
INIT_CC := $(if $(MUSL),$(MUSL) -idirafter /usr/include -idirafter /usr/include/$(HOST),$(CC))

C_WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum \
	-Wvla -Wformat=2 -Wcast-qual -Werror
C_FLAGS := -std=c17 -D_GNU_SOURCE= -fvisibility=hidden -fstack-protector-strong $(C_WARNINGS) \
	-DTSRUNC_VERSION='"$(VERSION)"'
C_RELEASE := -O2 -D_FORTIFY_SOURCE=2
C_SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LD_HARDEN := -Wl,-z,relro,-z,now,-z,noexecstack

INIT_SOURCES := $(filter-out %_test.c %fuzz.c,$(wildcard native/init/*.c))
LAUNCHER_SOURCES := $(filter-out %_test.c,$(wildcard native/launcher/*.c))
LIB_SOURCES := $(filter-out %_test.c,$(wildcard native/lib/*.c))
NATIVE_HEADERS := $(wildcard native/*.h native/*/*.h)
LAUNCHER_LIBS := -l:libjansson.a -l:libmd.a

# ---- what is generated, and from what ----------------------------------------------------------------------------------

GENERATORS := $(wildcard scripts/generate-*.ts)

GENERATE_CHECK = for script in $(GENERATORS); do $(PINNED_NODE) $$script --check || exit 1; done
LINT = scripts/lint.sh $(TSC) $(BIOME) $(CC) $(CLANG) $(patsubst -DTSRUNC_VERSION=%,,$(C_FLAGS))

SOURCES := $(shell find src -name '*.ts' ! -name '*.test.ts' 2>/dev/null) $(wildcard src/proto/generated/*)
NATIVE := $(DIST)/tsrunc-init $(DIST)/containerd-shim-tsrunc-v1 $(DIST)/tsrunc $(DIST)/libtsrunc.so $(DIST)/koffi.node
PRODUCTS := $(NATIVE) $(DIST)/node $(DIST)/tsrunc.cjs $(DIST)/tsrunc.image

.PHONY: help build native native-asan generate generate-check golden demo test test-full test-vm lint format fuzz \
	bench install uninstall dist clean packages

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s'|'

# ---- build ---------------------------------------------------------------------------------------------------------

build: $(PRODUCTS) ## everything that is installed, in build/dist
native: $(NATIVE) ## the C parts alone
native-asan: $(BUILD)/asan/tsrunc-init $(BUILD)/asan/containerd-shim-tsrunc-v1 ## the programs in C with AddressSanitizer and UBSan

packages: ## the Debian or Ubuntu packages that the build needs (only what is missing)
	scripts/install-packages.sh build

$(BUILD)/.packages: scripts/install-packages.sh
	scripts/install-packages.sh build
	@mkdir -p $(@D) && touch $@

# One npm for all of them: whatever the machine has. Install scripts stay off: nothing here needs them.
$(MODULES): package-lock.json package.json | $(BUILD)/.packages
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@for program in $(PINNED_NODE) $(ESBUILD) $(BIOME) $(TSC); do \
	  $$program --version >/dev/null || { echo "$$program does not run here" >&2; exit 1; }; done
	@touch $@

$(PINNED_NODE) $(ESBUILD) $(BIOME) $(TSC) $(KOFFI): $(MODULES) ;

$(DIST):
	@mkdir -p $@

$(DIST)/tsrunc-init: $(INIT_SOURCES) $(NATIVE_HEADERS) Makefile | $(DIST) $(BUILD)/.packages
	$(INIT_CC) $(C_FLAGS) $(C_RELEASE) $(LD_HARDEN) -static -o $@ $(INIT_SOURCES)

$(DIST)/containerd-shim-tsrunc-v1: $(LAUNCHER_SOURCES) $(NATIVE_HEADERS) Makefile | $(DIST) $(BUILD)/.packages
	$(CC) $(C_FLAGS) $(C_RELEASE) $(LD_HARDEN) -fPIE -pie -o $@ $(LAUNCHER_SOURCES) $(LAUNCHER_LIBS)

# The same program under its other name: argv[0] decides.
$(DIST)/tsrunc: $(DIST)/containerd-shim-tsrunc-v1
	ln -f $< $@

$(DIST)/libtsrunc.so: $(LIB_SOURCES) $(NATIVE_HEADERS) Makefile | $(DIST) $(BUILD)/.packages
	$(CC) $(C_FLAGS) $(C_RELEASE) $(LD_HARDEN) -fPIC -shared -o $@ $(LIB_SOURCES)

$(DIST)/koffi.node: $(KOFFI) | $(DIST)
	install -m 0755 $< $@

$(DIST)/node: $(MODULES) | $(DIST)
	ln -f $(PINNED_NODE) $@ 2>/dev/null || cp -f $(PINNED_NODE) $@
	@touch $@

BUNDLE := $(ESBUILD) --bundle --platform=node --format=cjs --target=node24 --external:koffi --alias:long=./src/proto/long.cjs \
	--define:import.meta.dirname=__dirname --define:import.meta.filename=__filename --define:import.meta.url=__url \
	--banner:js='const __url = "file://" + __filename;' --legal-comments=eof --log-level=warning

# koffi's own loader needs node_modules: the bundle loads koffi.node by path and must never contain koffi.
$(BUILD)/bundle.cjs: $(SOURCES) $(MODULES) Makefile
	@mkdir -p $(@D)
	$(BUNDLE) src/main.ts --metafile=$(BUILD)/bundle.json --outfile=$@
	@if grep -q '"node_modules/koffi/' $(BUILD)/bundle.json; then echo "koffi got into the bundle" >&2; exit 1; fi

# The bundle with V8's bytecode, made with the flags of the launcher: a third less time to the first answer.
$(DIST)/tsrunc.image: $(BUILD)/bundle.cjs scripts/make-image.ts $(DIST)/node | $(DIST)
	$(DIST)/node --max-semi-space-size=1 --no-warnings --disable-sigusr1 scripts/make-image.ts $< $@

# What Node is given to run: it loads the image.
$(DIST)/tsrunc.cjs: src/boot.ts $(MODULES) Makefile | $(DIST)
	$(BUNDLE) src/boot.ts --outfile=$@

$(BUILD)/asan/tsrunc-init: $(INIT_SOURCES) $(NATIVE_HEADERS) Makefile | $(BUILD)/.packages
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) $(C_SANITIZE) -o $@ $(INIT_SOURCES)

$(BUILD)/asan/containerd-shim-tsrunc-v1: $(LAUNCHER_SOURCES) $(NATIVE_HEADERS) Makefile | $(BUILD)/.packages
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) $(C_SANITIZE) -o $@ $(LAUNCHER_SOURCES) $(LAUNCHER_LIBS)

# ---- generated files --------------------------------------------------------------------------------------------------

generate: $(MODULES) ## rewrite what is generated: the op header, docs/plan.md, docs/oci-support.md, the protobuf code
	@for script in $(GENERATORS); do echo "$$script"; $(PINNED_NODE) $$script; done

generate-check: $(MODULES) ## fail when a generated file is not what its generator makes
	$(GENERATE_CHECK)

golden: $(MODULES) ## rewrite the golden plans; review the diff
	UPDATE_GOLDEN=1 $(PINNED_NODE) --test "src/oci/**/*.test.ts" "src/plan/**/*.test.ts" "src/cli/**/*.test.ts"

# ---- checks --------------------------------------------------------------------------------------------------------

lint: $(MODULES) ## types, style, layers, import cycles, C warnings of two compilers, C format
	$(LINT)

format: $(MODULES) ## let biome and clang-format write the style
	$(BIOME) check --write
	clang-format -i $(filter-out %/plan_ops.h,$(wildcard native/*/*.[ch]))

RUN_TESTS = $(PINNED_NODE) scripts/run-tests.ts --check 'packages=scripts/install-packages.sh build lint test' \
	--check "lint=$(subst ",\",$(LINT))" --check 'generated files=$(GENERATE_CHECK)'

test: build native-asan ## everything that fits in 20 minutes on two cores (root)
	$(RUN_TESTS) --check 'fuzz, 30 s=native/init/fuzz.sh 30'

test-full: build native-asan ## the same with repetitions, the long tests and an emulated machine
	TSRUNC_TEST_FULL=1 $(RUN_TESTS) --check 'fuzz, 300 s=native/init/fuzz.sh 300' \
	  --check 'emulated machine=$(TEST_VM)'

TEST_VM = scripts/install-packages.sh vm && $(PINNED_NODE) integration/vm/run.ts

test-vm: build ## in an emulated machine: cgroup v2, systemd, AppArmor; FILES= takes some, VM_KERNEL= another kernel
	$(TEST_VM) $(FILES)

fuzz: $(MODULES) ## fuzz the plan decoder for 30 seconds, or SECONDS=
	native/init/fuzz.sh $(or $(SECONDS),30)

bench: build ## compare with runc's shim on this machine
	$(PINNED_NODE) bench/run.ts

# ---- for users -----------------------------------------------------------------------------------------------------

demo: build ## start a private containerd, run containers, show every command (root)
	@scripts/demo

# $(call install_into,ROOT,PREFIX)
define install_into
	@[ "$$($(NODE) --disable-sigusr1 -p 'parseInt(process.versions.node, 10)')" -ge 24 ] || { \
	  echo "$(NODE) does not run here or is older than Node 24: nothing was installed" >&2; exit 1; }
	install -d $(1)$(2)/bin $(1)$(2)/libexec/tsrunc
	install -m 0755 $(DIST)/containerd-shim-tsrunc-v1 $(1)$(2)/bin/containerd-shim-tsrunc-v1
	ln -f $(1)$(2)/bin/containerd-shim-tsrunc-v1 $(1)$(2)/bin/tsrunc
	install -m 0755 $(NODE) $(1)$(2)/libexec/tsrunc/node
	install -m 0755 $(DIST)/tsrunc-init $(DIST)/libtsrunc.so $(DIST)/koffi.node $(1)$(2)/libexec/tsrunc/
	install -m 0644 $(DIST)/tsrunc.cjs $(DIST)/tsrunc.image $(1)$(2)/libexec/tsrunc/
endef

install: build ## into DESTDIR/PREFIX (default /usr/local); NODE= takes another node
	$(call install_into,$(DESTDIR),$(PREFIX))

uninstall: ## remove what install put there
	rm -rf $(DESTDIR)$(PREFIX)/libexec/tsrunc
	rm -f $(DESTDIR)$(PREFIX)/bin/containerd-shim-tsrunc-v1 $(DESTDIR)$(PREFIX)/bin/tsrunc

dist: build ## a tar archive of it, to unpack in / (prefix /usr/local)
	rm -rf $(BUILD)/root
	$(call install_into,$(BUILD)/root,/usr/local)
	tar -C $(BUILD)/root --owner=0 --group=0 --sort=name -czf $(BUILD)/tsrunc-$(VERSION)-linux-$(ARCH).tar.gz .
	rm -rf $(BUILD)/root

clean: ## remove what was built (node_modules and .cache stay)
	rm -rf $(BUILD)
