# SPDX-License-Identifier: GPL-2.0-only
#
# What a tree has in tools/testing/selftests/kvm, built by its own makefile there.
# Run in that directory, which is not written to:
#
#	make -C TREE/tools/testing/selftests/kvm -f THIS OUTPUT=DIR UAPI=DIR GOAL
#
# GOAL selftests: all programs that are tests of x86, where that makefile has them below
# OUTPUT, but for irq_test, which is about VFIO's devices.  GOAL libkvm: libkvm and two tests
# of the default tree.  It leaves in OUTPUT: libkvm.a; libkvm.cflags, the options that whatever is linked
# with it needs (guest code is ordinary code of the program, and the guest has no
# libc); guest_print_test and x86_64/userspace_io_test.

# The tree's makefile takes the uAPI headers from there; it has no option for it.
override INSTALL_HDR_PATH := $(UAPI)/usr
override KHDR_INCLUDES := -isystem $(UAPI)/usr/include
# Of no use without a device that VFIO has; and more than a tree may hold (tools/tree.sh).
override LIBVFIO_O :=
override LDLIBS := -ldl

include Makefile

KSELFTESTS := $(abspath $(CURDIR)/..)

.PHONY: libkvm selftests
.DEFAULT_GOAL := libkvm
libkvm: $(OUTPUT)/libkvm.a $(OUTPUT)/libkvm.cflags \
	$(OUTPUT)/guest_print_test $(OUTPUT)/x86_64/userspace_io_test

selftests: $(filter-out %/irq_test,$(TEST_GEN_PROGS))

$(OUTPUT)/libkvm.a: $(LIBKVM_OBJS)
	rm -f $@
	$(AR) rcs $@ $^

# The include paths are relative to this directory; those written here are not, and
# keep their order.  As system headers they get by without our warnings.
$(OUTPUT)/libkvm.cflags: $(firstword $(MAKEFILE_LIST))
	printf '%s\n' \
		'$(filter-out -I% . .. ../rseq -isystem $(UAPI)/% -MD -MP -Wall -std=%,$(CFLAGS))' \
		'-isystem $(abspath $(LINUX_TOOL_INCLUDE))' \
		'-isystem $(abspath $(LINUX_TOOL_ARCH_INCLUDE))' \
		'-isystem $(UAPI)/usr/include' \
		'-isystem $(CURDIR)/include' \
		'-isystem $(CURDIR)/include/x86_64' \
		'-isystem $(KSELFTESTS)' > $@
