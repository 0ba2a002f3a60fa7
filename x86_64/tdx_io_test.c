// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<Instruction.IO>: IN and OUT, which are the VMM's as of any other guest.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"

#define LEAF		GHCI_INSTRUCTION_IO
/* Not the one of ucall. */
#define PORT		0x4321

/* No byte twice, none of them 0, with and without sign. */
#define DATA		0x8765432191a2b3c4ull

static uint64_t low_bytes(uint64_t value, unsigned int size)
{
	return size < sizeof(value) ? value & ((1ull << 8 * size) - 1) : value;
}

/* KVM_RUN up to the exit; its data, or NULL. */
static void *expect_io_exit(enum requirement_nr req, struct tdvmcall_vm *v, bool in,
			    unsigned int size, uint16_t port)
{
	struct kvm_run *run = v->vcpu->run;

	if (!EXPECT_REQ_EXIT(req, v->vcpu, KVM_EXIT_IO))
		return NULL;
	if (!EXPECT_REQ_EQ(req, "io.port", port, run->io.port, &names_value) ||
	    !EXPECT_REQ_EQ(req, "io.direction", in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT,
			   run->io.direction, &names_value) ||
	    !EXPECT_REQ_EQ(req, "io.size", size, run->io.size, &names_count) ||
	    !EXPECT_REQ_EQ(req, "io.count", 1, run->io.count, &names_count))
		return NULL;
	return (char *)run + run->io.data_offset;
}

/* ---- the exits and their answers ---- */

COCO_FIXTURE(io);
FIXTURE_VARIANT(io)
{
	struct check_row row;
	bool in;
	uint16_t port;
	bool immediate;			/* KVM_RUN with immediate_exit between exit and answer */
	bool ignored;			/* by the VMM */
	bool scribbled;			/* the VMM writes to the exit's fields */
};

FIXTURE_VARIANT_ADD(io, out)
{
	COCO_ROW(NULL, REQ_TDX_IO_OUT, REQ_TDX_RAX, REQ_TDX_KEPT), .port = PORT,
};

FIXTURE_VARIANT_ADD(io, in)
{
	COCO_ROW(NULL, REQ_TDX_IO_IN, REQ_TDX_RAX, REQ_TDX_KEPT), .in = true, .port = PORT,
};

FIXTURE_VARIANT_ADD(io, out_port_0)
{
	COCO_ROW(NULL, REQ_TDX_IO_OUT), .port = 0,
};

FIXTURE_VARIANT_ADD(io, in_port_0xffff)
{
	COCO_ROW(NULL, REQ_TDX_IO_IN), .in = true, .port = 0xffff,
};

FIXTURE_VARIANT_ADD(io, in_ignored)
{
	COCO_ROW(NULL, REQ_TDX_IO_IGNORED), .in = true, .port = PORT, .ignored = true,
};

FIXTURE_VARIANT_ADD(io, in_fields_overwritten)
{
	COCO_ROW(NULL, REQ_TDX_IO_FIELDS), .in = true, .port = PORT, .scribbled = true,
};

FIXTURE_VARIANT_ADD(io, out_fields_overwritten)
{
	COCO_ROW(NULL, REQ_TDX_IO_FIELDS), .port = PORT, .scribbled = true,
};

FIXTURE_VARIANT_ADD(io, in_immediate_exit)
{
	COCO_ROW(NULL, REQ_TDX_VMM_IMMEDIATE, REQ_TDX_IO_IN), .in = true, .port = PORT,
	.immediate = true,
};

FIXTURE_VARIANT_ADD(io, out_immediate_exit)
{
	COCO_ROW(NULL, REQ_TDX_VMM_IMMEDIATE, REQ_TDX_IO_OUT), .port = PORT, .immediate = true,
};

static const unsigned int sizes[] = { 1, 2, 4 };

/* As if it had been a larger access, at another place, in the other direction. */
static void scribble(struct kvm_run *run)
{
	run->io.direction ^= 1;
	run->io.size = 8;
	run->io.port = 1;
	run->io.count = 0x1000;
	run->io.data_offset = 0;
}

COCO_TEST_F(io, exit_and_answer)
{
	const bool in = variant->in;
	struct tdvmcall_vm v;
	unsigned int i;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const unsigned int size = sizes[i];
		/* An IN has no data of the guest: R15 says nothing. */
		const uint64_t read = variant->ignored ? 0 : low_bytes(~DATA, size);
		uint64_t data = DATA;
		void *at;

		tdvmcall_prepare(&v, LEAF, size, in ? GHCI_IO_READ : GHCI_IO_WRITE,
				 variant->port, DATA);
		at = expect_io_exit(in ? REQ_TDX_IO_IN : REQ_TDX_IO_OUT, &v, in, size,
				    variant->port);
		if (!at)
			return;
		if (!in)
			EXPECT_REQ_BYTES(REQ_TDX_IO_OUT, "the bytes of the OUT", &data, at, size);
		if (in && !variant->ignored) {
			/* More than was asked for. */
			data = ~DATA;
			memcpy(at, &data, sizeof(data));
		}
		if (variant->scribbled)
			scribble(v.vcpu->run);
		if (variant->immediate) {
			v.vcpu->run->immediate_exit = 1;
			if (!expect_tdx_eintr(REQ_TDX_VMM_IMMEDIATE, &v))
				return;
			v.vcpu->run->immediate_exit = 0;
			/* Too late to change the answer. */
			if (in)
				memset(at, 0xee, sizeof(data));
		}
		if (!expect_tdvmcall_answer(check_main_req(), &v, GHCI_SUCCESS))
			return;
		if (in)
			EXPECT_REQ_EQ(check_main_req(), "R11, the data", read,
				      v.req->out.gpr[TD_R11], &names_value);
	}
	tdvmcall_vm_free(&v);
}

/* ---- no exit ---- */

#define MAX_BAD	8

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	struct {
		uint64_t size, direction, port;
	} bad[MAX_BAD];
	unsigned int nr;
};

#define READ	GHCI_IO_READ
#define WRITE	GHCI_IO_WRITE

FIXTURE_VARIANT_ADD(refused, size)
{
	COCO_ROW(NULL, REQ_TDX_IO_SIZE, REQ_TDX_RAX, REQ_TDX_KEPT),
	.bad = {
		{ 0, READ, PORT }, { 0, WRITE, PORT }, { 3, WRITE, PORT }, { 5, READ, PORT },
		{ 8, READ, PORT }, { 8, WRITE, PORT }, { 16, READ, PORT }, { 0x1000, WRITE, PORT },
	},
	.nr = 8,
};

FIXTURE_VARIANT_ADD(refused, size_beyond_8_and_32_bits)
{
	COCO_ROW(NULL, REQ_TDX_IO_SIZE),
	.bad = {
		{ 0x101, READ, PORT }, { 0x104, WRITE, PORT }, { 0x10001, WRITE, PORT },
		{ 1ull << 32 | 1, READ, PORT }, { 1ull << 32 | 4, WRITE, PORT },
		{ 1ull << 63 | 2, READ, PORT }, { -1ull, WRITE, PORT }, { -4ull, READ, PORT },
	},
	.nr = 8,
};

FIXTURE_VARIANT_ADD(refused, direction)
{
	COCO_ROW(NULL, REQ_TDX_IO_DIRECTION, REQ_TDX_RAX, REQ_TDX_KEPT),
	.bad = {
		{ 1, 2, PORT }, { 2, 3, PORT }, { 4, 0x100, PORT }, { 4, 0x10001, PORT },
		{ 1, 1ull << 32, PORT }, { 4, 1ull << 32 | WRITE, PORT },
		{ 2, 1ull << 63, PORT }, { 4, -1ull, PORT },
	},
	.nr = 8,
};

FIXTURE_VARIANT_ADD(refused, port_beyond_16_bits)
{
	COCO_ROW(NULL, REQ_TDX_IO_PORT),
	.bad = {
		{ 1, READ, 0x10000 }, { 4, WRITE, 0x10000 | PORT }, { 2, READ, 0x80000000 | PORT },
		{ 1, WRITE, 1ull << 32 | PORT }, { 4, READ, 1ull << 63 | PORT }, { 4, WRITE, -1ull },
	},
	.nr = 6,
};

COCO_TEST_F(refused, answer)
{
	struct tdvmcall_vm v;
	unsigned int i;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	for (i = 0; i < variant->nr; i++) {
		const uint64_t size = variant->bad[i].size, direction = variant->bad[i].direction;

		tdvmcall_prepare(&v, LEAF, size, direction, variant->bad[i].port, DATA);
		if (!expect_tdvmcall_answer(check_main_req(), &v, GHCI_INVALID_OPERAND) ||
		    check_failed()) {
			check_note("that was size 0x%lx, direction 0x%lx, port 0x%lx", size,
				   direction, variant->bad[i].port);
			break;
		}
	}
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
