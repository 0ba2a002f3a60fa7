# SPDX-License-Identifier: GPL-2.0-only
#
# The repository as a target of a kernel tree's selftests: a link to it, or a copy, in that tree's
# tools/testing/selftests, whose makefile calls this one (Makefile includes it) with OUTPUT.
#
#	ln -s ~/kvm-coco-selftests ~/src/linux/tools/testing/selftests/kvm-coco
#	make -C ~/src/linux/tools/testing/selftests TARGETS=kvm-coco run_tests
#
# The tests are built against that tree's libkvm, and run twice: each by itself on the machine's
# own KVM, which is skipped where that has neither SNP nor TDX; and all, by in_process.sh, on
# the tree's KVM in the process.  TESTS="NAME..." is some of them.  Nothing is written to the tree but by its own makefiles.

# A link's name is lost when make enters it.
KSELFTESTS := $(realpath $(dir $(firstword $(wildcard $(addsuffix /lib.mk,\
	$(CURDIR)/.. $(abspath $(OUTPUT)/..) $(SRC_PATH) $(PWD) $(KSELFTESTS))))))
$(if $(KSELFTESTS),,$(error no kselftest directory: run make in it, with TARGETS=kvm-coco))
TREE := $(abspath $(KSELFTESTS)/../../..)

# Two trees may have a link to one repository.
OUT := $(if $(filter $(realpath $(OUTPUT)),$(CURDIR)),\
	$(CURDIR)/build/kselftest/$(shell echo '$(TREE)' | sha256sum | cut -c1-12),$(abspath $(OUTPUT))/build)
OUT := $(strip $(OUT))
STAGE := $(OUT)/kselftest

# Those of lib.mk that are ready: to run, to install, to list.
NAMES := $(or $(TESTS),$(patsubst x86_64/%.c,%,$(wildcard x86_64/*_test.c)))
TEST_CUSTOM_PROGS := $(NAMES:%=$(STAGE)/%) $(STAGE)/in_process.sh
TEST_FILES := $(STAGE)/suite
EXTRA_CLEAN := $(OUT)
OVERRIDE_TARGETS := 1
override BUILD :=
export TESTS

.PHONY: stage
all: stage
include $(KSELFTESTS)/lib.mk

stage:
	@tools/kselftest/stage.sh "$(OUT)" "$(TREE)" \
		"$(patsubst %/usr/include,%,$(filter %/usr/include,$(KHDR_INCLUDES)))"
$(TEST_CUSTOM_PROGS): stage

# From the directory whose name the results have, and whose settings count.
$(eval run_tests_of_tree = $(value RUN_TESTS))
RUN_TESTS = cd "$(selfdir)/$(notdir $(OUTPUT))" && \
	{ $(run_tests_of_tree); }
