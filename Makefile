# SPDX-License-Identifier: GPL-2.0-only
#
# What there is to make.  The rules that build are in tools/build.mk; two makes at
# once wait for each other there.
#
#	make [all]		build tests and in-process KVM under build/
#	make check		test the suite itself; SETUP=1 installs what is missing
#	make check-trees	run the suite on every kernel that Debian packages
#	make matrix		the same, and BUILD/matrix.html, which shows who meets what
#	make bench		measure exits and round trips; RUNS=N times, beside BASE=CSV
#	make races		two threads of a VMM: search all pairs of calls, RACES=OPTIONS
#	make clean		remove build/
#
# BUILD=DIR builds elsewhere, KDIR=DIR names the kernel tree for check and bench, or
# KDIR=debian:VERSION one that Debian packages (tools/tree.sh --list).

# A path with a blank in it is two, and clean would remove both.
quote = '$(subst ','\'',$(1))'
BUILD ?= build
UNUSABLE := $(shell tools/path.sh checkout $(call quote,$(CURDIR)) \
	BUILD $(call quote,$(value BUILD)) \
	KDIR $(call quote,$(if $(filter debian:%,$(value KDIR)),,$(value KDIR))))
$(if $(UNUSABLE),$(error $(UNUSABLE)))
override BUILD := $(abspath $(BUILD))
export BUILD KDIR

.PHONY: all check check-trees matrix races bench clean help setup

# What has to be installed for it, see tools/setup.sh.
all: PURPOSES := build
check check-trees matrix races bench: PURPOSES := build src unicorn

all: setup
	@tools/build.sh

check: setup
	@tools/build.sh all unit
	@tools/check/run.pl --root "$(CURDIR)" --build "$(BUILD)" $(TESTS)

check-trees: setup
	@tools/check_trees.sh

# A kernel that fails something is what it shows.
matrix: setup
	@tools/check_trees.sh || [ $$? = 1 ]
	@./run_tests.sh --matrix "$(BUILD)"/check-trees/*/results.json

races: setup
	@tools/races.sh $(RACES)

bench: setup
	@tools/build.sh all bench
	@tools/bench.sh

setup:
	@tools/setup.sh $(if $(filter 1,$(SETUP)),--install) $(PURPOSES)
	@$(if $(filter 1,$(SETUP)),tools/tree.sh --out "$(BUILD)" debian:newest > /dev/null || :)

clean:
	$(if $(filter $(BUILD)/%,$(CURDIR)/),$(error BUILD: $(BUILD) holds the sources))
	rm -rf "$(BUILD)"

help:
	@sed -n 's/^#\t/\t/p' Makefile
