# SPDX-License-Identifier: GPL-2.0-only
#
# What a tree has in tools/testing/selftests/kvm, built by its own makefile there.
# Run in that directory, which is not written to:
#
#	make -C TREE/tools/testing/selftests/kvm -f THIS OUTPUT=DIR UAPI=DIR GOAL
#
# GOAL selftests: all programs that are tests of x86, where that makefile has them below
# OUTPUT, but for irq_test, which is about VFIO's devices.  GOAL libkvm: libkvm and two of the
# tree's tests.  It leaves in OUTPUT: libkvm.a; libkvm.cflags, the options that whatever is linked
# with it needs (guest code is ordinary code of the program, and the guest has no libc), with
# HAVE_* for include/guest/libkvm.h; guest_print_test and x86_64/userspace_io_test.

# The tree's makefile takes the uAPI headers from there; it has no option for it.
override INSTALL_HDR_PATH := $(UAPI)/usr
override KHDR_INCLUDES := -isystem $(UAPI)/usr/include
# Of no use without a device that VFIO has; and more than a tree may hold (tools/tree.sh).
override LIBVFIO_O :=
override LDLIBS := -ldl

include Makefile

POOL := $(dir $(abspath $(firstword $(MAKEFILE_LIST))))ucall_pool.h
KSELFTESTS := $(abspath $(CURDIR)/..)
# Newer trees call it x86.
X86 := $(notdir $(firstword $(wildcard include/x86 include/x86_64)))

.PHONY: libkvm selftests
.DEFAULT_GOAL := libkvm
# Functions of which a program has no use are left out of it (build.mk).
CFLAGS += -ffunction-sections -fdata-sections

libkvm: $(OUTPUT)/libkvm.a $(OUTPUT)/libkvm.cflags \
	$(OUTPUT)/guest_print_test $(OUTPUT)/$(X86)/userspace_io_test

selftests: $(filter-out %/irq_test,$(TEST_GEN_PROGS))

# Our tests have few vCPUs; the tree's may have as many as there are.
ifeq ($(MAKECMDGOALS),libkvm)
$(OUTPUT)/lib/ucall_common.o: $(POOL)
$(OUTPUT)/lib/ucall_common.o: CFLAGS += -include kvm_util.h -include $(POOL)
endif

$(OUTPUT)/libkvm.a: $(LIBKVM_OBJS)
	rm -f $@
	$(AR) rcs $@ $^

# The include paths are relative to this directory; those written here are not, and
# keep their order.  As system headers they get by without our warnings.
$(OUTPUT)/libkvm.cflags: $(firstword $(MAKEFILE_LIST)) $(wildcard include/*.h include/$(X86)/*.h)
	printf '%s\n' \
		'$(filter-out -I% . .. ../rseq -isystem $(UAPI)/% -MD -MP -Wall -Wno-% -std=%,$(CFLAGS))' \
		'-isystem $(abspath $(LINUX_TOOL_INCLUDE))' \
		'-isystem $(abspath $(LINUX_TOOL_ARCH_INCLUDE))' \
		'-isystem $(UAPI)/usr/include' \
		'-isystem $(CURDIR)/include' \
		'-isystem $(CURDIR)/include/$(X86)' \
		'-isystem $(KSELFTESTS)' > $@.new
	$(foreach h,$(HAVE),$(call probe,$(word 1,$(subst :, ,$h)),$(word 2,$(subst :, ,$h))) && \
		echo '-DHAVE_$(word 1,$(subst :, ,$h))' >> $@.new;) true
	mv $@.new $@

# NAME:EXPRESSION, of which the compiler knows the size where the tree has it.
HAVE := GVA_T:gva_t VM_ALLOC:&vm_alloc_page VM_UNUSED_GVA_GAP:&vm_unused_gva_gap \
	VM_GET_PTE:&vm_get_pte KVM_RNG:kvm_rng VM_MMU:((struct\tkvm_vm*)0)->mmu.pgd \
	POST_CREATE_VCPUS:(kvm_arch_vm_post_create(0,0),0)
probe = printf '\#include "kvm_util.h"\n\#include "processor.h"\nint size[sizeof($(2))];\n' | \
	$(CC) -std=gnu11 -w $$(cat $@.new) -fsyntax-only -x c - 2> /dev/null
