/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: the suite's own ground.  See ../requirements.h. */
#ifndef REQUIREMENTS_SUITE_H
#define REQUIREMENTS_SUITE_H

#define REQUIREMENTS_SUITE(REQUIREMENT)								\
	/* the suite's own ground */								\
	REQUIREMENT(KERNEL_NO_SPLAT, "KERNEL-NO-SPLAT", DOC_STYLE,				\
		"Do not crash the kernel",							\
		"the kernel neither WARNs nor BUGs")						\
	REQUIREMENT(LIBKVM_ASSERT, "LIBKVM-ASSERT", "kselftest KVM library",			\
		"assertions",									\
		"what libkvm and lib/vm assert of KVM holds")					\
	REQUIREMENT(GUEST_UCALL, "GUEST-UCALL", DOC_GHCB, "IOIO_PROT NAE event",		\
		"a string OUT by NAE event 0x7b reaches the VMM as KVM_EXIT_IO with its bytes")

#endif
