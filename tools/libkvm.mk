# SPDX-License-Identifier: GPL-2.0-only
#
# libkvm and two tests of the default tree, built by the tree's own makefile.
# Run in the tree's tools/testing/selftests/kvm, which is not written to:
#
#	make -C TREE/tools/testing/selftests/kvm -f THIS OUTPUT=DIR UAPI=DIR libkvm
#
# Leaves in OUTPUT: libkvm.a; libkvm.cflags, the options that whatever is linked
# with it needs (guest code is ordinary code of the program, and the guest has no
# libc); guest_print_test and x86_64/userspace_io_test.

# The tree's makefile takes the uAPI headers from there; it has no option for it.
override INSTALL_HDR_PATH := $(UAPI)/usr
override KHDR_INCLUDES := -isystem $(UAPI)/usr/include

include Makefile

KSELFTESTS := $(abspath $(CURDIR)/..)

.PHONY: libkvm
.DEFAULT_GOAL := libkvm
libkvm: $(OUTPUT)/libkvm.a $(OUTPUT)/libkvm.cflags \
	$(OUTPUT)/guest_print_test $(OUTPUT)/x86_64/userspace_io_test

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
