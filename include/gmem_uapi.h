/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_memfd that the VMM maps, and whose pages it converts where they are.
 * Source: api.rst of Linux 7.0 (KVM_CREATE_GUEST_MEMFD); proposed: "guest_memfd: In-place
 * conversion support", v8 of 2026-06-18 (KVM_SET_MEMORY_ATTRIBUTES2).
 */
#ifndef GMEM_UAPI_H
#define GMEM_UAPI_H

#include <linux/kvm.h>
#include <linux/types.h>

/* flags of KVM_CREATE_GUEST_MEMFD */
#define GMEM_FLAG_MMAP		(1ull << 0)
#define GMEM_FLAG_INIT_SHARED	(1ull << 1)

/* Of a guest_memfd. */
struct gmem_attributes {
	__u64 offset;
	__u64 size;
	__u64 attributes;		/* KVM_MEMORY_ATTRIBUTE_* */
	__u64 flags;
	__u64 error_offset;		/* out */
	__u64 reserved[11];
};

#define GMEM_SET_ATTRIBUTES	_IOWR(KVMIO, 0xd2, struct gmem_attributes)

_Static_assert(sizeof(struct gmem_attributes) == 128, "16 words");

#endif
