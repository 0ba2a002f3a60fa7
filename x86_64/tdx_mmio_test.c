// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<#VE.RequestMMIO>: accesses to what is no memory, by which a guest that has
 * got #VE asks its VMM to emulate a device.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"

#define LEAF		GHCI_VE_REQUEST_MMIO
#define READ		GHCI_MMIO_READ
#define WRITE		GHCI_MMIO_WRITE

/* No memory, and no device of the kernel's. */
#define DEVICE		0xd0000000ull
/* Bits of GPAs; the highest that a TD's width has is the shared bit. */
#define BIT_OF(nr)	(1ull << (nr))
#define SHARED_48	BIT_OF(47)
#define SHARED_52	BIT_OF(51)

/* No byte twice, none of them 0, with and without sign. */
#define DATA		0x8765432191a2b3c4ull

static uint64_t low_bytes(uint64_t value, unsigned int size)
{
	return size < sizeof(value) ? value & ((1ull << 8 * size) - 1) : value;
}

static bool start(struct tdvmcall_vm *v, unsigned int gpaw)
{
	const char *missing = td_vm_gpaw_missing(gpaw);

	if (missing) {
		check_skip("%s", missing);
		return false;
	}
	tdvmcall_vm_create(v, gpaw, 1);
	return true;
}

/* ---- the exits and their answers ---- */

COCO_FIXTURE(mmio);
FIXTURE_VARIANT(mmio)
{
	struct check_row row;
	bool read;
	unsigned int gpaw;
	uint64_t gpa;			/* without the shared bit */
	bool memory;			/* of a page that the TD has instead */
	bool immediate;			/* KVM_RUN with immediate_exit between exit and answer */
	bool scribbled;			/* the VMM writes to the exit's fields */
};

#define MMIO_ROW(name, req, gpaw_, gpa_, ...)					\
	FIXTURE_VARIANT_ADD(mmio, name)						\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_RAX, REQ_TDX_KEPT),			\
		.gpaw = gpaw_, .gpa = gpa_, __VA_ARGS__				\
	};

MMIO_ROW(write, REQ_TDX_MMIO_WRITE, 48, DEVICE)
MMIO_ROW(read, REQ_TDX_MMIO_READ, 48, DEVICE, .read = true)
MMIO_ROW(write_across_pages, REQ_TDX_MMIO_WRITE, 48, DEVICE + 0xfff)
MMIO_ROW(read_unaligned, REQ_TDX_MMIO_READ, 48, DEVICE + 0x1003, .read = true)
MMIO_ROW(write_highest, REQ_TDX_MMIO_GPA, 48, SHARED_48 - 8)
MMIO_ROW(read_above_4_gib, REQ_TDX_MMIO_GPA, 48, 0x123456789abcull, .read = true)
MMIO_ROW(write_gpaw_52, REQ_TDX_MMIO_GPA, 52, SHARED_52 - 8)
MMIO_ROW(read_gpaw_52_bit_47, REQ_TDX_MMIO_GPA, 52, SHARED_48 | DEVICE, .read = true)
MMIO_ROW(write_to_memory, REQ_TDX_MMIO_MEMORY, 48, 0, .memory = true)
MMIO_ROW(read_of_memory, REQ_TDX_MMIO_MEMORY, 48, 0, .memory = true, .read = true)
MMIO_ROW(write_fields_overwritten, REQ_TDX_MMIO_FIELDS, 48, DEVICE, .scribbled = true)
MMIO_ROW(read_fields_overwritten, REQ_TDX_MMIO_FIELDS, 48, DEVICE, .read = true,
	 .scribbled = true)
MMIO_ROW(write_immediate_exit, REQ_TDX_VMM_IMMEDIATE, 48, DEVICE, .immediate = true)
MMIO_ROW(read_immediate_exit, REQ_TDX_VMM_IMMEDIATE, 48, DEVICE, .read = true, .immediate = true)

/* KVM_RUN up to the exit. */
static bool expect_mmio_exit(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t gpa,
			     unsigned int size, bool read)
{
	const struct kvm_run *run = v->vcpu->run;
	const uint64_t data = DATA;

	if (!EXPECT_REQ_EXIT(req, v->vcpu, KVM_EXIT_MMIO) ||
	    !EXPECT_REQ_EQ(req, "mmio.is_write", !read, run->mmio.is_write, &names_bool) ||
	    !EXPECT_REQ_EQ(req, "mmio.len", size, run->mmio.len, &names_count))
		return false;
	if (!read)
		EXPECT_REQ_BYTES(req, "mmio.data", &data, run->mmio.data, size);
	return EXPECT_REQ_EQ(REQ_TDX_MMIO_GPA, "mmio.phys_addr", gpa, run->mmio.phys_addr,
			     &names_gpa);
}

/* As if it had been a longer access, at another place, in the other direction. */
static void scribble(struct kvm_run *run)
{
	run->mmio.phys_addr = 0;
	run->mmio.len = 0x1000;
	run->mmio.is_write ^= 1;
}

COCO_TEST_F(mmio, exit_and_answer)
{
	static const unsigned int sizes[] = { 1, 2, 4, 8 };
	const bool read = variant->read;
	struct tdvmcall_vm v;
	struct kvm_run *run;
	unsigned int i;
	uint64_t gpa;

	if (!start(&v, variant->gpaw))
		return;
	run = v.vcpu->run;
	gpa = variant->memory ? v.buffer.gpa : variant->gpa;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const unsigned int size = sizes[i];
		const uint64_t data = ~DATA;

		/* A read has no data of the guest: R15 says nothing. */
		tdvmcall_prepare(&v, LEAF, size, read ? READ : WRITE, gpa | v.td->shared_bit, DATA);
		if (!expect_mmio_exit(variant->memory ? REQ_TDX_MMIO_MEMORY :
				      read ? REQ_TDX_MMIO_READ : REQ_TDX_MMIO_WRITE,
				      &v, gpa, size, read))
			return;
		/* More than was asked for. */
		memcpy(run->mmio.data, &data, sizeof(data));
		if (variant->scribbled)
			scribble(run);
		if (variant->immediate) {
			run->immediate_exit = 1;
			if (!expect_tdx_eintr(REQ_TDX_VMM_IMMEDIATE, &v))
				return;
			run->immediate_exit = 0;
			/* Too late to change the answer. */
			memset(run->mmio.data, 0xee, sizeof(data));
		}
		if (!expect_tdvmcall_answer(check_main_req(), &v, GHCI_SUCCESS))
			return;
		if (read)
			EXPECT_REQ_EQ(check_main_req(), "R11, the data", low_bytes(data, size),
				      v.req->out.gpr[TD_R11], &names_value);
	}
	EXPECT_REQ_FILL(REQ_TDX_MMIO_MEMORY, "the TD's memory", 0, v.buffer.hva, v.buffer.size);
	tdvmcall_vm_free(&v);
}

/* ---- no exit ---- */

#define MAX_BAD	8

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	unsigned int gpaw;
	struct {
		uint64_t size, direction, gpa;	/* gpa: with the shared bit, where it is set */
	} bad[MAX_BAD];
	unsigned int nr;
};

#define GPA	(SHARED_48 | DEVICE)

FIXTURE_VARIANT_ADD(refused, size)
{
	COCO_ROW(NULL, REQ_TDX_MMIO_SIZE, REQ_TDX_RAX, REQ_TDX_KEPT), .gpaw = 48,
	.bad = {
		{ 0, READ, GPA }, { 0, WRITE, GPA }, { 3, READ, GPA }, { 7, WRITE, GPA },
		{ 9, READ, GPA }, { 16, READ, GPA }, { 0x101, WRITE, GPA }, { 0x10008, READ, GPA },
	},
	.nr = 8,
};

FIXTURE_VARIANT_ADD(refused, direction)
{
	COCO_ROW(NULL, REQ_TDX_MMIO_DIRECTION, REQ_TDX_RAX, REQ_TDX_KEPT), .gpaw = 48,
	.bad = {
		{ 1, 2, GPA }, { 2, 3, GPA }, { 4, 4, GPA }, { 8, 0x100, GPA }, { 8, 0x101, GPA },
		{ 4, 0x10001, GPA }, { 4, 0xffffffff, GPA },
	},
	.nr = 7,
};

FIXTURE_VARIANT_ADD(refused, size_beyond_32_bits)
{
	COCO_ROW(NULL, REQ_TDX_MMIO_64_BITS), .gpaw = 48,
	.bad = {
		{ BIT_OF(32) | 1, READ, GPA }, { BIT_OF(32) | 4, WRITE, GPA },
		{ BIT_OF(63) | 8, READ, GPA }, { 0xffffffff00000002, WRITE, GPA },
	},
	.nr = 4,
};

FIXTURE_VARIANT_ADD(refused, direction_beyond_32_bits)
{
	COCO_ROW(NULL, REQ_TDX_MMIO_64_BITS), .gpaw = 48,
	.bad = {
		{ 1, BIT_OF(32) | READ, GPA }, { 4, BIT_OF(32) | WRITE, GPA },
		{ 8, BIT_OF(63) | WRITE, GPA },
	},
	.nr = 3,
};

FIXTURE_VARIANT_ADD(refused, private)
{
	COCO_ROW(NULL, REQ_TDX_MMIO_PRIVATE, REQ_TDX_RAX, REQ_TDX_KEPT), .gpaw = 48,
	.bad = {
		{ 1, READ, DEVICE }, { 8, WRITE, DEVICE }, { 4, READ, 0 }, { 4, WRITE, 0 },
		{ 8, READ, SHARED_48 - 8 }, { 2, WRITE, BIT_OF(46) },
	},
	.nr = 6,
};

FIXTURE_VARIANT_ADD(refused, private_gpaw_52)
{
	COCO_ROW(NULL, REQ_TDX_MMIO_PRIVATE), .gpaw = 52,
	.bad = {
		{ 1, READ, DEVICE }, { 8, WRITE, SHARED_48 | DEVICE }, { 4, READ, SHARED_52 - 4 },
	},
	.nr = 3,
};

/* Begins or ends where the shared bit is clear. */
FIXTURE_VARIANT_ADD(refused, other_side)
{
	COCO_ROW(NULL, REQ_TDX_MMIO_BOTH), .gpaw = 48,
	.bad = {
		{ 2, READ, SHARED_48 - 1 }, { 8, WRITE, SHARED_48 - 4 },
		{ 2, READ, 2 * SHARED_48 - 1 }, { 8, WRITE, 2 * SHARED_48 - 7 },
		{ 8, READ, -1ull }, { 4, WRITE, -3ull },
	},
	.nr = 6,
};

FIXTURE_VARIANT_ADD(refused, beyond_the_width)
{
	COCO_ROW(NULL, REQ_TDX_MMIO_WIDTH), .gpaw = 48,
	.bad = {
		{ 4, READ, BIT_OF(48) | GPA }, { 4, WRITE, BIT_OF(51) | GPA },
		{ 8, READ, BIT_OF(52) | GPA }, { 1, WRITE, BIT_OF(63) | GPA }, { 8, READ, -8ull },
	},
	.nr = 5,
};

FIXTURE_VARIANT_ADD(refused, beyond_the_width_gpaw_52)
{
	COCO_ROW(NULL, REQ_TDX_MMIO_WIDTH), .gpaw = 52,
	.bad = {
		{ 4, READ, BIT_OF(52) | SHARED_52 | DEVICE },
		{ 1, WRITE, BIT_OF(63) | SHARED_52 | DEVICE },
	},
	.nr = 2,
};

COCO_TEST_F(refused, answer)
{
	struct tdvmcall_vm v;
	unsigned int i;

	if (!start(&v, variant->gpaw))
		return;
	for (i = 0; i < variant->nr; i++) {
		const uint64_t size = variant->bad[i].size, direction = variant->bad[i].direction;

		tdvmcall_prepare(&v, LEAF, size, direction, variant->bad[i].gpa, DATA);
		if (!expect_tdvmcall_answer(check_main_req(), &v, GHCI_INVALID_OPERAND) ||
		    check_failed()) {
			check_note("that was size 0x%lx, direction 0x%lx, GPA 0x%lx", size,
				   direction, variant->bad[i].gpa);
			break;
		}
	}
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
