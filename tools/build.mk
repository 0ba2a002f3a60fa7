# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the suite; tools/build.sh runs it, one at a time in a build directory.
#
#	all	tests and the in-process KVM
#	tests	tests, and libkvm with two of its own tests
#	unit	the programs that the suite's own tests run
#	bench	tools/bench.c
#	qualify	the steps of a qualification (tools/qualify)
#	fuzz	tools/fuzz
#	mutants	what writes a kernel source otherwise (tools/mutants)

ROOT := $(CURDIR)
BUILD ?= $(ROOT)/build
TREE := $(BUILD)/linux-source-6.12
SELFTESTS := $(TREE)/tools/testing/selftests
UAPI := $(BUILD)/uapi
LIBKVM := $(BUILD)/libkvm
OBJ := $(BUILD)/obj

# Each names its sources, relative to the repository, and their flags.
-include lib/inproc/Makefile.inc
-include lib/inproc/src/Makefile.inc
-include lib/inproc/ref/Makefile.inc

TESTS := $(basename $(wildcard x86_64/*_test.c))
UNITS := $(basename $(wildcard tools/check/*_unit.c))
FIXTURES := $(basename $(wildcard tools/check/fixtures/*.c))
BENCH := tools/bench
LIB := cases snp tdx vm check exits guest
LIB_SRCS := $(wildcard $(LIB:%=lib/%/*.c) lib/guest/*.S)
INPROC := $(if $(strip $(INPROC_SRCS)),$(addprefix $(BUILD)/inproc/libinproc-,src.so ref.so))

.PHONY: all tests unit bench fuzz mutants qualify
.DELETE_ON_ERROR:
.SECONDARY:

all: tests $(INPROC)
tests: $(addprefix $(BUILD)/,$(TESTS)) $(LIBKVM).stamp
unit: $(addprefix $(BUILD)/,$(UNITS) $(FIXTURES))
bench: $(addprefix $(BUILD)/,$(BENCH))
fuzz: $(BUILD)/tools/fuzz/fuzz
mutants: $(BUILD)/tools/mutants/mutate
qualify: $(BUILD)/tools/qualify/step

say = @printf '  %-6s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$@)'

# ---- from the default tree ----

# Nothing in them outlives a change of tree; an unpacked file's date is the
# package's, so dates alone would not tell.
$(UAPI).stamp: $(TREE).stamp
	$(call say,UAPI)
	rm -rf $(UAPI) $(LIBKVM)
	$(MAKE) -C $(TREE) O=$(UAPI) ARCH=x86 headers > /dev/null
	touch $@

# The makefile there sets CC and the flags itself.
$(LIBKVM).stamp: $(UAPI).stamp tools/libkvm.mk tools/ucall_pool.h
	$(call say,LIBKVM)
	mkdir -p $(LIBKVM)
	$(MAKE) -C $(SELFTESTS)/kvm -f $(ROOT)/tools/libkvm.mk ARCH=x86 \
		OUTPUT=$(LIBKVM) UAPI=$(UAPI) libkvm > /dev/null
	touch $@

# ---- tests: what is linked with libkvm ----

WARNINGS := -Wall -Wextra
LIB_OBJS := $(addprefix $(OBJ)/,$(addsuffix .o,$(basename $(LIB_SRCS))))
# Only a shell can read it: make parses this before libkvm is built.
LIBKVM_CFLAGS = $$(cat $(LIBKVM)/libkvm.cflags)

$(OBJ)/%.o: %.c $(LIBKVM).stamp tools/build.mk
	$(call say,CC)
	mkdir -p $(@D)
	$(CC) -std=gnu11 $(LIBKVM_CFLAGS) $(WARNINGS) -MD -MP -Iinclude -c $< -o $@

$(OBJ)/%.o: %.S tools/build.mk
	$(call say,AS)
	mkdir -p $(@D)
	$(CC) -MD -MP -Iinclude -c $< -o $@

# Our objects come before the library: {guest,exits}/ucall.c replace its ucall.o.  A guest has a
# copy of all that is loaded, whose pages are encrypted and measured one by one: what the program
# does not use is left out.
$(BUILD)/%: $(OBJ)/%.o $(LIB_OBJS) $(LIBKVM).stamp tools/libkvm.map
	$(call say,LD)
	mkdir -p $(@D)
	$(CC) -no-pie -pthread -Wl,--gc-sections,--wrap=test_assert \
		-Wl,--version-script=tools/libkvm.map \
		-o $@ $(filter %.o,$^) $(LIBKVM)/libkvm.a -ldl $(LDLIBS)

# Who trusts a report, or hashes what firmware does; not for all tests, since libcrypto takes its
# time to load.
ATTEST_OBJS := $(patsubst %.c,$(OBJ)/%.o,$(wildcard lib/attest/*.c))
ATTEST_TESTS := $(addprefix $(BUILD)/x86_64/,snp_attestation_test snp_launch_digest_test \
	tdx_attestation_test tdx_measure_test)
$(ATTEST_TESTS): $(ATTEST_OBJS)
$(ATTEST_TESTS): LDLIBS = -lcrypto

# ---- qualification ----

QUALIFY_OBJS := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tools/qualify/*.c))
$(BUILD)/tools/qualify/step: $(QUALIFY_OBJS)
$(BUILD)/tools/qualify/step: LDLIBS = -lnuma

# ---- in-process KVM ----

PIC := $(BUILD)/pic
# The lists of sources and flags; the tests do not depend on them.
INPROC_MAKEFILES := tools/build.mk $(wildcard lib/inproc/Makefile.inc lib/inproc/src/Makefile.inc \
	lib/inproc/ref/Makefile.inc)
INPROC_OBJS := $(INPROC_SRCS:%.c=$(PIC)/%.o)
INPROC_SRC_OBJS := $(INPROC_SRC_SRCS:%.c=$(PIC)/%.o)
INPROC_REF_OBJS := $(INPROC_REF_SRCS:%.c=$(PIC)/%.o)

# With the tree's uAPI headers: the distribution's may be older than SNP.
PIC_CFLAGS := -std=gnu11 -O2 -g -fPIC -pthread $(WARNINGS) -MD -MP \
	-isystem $(UAPI)/usr/include -Iinclude -Ilib/inproc

$(PIC)/%.o: %.c $(UAPI).stamp $(INPROC_MAKEFILES)
	$(call say,CC)
	mkdir -p $(@D)
	$(CC) $(PIC_CFLAGS) $(FLAGS) -c $< -o $@

$(PIC)/lib/inproc/%.o: FLAGS = $(INPROC_CFLAGS)
$(PIC)/lib/inproc/src/%.o: FLAGS = $(INPROC_SRC_CFLAGS)
$(PIC)/lib/inproc/ref/%.o: FLAGS = $(INPROC_REF_CFLAGS)

# Exactly one platform is linked into each.
$(BUILD)/inproc/libinproc-src.so: $(INPROC_SRC_OBJS)
$(BUILD)/inproc/libinproc-ref.so: $(INPROC_REF_OBJS)
$(INPROC): $(INPROC_OBJS) lib/inproc/export.map
	$(call say,LD)
	mkdir -p $(@D)
	$(CC) -pthread $(INPROC_LDFLAGS) -o $@ $(filter %.o,$^) $(INPROC_LDLIBS)

# ---- the engines by themselves ----

ENGINE_UNITS := $(filter tools/check/engine_%,$(UNITS))
ENGINE_UNIT_OBJS := $(filter $(PIC)/lib/inproc/engine/% $(PIC)/lib/inproc/base/real.o, \
		$(filter-out %/td_measure.o %/fw_guest.o %/fw_id.o %/fw_message.o %/fw_report.o,$(INPROC_OBJS))) \
	$(OBJ)/tools/check/engine_guest.o

$(addprefix $(BUILD)/,$(ENGINE_UNITS)): $(ENGINE_UNIT_OBJS)
$(addprefix $(BUILD)/,$(ENGINE_UNITS)): LDLIBS = $(INPROC_LDLIBS)
$(OBJ)/tools/check/engine_%.o: WARNINGS += -Ilib/inproc $(filter -DHAVE_%,$(INPROC_CFLAGS))

# ---- sequences that libFuzzer makes ----

# Of several the newest.
LIBFUZZER = $(lastword $(wildcard \
	/usr/lib/clang/*/lib/*linux*/libclang_rt.fuzzer_no_main*.a \
	/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-x86_64.a))
FUZZ_OBJS := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tools/fuzz/*.c))

$(BUILD)/tools/fuzz/fuzz: $(FUZZ_OBJS) $(LIB_OBJS) $(LIBKVM).stamp
	$(call say,LD)
	mkdir -p $(@D)
	$(CC) -no-pie -pthread -Wl,--wrap=test_assert -o $@ $(filter %.o,$^) $(LIBKVM)/libkvm.a \
		$(LIBFUZZER) -lstdc++ -lm -ldl

# ---- mutants ----

# Of several the newest; the first is where Fedora has it.
LIBCLANG = $(lastword $(wildcard /usr/include/clang-c/Index.h /usr/lib/llvm-*/include/clang-c/Index.h))
MUTATE_SRCS := $(wildcard tools/mutants/*.c)

$(BUILD)/tools/mutants/mutate: $(MUTATE_SRCS) tools/mutants/mutate.h
	$(call say,LD)
	mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 $(WARNINGS) $(LIBCLANG:%/clang-c/Index.h=-I%) -o $@ $(MUTATE_SRCS) \
		$(LIBCLANG:%/include/clang-c/Index.h=-L%/lib) -lclang

# ---- the search for data races by itself ----

$(BUILD)/tools/check/data_race_unit: $(PIC)/lib/inproc/src/sched/access.o
$(OBJ)/tools/check/data_race_unit.o: WARNINGS += -Ilib/inproc

-include $(patsubst %.o,%.d,$(LIB_OBJS) $(ATTEST_OBJS) $(QUALIFY_OBJS) $(INPROC_OBJS) $(INPROC_SRC_OBJS) \
	$(INPROC_REF_OBJS) $(FUZZ_OBJS) \
	$(foreach p,$(TESTS) $(UNITS) $(FIXTURES) $(BENCH),$(OBJ)/$(p).o))
