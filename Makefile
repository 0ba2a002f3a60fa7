# SPDX-License-Identifier: GPL-2.0-only
#
# What there is to make.  The rules that build are in tools/build.mk; two makes at
# once wait for each other there.
#
#	make [all]		build tests and in-process KVM under build/
#	make check		test the suite itself; SETUP=1 installs what is missing
#	make check-trees	run the suite on every kernel that Debian packages
#	make matrix		the same, and BUILD/matrix.html, which shows who meets what
#	make mutants		what no test notices: sev.c and tdx.c written otherwise, one place at a time
#	make coverage		their lines and branches that tests reach, for lcov
#	make bench		measure exits and round trips; RUNS=N times, beside BASE=CSV
#	make install INSTALL_PATH=DIR	beside a kernel's selftests, for its run_kselftest.sh
#	make install-doc	manual page and bash completion, to PREFIX (/usr/local)
#	make fuzz		sequences of exits and answers that libFuzzer makes; FUZZ=OPTIONS
#	make races		two threads of a VMM: search all pairs of calls, RACES=OPTIONS
#	make clean		remove build/
#
# Variables, on make's command line or in the environment:
#	BUILD=DIR		build elsewhere than in build/
#	KDIR=DIR		the kernel tree for check and bench, or debian:VERSION, one that
#				Debian packages (tools/tree.sh --list)
#	LIBKVM=PATH		kernel tree or tarball to take the selftests' library from,
#				where there is no linux-source-6.12
#	LLVM=1, CC=...		the compiler of the kernel under test
#	TESTS="NAME..."		of make check these tests; an unknown one lists all
#	MUTANTS_FILE=sev.c, MUTANTS_PATCH=FILE	of make mutants only that file, or what a patch touches
#	MUTANTS="OPTION..."	more for it: tools/mutants/run.sh
#	WRONG_KERNELS=each	all wrong kernels, as make check runs its part of them
#	WRONG_KERNELS=all	all wrong kernels, or WRONG_KERNELS="NAME..." these, with all
#				tests; the same with WRONG_MODELS
#	DATA_RACES=all		compile the kernel that TESTS=data_races searches
#	RACE_REPAIRS=all	take back upstream's repairs of races: TESTS=race_repairs
#	CLIENTS=all		all of the tree's selftests in TESTS=kvm_selftests
#	SETUP=1			install what is missing first, as root
#	UPDATE=1		with tools/check/harness_golden.sh: write the golden files anew

# A kernel tree's selftests have a target of their own here.
ifeq ($(origin OUTPUT),command line)
include tools/kselftest/kselftest.mk
else

# What is sorted and compared depends on no locale, nor on one that is not there.
export LC_ALL := C

# A path with a blank in it is two, and clean would remove both.
quote = '$(subst ','\'',$(1))'
BUILD ?= build
UNUSABLE := $(shell tools/path.sh checkout $(call quote,$(CURDIR)) \
	BUILD $(call quote,$(value BUILD)) \
	KDIR $(call quote,$(if $(filter debian:%,$(value KDIR)),,$(value KDIR))))
$(if $(UNUSABLE),$(error $(UNUSABLE)))
override BUILD := $(abspath $(BUILD))
export BUILD KDIR LIBKVM

.PHONY: all check check-trees matrix races fuzz mutants coverage bench install install-doc clean help setup

# What has to be installed for it, see tools/setup.sh.
all: PURPOSES := build
check-trees matrix races bench install: PURPOSES := build src unicorn
check: PURPOSES := build src unicorn check qualify fuzz
fuzz: PURPOSES := build src unicorn fuzz
mutants coverage: PURPOSES := build src unicorn mutants

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

fuzz: setup
	@tools/fuzz/run.sh $(FUZZ)

mutants: setup
	@tools/mutants/run.sh $(addprefix --file ,$(MUTANTS_FILE)) \
		$(if $(MUTANTS_PATCH),--patch $(call quote,$(MUTANTS_PATCH))) $(MUTANTS) $(TESTS)

coverage: setup
	@tools/mutants/run.sh --coverage $(MUTANTS) $(TESTS)

bench: setup
	@tools/build.sh all bench
	@tools/bench.sh

# TESTS is make check's.
install: setup
	@TESTS= tools/kselftest/install.sh "$(INSTALL_PATH)"

PREFIX ?= /usr/local
install-doc:
	mkdir -p "$(DESTDIR)$(PREFIX)/share/man/man1" \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions"
	tools/man.sh > "$(DESTDIR)$(PREFIX)/share/man/man1/run_tests.1"
	cp tools/completion.bash \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/run_tests.sh"

setup:
	@tools/setup.sh $(if $(filter 1,$(SETUP)),--install) $(PURPOSES)
	@$(if $(filter 1,$(SETUP)),tools/tree.sh --out "$(BUILD)" debian:newest > /dev/null || :)

clean:
	$(if $(filter $(BUILD)/%,$(CURDIR)/),$(error BUILD: $(BUILD) holds the sources))
	rm -rf "$(BUILD)"

help:
	@sed -n -e '/^[^#]/q' -e 's/^# \(Variables.*\)/\n\1/p' -e 's/^#\t/\t/p' Makefile
endif
