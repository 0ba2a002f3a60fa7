// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O (NAE event 0x7b) and memory-mapped I/O (0x80000001, 0x80000002), which
 * exit to the VMM as of any other guest, and the scratch area in the GHCB.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "guest/ucall.h"
#include "snp/ghcb_check.h"

/* Not the one of ucall. */
#define PORT		0x4321
/* No memory, and no device of the kernel's. */
#define MMIO_GPA	0xd0000000ull
#define BUFFER_SIZE	sizeof(((struct ghcb *)0)->shared_buffer)

/* What guest and VMM send each other: no byte twice, no sign, no zero. */
static uint8_t byte_of(unsigned int i)
{
	return 0x11 * (i % 7 + 1) + 0x80;
}

static void fill(void *to, size_t size)
{
	uint8_t *byte = to;
	size_t i;

	for (i = 0; i < size; i++)
		byte[i] = byte_of(i);
}

/* ---- port I/O ---- */

COCO_FIXTURE(io);
FIXTURE_VARIANT(io)
{
	struct check_row row;
	bool in;
	unsigned int size;		/* bytes */
};

FIXTURE_VARIANT_ADD(io, out_8)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_OUT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.size = 1,
};

FIXTURE_VARIANT_ADD(io, out_16)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_OUT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.size = 2,
};

FIXTURE_VARIANT_ADD(io, out_32)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_OUT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.size = 4,
};

FIXTURE_VARIANT_ADD(io, in_8)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_IN, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.in = true, .size = 1,
};

FIXTURE_VARIANT_ADD(io, in_16)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_IN, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.in = true, .size = 2,
};

FIXTURE_VARIANT_ADD(io, in_32)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_IN, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.in = true, .size = 4,
};

/* KVM_RUN up to the exit for @count elements; its data, or NULL. */
static void *expect_io(enum requirement_nr req, const struct ghcb_vm *v, bool in,
		       unsigned int size, unsigned int count)
{
	struct kvm_run *run = v->cpu[0].vcpu->run;

	if (!EXPECT_REQ_EXIT(req, v->cpu[0].vcpu, KVM_EXIT_IO))
		return NULL;
	if (!EXPECT_REQ_EQ(req, "io.port", PORT, run->io.port, &names_value) ||
	    !EXPECT_REQ_EQ(req, "io.direction", in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT,
			   run->io.direction, &names_value) ||
	    !EXPECT_REQ_EQ(req, "io.size", size, run->io.size, &names_count) ||
	    !EXPECT_REQ_EQ(req, "io.count", count, run->io.count, &names_count))
		return NULL;
	return (char *)run + run->io.data_offset;
}

COCO_TEST_F(io, exit)
{
	enum requirement_nr req = check_main_req();
	uint64_t wanted = 0;
	struct ghcb_step *step;
	struct ghcb_vm v;
	void *data;

	if (!ghcb_vm_start(&v))
		return;
	step = ghcb_add_event(&v, 0, GHCB_NAE_IOIO,
			      GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 |
			      GHCB_IOIO_SIZE(variant->size) | (variant->in ? GHCB_IOIO_IN : 0), 0);
	if (!variant->in) {
		fill(&wanted, sizeof(wanted));
		ghcb_set(&step->in, rax, wanted);
	}
	data = expect_io(req, &v, variant->in, variant->size, 1);
	if (!data)
		return;
	if (variant->in)
		fill(data, variant->size);
	else
		EXPECT_REQ_BYTES(req, "the bytes of the OUT", &wanted, data, variant->size);

	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) &&
	    EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, 0)) {
		if (variant->in) {
			fill(&wanted, variant->size);
			EXPECT_REQ_TRUE(req, "RAX is marked valid",
					ghcb_is_valid(&step->answer.page, rax));
			EXPECT_REQ_BYTES(req, "RAX", &wanted, &step->answer.page.rax,
					 variant->size);
		}
		EXPECT_GHCB_KEPT(step, 0, 0);
	}
	snp_vm_free(v.snp);
}

COCO_FIXTURE(string);
FIXTURE_VARIANT(string)
{
	struct check_row row;
	bool in;
	unsigned int size, count;	/* bytes, elements */
	unsigned int offset;		/* bytes: the scratch area in the shared buffer */
	bool no_room;			/* it is larger than what is left there */
};

FIXTURE_VARIANT_ADD(string, outs_8)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_OUT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.size = 1, .count = 5, .offset = 3,
};

FIXTURE_VARIANT_ADD(string, outs_16_full_buffer)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_OUT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.size = 2, .count = BUFFER_SIZE / 2,
};

FIXTURE_VARIANT_ADD(string, ins_8)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_INS, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.in = true, .size = 1, .count = 7, .offset = 9,
};

FIXTURE_VARIANT_ADD(string, ins_16)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_INS, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.in = true, .size = 2, .count = 3, .offset = BUFFER_SIZE - 6,
};

FIXTURE_VARIANT_ADD(string, ins_32_full_buffer)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_INS, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.in = true, .size = 4, .count = BUFFER_SIZE / 4,
};

FIXTURE_VARIANT_ADD(string, outs_past_the_buffer)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_SCRATCH, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.size = 4, .count = 2, .offset = BUFFER_SIZE - 4, .no_room = true,
};

FIXTURE_VARIANT_ADD(string, ins_past_the_buffer)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_IO_SCRATCH, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.in = true, .size = 1, .count = BUFFER_SIZE + 1, .no_room = true,
};

COCO_TEST_F(string, exit)
{
	unsigned int bytes = variant->size * variant->count;
	enum requirement_nr req = check_main_req();
	uint8_t wanted[BUFFER_SIZE];
	struct ghcb_step *step;
	struct ghcb_vm v;
	void *data;

	if (!ghcb_vm_start(&v))
		return;
	step = ghcb_add_event(&v, 0, GHCB_NAE_IOIO,
			      GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_REP |
			      GHCB_IOIO_STRING | GHCB_IOIO_SIZE(variant->size) |
			      (variant->in ? GHCB_IOIO_IN : 0), variant->count);
	ghcb_set(&step->in, sw_scratch, ghcb_buffer_gpa(&v, 0, variant->offset));
	fill(wanted, sizeof(wanted));
	if (!variant->no_room) {
		if (!variant->in)
			memcpy(step->in.shared_buffer + variant->offset, wanted, bytes);
		data = expect_io(req, &v, variant->in, variant->size, variant->count);
		if (!data)
			return;
		if (variant->in)
			memcpy(data, wanted, bytes);
		else
			EXPECT_REQ_BYTES(req, "the bytes of the OUTS", wanted, data, bytes);
	}
	if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return;
	if (variant->no_room) {
		EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_MALFORMED, GHCB_REASON_SCRATCH);
		EXPECT_GHCB_KEPT(step, 0, 0);
	} else if (EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, 0)) {
		if (variant->in)
			EXPECT_REQ_BYTES(req, "the scratch area", wanted,
					 step->answer.page.shared_buffer + variant->offset, bytes);
		EXPECT_GHCB_KEPT(step, variant->offset, variant->in ? bytes : 0);
	}
	snp_vm_free(v.snp);
}

/* Nothing to be done, or nothing that a CPU could mean: no exit, whatever else. */
COCO_FIXTURE(no_io);
FIXTURE_VARIANT(no_io)
{
	struct check_row row;
	bool string, rep;
	unsigned int nr;
	unsigned int size[6];		/* bytes */
	uint64_t count;
};

#define NO_IO_ROW(name, req, ...)							\
	FIXTURE_VARIANT_ADD(no_io, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY), __VA_ARGS__	\
	};

NO_IO_ROW(string_of_count_0, REQ_GHCB_NAE_IO_NONE,
	  .string = true, .rep = true, .nr = 3, .size = { 1, 2, 4 })
NO_IO_ROW(string_of_size_0, REQ_GHCB_NAE_IO_NONE, .string = true, .rep = true, .nr = 1, .count = 4)
NO_IO_ROW(string_of_nothing, REQ_GHCB_NAE_IO_NONE, .string = true, .nr = 1)
NO_IO_ROW(size_0, REQ_GHCB_NAE_IO_NONE, .nr = 1)
NO_IO_ROW(odd_sizes, REQ_GHCB_NAE_IO_SIZE, .nr = 4, .size = { 3, 5, 6, 7 })
NO_IO_ROW(string_of_odd_sizes, REQ_GHCB_NAE_IO_SIZE,
	  .string = true, .rep = true, .nr = 4, .size = { 3, 5, 6, 7 }, .count = 2)

static bool expect_no_io(struct ghcb_vm *v, const FIXTURE_VARIANT(no_io) *variant,
			 unsigned int size, bool in)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;

	ghcb_script_reset(v, 0);
	step = ghcb_add_event(v, 0, GHCB_NAE_IOIO,
			      GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_SIZE(size) |
			      (variant->rep ? GHCB_IOIO_REP : 0) |
			      (variant->string ? GHCB_IOIO_STRING : 0) |
			      (in ? GHCB_IOIO_IN : 0), variant->count);
	ghcb_set(&step->in, rax, 0);
	ghcb_set(&step->in, sw_scratch, ghcb_buffer_gpa(v, 0, 0));
	if (!EXPECT_REQ_SYNC(req, v->cpu[0].vcpu, GHCB_STAGE_ANSWERED)) {
		check_note("the size was %u, the count %lu", size, variant->count);
		return false;
	}
	if (step->answer.page.sw_exit_info_1 != GHCB_INFO1_OK)
		EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_MALFORMED, GHCB_REASON_INVALID_INPUT);
	return EXPECT_GHCB_KEPT(step, 0, 0);
}

COCO_TEST_F(no_io, no_exit)
{
	struct ghcb_vm v;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; i < variant->nr; i++)
		if (!expect_no_io(&v, variant, variant->size[i], false) ||
		    !expect_no_io(&v, variant, variant->size[i], true))
			return;
	snp_vm_free(v.snp);
}

COCO_FIXTURE(no_mmio);
FIXTURE_VARIANT(no_mmio)
{
	struct check_row row;
	uint64_t event;
	unsigned int offset;		/* of the scratch area in the GHCB's buffer */
};

#define NO_MMIO_ROW(name, event_, offset_)							\
	FIXTURE_VARIANT_ADD(no_mmio, name)							\
	{											\
		COCO_ROW(NULL, REQ_GHCB_NAE_MMIO_NONE, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),	\
		.event = event_, .offset = offset_,						\
	};

NO_MMIO_ROW(read, GHCB_NAE_MMIO_READ, 0)
NO_MMIO_ROW(write, GHCB_NAE_MMIO_WRITE, 0)
NO_MMIO_ROW(read_at_the_end, GHCB_NAE_MMIO_READ, BUFFER_SIZE)
NO_MMIO_ROW(write_at_the_end, GHCB_NAE_MMIO_WRITE, BUFFER_SIZE)

COCO_TEST_F(no_mmio, no_exit)
{
	const enum requirement_nr req = REQ_GHCB_NAE_MMIO_NONE;
	struct ghcb_step *step;
	struct ghcb_vm v;

	check_expect_splat("svm/sev.c");
	if (!ghcb_vm_start(&v))
		return;
	step = ghcb_add_event(&v, 0, variant->event, MMIO_GPA, 0);
	ghcb_set(&step->in, sw_scratch, ghcb_buffer_gpa(&v, 0, variant->offset));
	if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return;
	if (step->answer.page.sw_exit_info_1 != GHCB_INFO1_OK)
		EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_MALFORMED,
				   step->answer.page.sw_exit_info_2 == GHCB_REASON_SCRATCH ?
				   GHCB_REASON_SCRATCH : GHCB_REASON_INVALID_INPUT);
	EXPECT_REQ_QUIET(req, "WARNs", "svm/sev.c");
	if (EXPECT_GHCB_KEPT(step, 0, 0))
		snp_vm_free(v.snp);
}

/* Strings that no buffer takes: KVM_RUN fails, or the guest is told that they are bad. */
COCO_FIXTURE(too_long);
FIXTURE_VARIANT(too_long)
{
	struct check_row row;
	unsigned int size;
	uint64_t count;
};

#define TOO_LONG_ROW(name, size_, count_)						\
	FIXTURE_VARIANT_ADD(too_long, name)						\
	{										\
		COCO_ROW(NULL, REQ_GHCB_NAE_IO_LONG, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),	\
		.size = size_, .count = count_,						\
	};

TOO_LONG_ROW(count_31_bits, 1, 0x7fffffff)
TOO_LONG_ROW(bytes_of_32_bits, 4, 1ull << 30)
TOO_LONG_ROW(bytes_of_31_bits, 2, 1ull << 30)
TOO_LONG_ROW(count_32_bits, 1, 1ull << 31)
TOO_LONG_ROW(count_past_32_bits, 4, 1ull << 32)
TOO_LONG_ROW(count_64_bits, 4, 1ull << 63)
TOO_LONG_ROW(count_all_ones, 2, ~0ull)

COCO_TEST_F(too_long, not_done)
{
	enum requirement_nr req = REQ_GHCB_NAE_IO_LONG;
	struct ghcb_step *step;
	struct ghcb_vm v;
	int err;

	if (!ghcb_vm_start(&v))
		return;
	step = ghcb_add_event(&v, 0, GHCB_NAE_IOIO,
			      GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_REP |
			      GHCB_IOIO_STRING | GHCB_IOIO_SIZE(variant->size), variant->count);
	ghcb_set(&step->in, sw_scratch, ghcb_buffer_gpa(&v, 0, 0));
	err = check_run(v.cpu[0].vcpu);
	if (err) {
		EXPECT_REQ_EQ(req, "KVM_RUN", EINVAL, err, &names_errno);
	} else if (EXPECT_REQ_EQ(req, "io.port, of the guest's report", UCALL_PIO_PORT,
				 v.cpu[0].vcpu->run->io.port, &names_value)) {
		EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_MALFORMED, GHCB_REASON_SCRATCH);
		EXPECT_GHCB_KEPT(step, 0, 0);
	}
	snp_vm_free(v.snp);
}

/* ---- memory-mapped I/O ---- */

COCO_FIXTURE(mmio);
FIXTURE_VARIANT(mmio)
{
	struct check_row row;
	bool write;
	bool scribble;			/* the VMM writes mmio.data after a write */
	unsigned int offset[4];		/* of the scratch area, for 1, 2, 4 and 8 bytes */
};

FIXTURE_VARIANT_ADD(mmio, read)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MMIO_READ, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
};

FIXTURE_VARIANT_ADD(mmio, read_at_the_buffers_end)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MMIO_READ, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.offset = { BUFFER_SIZE - 1, BUFFER_SIZE - 2, BUFFER_SIZE - 4, BUFFER_SIZE - 8 },
};

FIXTURE_VARIANT_ADD(mmio, write)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MMIO_WRITE, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.write = true,
};

FIXTURE_VARIANT_ADD(mmio, write_at_odd_places)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MMIO_WRITE, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.write = true, .offset = { 1, 3, 5, BUFFER_SIZE - 9 },
};

FIXTURE_VARIANT_ADD(mmio, write_data_changed)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MMIO_WRITE_KEPT),
	.write = true, .scribble = true,
};

COCO_TEST_F(mmio, exit)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct kvm_run *run;
	struct ghcb_vm v;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	run = v.cpu[0].vcpu->run;
	for (i = 0; i < ARRAY_SIZE(variant->offset); i++) {
		uint64_t wanted = 0, gpa = MMIO_GPA + 0x1000 * i + 0x10, len = 1ull << i;
		uint8_t *scratch;

		ghcb_script_reset(&v, 0);
		step = ghcb_add_event(&v, 0, variant->write ? GHCB_NAE_MMIO_WRITE :
							      GHCB_NAE_MMIO_READ, gpa, len);
		ghcb_set(&step->in, sw_scratch, ghcb_buffer_gpa(&v, 0, variant->offset[i]));
		scratch = step->in.shared_buffer + variant->offset[i];
		fill(&wanted, len);
		if (variant->write)
			memcpy(scratch, &wanted, len);
		if (!EXPECT_REQ_EXIT(req, v.cpu[0].vcpu, KVM_EXIT_MMIO))
			return;
		EXPECT_REQ_EQ(req, "mmio.phys_addr", gpa, run->mmio.phys_addr, &names_gpa);
		EXPECT_REQ_EQ(req, "mmio.len", len, run->mmio.len, &names_count);
		EXPECT_REQ_EQ(req, "mmio.is_write", variant->write, run->mmio.is_write,
			      &names_bool);
		if (!variant->write)
			memcpy(run->mmio.data, &wanted, len);
		else if (variant->scribble)
			memset(run->mmio.data, 0xee, sizeof(run->mmio.data));
		else
			EXPECT_REQ_BYTES(req, "mmio.data", &wanted, run->mmio.data, len);

		if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) ||
		    !EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, 0))
			return;
		scratch = step->answer.page.shared_buffer + variant->offset[i];
		EXPECT_REQ_BYTES(req, "the scratch area", &wanted, scratch, len);
		EXPECT_GHCB_KEPT(step, variant->offset[i], len);
	}
	snp_vm_free(v.snp);
}

COCO_FIXTURE(mmio_refused);
FIXTURE_VARIANT(mmio_refused)
{
	struct check_row row;
	/* One after the other, as reads and as writes. */
	struct {
		uint64_t len, scratch;		/* SW_SCRATCH: relative to the GHCB's GPA */
		bool absolute;			/* it is not */
	} bad[8];
	uint64_t reason;
};

FIXTURE_VARIANT_ADD(mmio_refused, length)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MMIO_LEN, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.reason = GHCB_REASON_INVALID_INPUT,
	.bad = {
		{ 9, 0x800 }, { 16, 0x800 }, { 0x7f0, 0x800 }, { 0x1000, 0x800 },
		{ 1ull << 32 | 4, 0x800 }, { 1ull << 63, 0x800 }, { ~0ull, 0x800 },
	},
};

FIXTURE_VARIANT_ADD(mmio_refused, scratch_in_the_ghcb)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MMIO_SCRATCH, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.reason = GHCB_REASON_SCRATCH,
	.bad = {
		/* Before the shared buffer, past its end, and across both. */
		{ 8, 0 }, { 8, 0x390 }, { 1, 0x7ff }, { 8, 0x7fc }, { 8, 0xfec },
		{ 1, 0xff0 }, { 8, 0xff8 }, { 4, 0xffe },
	},
};

FIXTURE_VARIANT_ADD(mmio_refused, scratch_elsewhere)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MMIO_SCRATCH, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.reason = GHCB_REASON_SCRATCH,
	.bad = {
		/* The next page, the one before, none, no memory, and a wrap. */
		{ 8, 0x1000 }, { 8, -0x800ull }, { 8, 0, true }, { 8, MMIO_GPA, true },
		{ 8, 1ull << 63, true }, { 8, -4ull, true }, { 8, -8ull, true },
	},
};

COCO_TEST_F(mmio_refused, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	unsigned int i, write;
	struct ghcb_vm v;

	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; i < ARRAY_SIZE(variant->bad) && variant->bad[i].len; i++) {
		ghcb_script_reset(&v, 0);
		for (write = 0; write < 2; write++) {
			step = ghcb_add_event(&v, 0, write ? GHCB_NAE_MMIO_WRITE :
							     GHCB_NAE_MMIO_READ,
					      MMIO_GPA, variant->bad[i].len);
			ghcb_set(&step->in, sw_scratch, variant->bad[i].scratch +
				 (variant->bad[i].absolute ? 0 : v.cpu[0].ghcb.gpa));
		}
		if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED)) {
			check_note("length 0x%lx, SW_SCRATCH 0x%lx", variant->bad[i].len,
				   variant->bad[i].scratch);
			return;
		}
		for (write = 0; write < 2; write++) {
			step = &v.cpu[0].script->step[write];
			EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_MALFORMED, variant->reason);
			EXPECT_GHCB_KEPT(step, 0, 0);
		}
	}
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
