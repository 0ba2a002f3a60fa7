// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GHCB protocol of SEV-ES guests, as far as it differs from SNP guests': events that are
 * SNP's alone, and version 1, whose scratch areas lie anywhere in shared memory.
 */
#include <linux/kvm_para.h>

#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/ghcb_check.h"

#define PORT		0x1234
#define SLEEP_SPLAT	"sleeping function called from invalid context"
#define MMIO_GPA	0xfed00000ull	/* nothing is there */

static bool start(struct ghcb_vm *v, uint16_t version)
{
	ghcb_vm_create_es(v, 1, guest_ghcb_loop, version);
	snp_vm_launch(v->snp);
	return EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v->cpu[0].vcpu, GHCB_STAGE_READY);
}

/* ---- events of SNP guests ---- */

COCO_FIXTURE(snp_only);
FIXTURE_VARIANT(snp_only)
{
	struct check_row row;
	uint64_t event, info_1, info_2;
};

#define SNP_ONLY_ROW(name, event_, info_1_, info_2_)						\
	FIXTURE_VARIANT_ADD(snp_only, name)							\
	{											\
		COCO_ROW(NULL, REQ_GHCB_ERR_SNP_ONLY, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),	\
		.event = event_, .info_1 = info_1_, .info_2 = info_2_,				\
	};

SNP_ONLY_ROW(page_state_change, GHCB_NAE_PSC, 0, 0)
SNP_ONLY_ROW(guest_request, GHCB_NAE_GUEST_REQUEST, 0x1000, 0x2000)
SNP_ONLY_ROW(ext_guest_request, GHCB_NAE_EXT_GUEST_REQUEST, 0x1000, 0x2000)
SNP_ONLY_ROW(ap_create_on_init, GHCB_NAE_AP_CREATION, AP_INFO_1(AP_CREATE_ON_INIT, 0), 0x1000)
SNP_ONLY_ROW(ap_create, GHCB_NAE_AP_CREATION, AP_INFO_1(AP_CREATE, 0), 0x1000)
SNP_ONLY_ROW(ap_destroy, GHCB_NAE_AP_CREATION, AP_INFO_1(AP_DESTROY, 0), 0)

COCO_TEST_F(snp_only, refused)
{
	struct ghcb_step *step;
	struct ghcb_vm v;

	if (!start(&v, GHCB_PROTOCOL_VERSION))
		return;
	step = ghcb_add_event(&v, 0, variant->event, variant->info_1, variant->info_2);
	/* Nothing that the event needs is missing. */
	ghcb_set(&step->in, rax, 0);
	ghcb_set(&step->in, rbx, 0);
	ghcb_set(&step->in, sw_scratch, ghcb_buffer_gpa(&v, 0, 0));
	memset(step->in.shared_buffer, 0, sizeof(uint64_t));
	if (EXPECT_REQ_SYNC(REQ_GHCB_ERR_SNP_ONLY, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) &&
	    EXPECT_GHCB_ANSWER(REQ_GHCB_ERR_SNP_ONLY, step, GHCB_INFO1_MALFORMED,
			       GHCB_REASON_INVALID_EVENT) &&
	    EXPECT_GHCB_KEPT(step, 0, 0))
		snp_vm_free(v.snp);
}

/* The same of the MSR protocol: there is no way to say that, so that the guest ends. */
COCO_FIXTURE(snp_msr);
FIXTURE_VARIANT(snp_msr)
{
	struct check_row row;
	uint64_t msr;
};

#define SNP_MSR_ROW(name, info, data)								\
	FIXTURE_VARIANT_ADD(snp_msr, name)							\
	{											\
		COCO_ROW(NULL, REQ_GHCB_MSR_SNP_ONLY), .msr = GHCB_MSR(info, data),		\
	};

SNP_MSR_ROW(preferred_gpa, GHCB_MSR_PREF_GPA_REQ, 0)
SNP_MSR_ROW(register_gpa, GHCB_MSR_REG_GPA_REQ, 0x1000)
SNP_MSR_ROW(page_state_change, GHCB_MSR_PSC_REQ, 1ull << 40 | 0x1000)

COCO_TEST_F(snp_msr, ends)
{
	enum requirement_nr req = REQ_GHCB_MSR_SNP_ONLY;
	struct kvm_run *run;
	struct ghcb_vm v;

	if (!start(&v, GHCB_PROTOCOL_VERSION))
		return;
	vm_enable_cap(v.snp->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	run = v.cpu[0].vcpu->run;
	ghcb_add_msr(&v, 0, variant->msr);
	if (EXPECT_REQ_EXIT(req, v.cpu[0].vcpu, KVM_EXIT_SYSTEM_EVENT) &&
	    EXPECT_REQ_EQ(req, "system_event.type", KVM_SYSTEM_EVENT_SEV_TERM,
			  run->system_event.type, &names_system_event) &&
	    EXPECT_REQ_EQ(req, "system_event.data[0]", variant->msr, run->system_event.data[0],
			  &names_value))
		snp_vm_free(v.snp);
}

/* ---- what is wrong of any guest's GHCB ---- */

COCO_FIXTURE(input);
FIXTURE_VARIANT(input)
{
	struct check_row row;
	uint64_t event, reason;
	uint32_t usage;
	bool no_info;			/* SW_EXITINFO1 is not valid */
};

#define INPUT_ROW(name, req, event_, reason_, ...)						\
	FIXTURE_VARIANT_ADD(input, name)							\
	{											\
		COCO_ROW(NULL, req, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY), .event = event_,		\
		.reason = GHCB_REASON_##reason_, __VA_ARGS__					\
	};

INPUT_ROW(usage, REQ_GHCB_ERR_USAGE, GHCB_NAE_HV_FEATURES, USAGE, .usage = 1)
INPUT_ROW(missing_info, REQ_GHCB_ERR_MISSING, GHCB_NAE_HV_FEATURES, MISSING_INPUT, .no_info = true)
INPUT_ROW(missing_state, REQ_GHCB_ERR_MISSING_STATE, GHCB_NAE_CPUID, MISSING_INPUT)
INPUT_ROW(event, REQ_GHCB_ERR_EVENT, 0x80007fff, INVALID_EVENT)

COCO_TEST_F(input, refused)
{
	const unsigned int info = GHCB_VALID_BIT(sw_exit_info_1);
	struct ghcb_step *step;
	struct ghcb_vm v;

	if (!start(&v, GHCB_PROTOCOL_VERSION))
		return;
	step = ghcb_add_event(&v, 0, variant->event, 0, 0);
	step->in.ghcb_usage = variant->usage;
	if (variant->no_info)
		step->in.valid_bitmap[info / 8] &= ~(1u << info % 8);
	if (EXPECT_REQ_SYNC(check_main_req(), v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) &&
	    EXPECT_GHCB_ANSWER(check_main_req(), step, GHCB_INFO1_MALFORMED, variant->reason) &&
	    EXPECT_GHCB_KEPT(step, 0, 0))
		snp_vm_free(v.snp);
}

/* ---- scratch areas that are not in the GHCB ---- */

enum area { IN_BUFFER, OUTSIDE, NOWHERE };

COCO_FIXTURE(scratch);
FIXTURE_VARIANT(scratch)
{
	struct check_row row;
	uint16_t version;
	enum area area;
	bool mmio, read;
	unsigned int bytes;
};

#define SCRATCH_ROW(name, req, version_, area_, ...)					\
	FIXTURE_VARIANT_ADD(scratch, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_GHCB_V1_SCRATCH, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY), \
		.version = version_, .area = area_, __VA_ARGS__				\
	};

SCRATCH_ROW(v1_outs, REQ_GHCB_V1_SCRATCH, 1, OUTSIDE, .bytes = 24)
SCRATCH_ROW(v1_ins, REQ_GHCB_V1_SLEEP, 1, OUTSIDE, .read = true, .bytes = 24)
SCRATCH_ROW(v1_mmio_write, REQ_GHCB_V1_SCRATCH, 1, OUTSIDE, .mmio = true, .bytes = 8)
SCRATCH_ROW(v1_mmio_read, REQ_GHCB_V1_SLEEP, 1, OUTSIDE, .mmio = true, .read = true, .bytes = 8)
SCRATCH_ROW(v1_mmio_write_24, REQ_GHCB_V1_MMIO, 1, OUTSIDE, .mmio = true, .bytes = 24)
SCRATCH_ROW(v1_mmio_read_24, REQ_GHCB_V1_MMIO, 1, IN_BUFFER, .mmio = true, .read = true,
	    .bytes = 24)
SCRATCH_ROW(v1_outs_in_buffer, REQ_GHCB_V1_SCRATCH, 1, IN_BUFFER, .bytes = 24)
SCRATCH_ROW(v2_outs, REQ_GHCB_NAE_IO_SCRATCH, 2, OUTSIDE, .bytes = 24)
SCRATCH_ROW(v2_mmio_read, REQ_GHCB_NAE_MMIO_SCRATCH, 2, OUTSIDE, .mmio = true, .read = true,
	    .bytes = 8)

/* The exits for @bytes at @data, by 8 or all at once. */
static bool expect_exits(enum requirement_nr req, struct ghcb_vm *v, bool mmio, bool read,
			 uint8_t *data, unsigned int bytes)
{
	struct kvm_run *run = v->cpu[0].vcpu->run;
	unsigned int done, part;

	for (done = 0; done < bytes; done += part) {
		void *at = mmio ? (void *)run->mmio.data : NULL;

		part = mmio && bytes - done > 8 ? 8 : bytes - done;
		if (!EXPECT_REQ_EXIT(req, v->cpu[0].vcpu, mmio ? KVM_EXIT_MMIO : KVM_EXIT_IO))
			return false;
		if (mmio && (!EXPECT_REQ_EQ(req, "mmio.phys_addr", MMIO_GPA + done,
					    run->mmio.phys_addr, &names_value) ||
			     !EXPECT_REQ_EQ(req, "mmio.len", part, run->mmio.len, &names_value) ||
			     !EXPECT_REQ_EQ(req, "mmio.is_write", !read, run->mmio.is_write,
					    &names_bool)))
			return false;
		if (!mmio && !EXPECT_REQ_EQ(req, "io.size * io.count", bytes,
					    run->io.size * run->io.count, &names_value))
			return false;
		if (!mmio)
			at = (char *)run + run->io.data_offset;
		if (read)
			memcpy(at, data + done, part);
		else if (!EXPECT_REQ_BYTES(req, "the bytes", data + done, at, part))
			return false;
	}
	return true;
}

COCO_TEST_F(scratch, exit)
{
	const bool refused = variant->area == OUTSIDE && variant->version > 1;
	enum requirement_nr req = check_main_req() == REQ_GHCB_V1_SLEEP ? REQ_GHCB_V1_SCRATCH :
									  check_main_req();
	const unsigned int bytes = variant->bytes;
	struct ghcb_step *step;
	uint8_t data[32], *area;
	struct ghcb_vm v;
	unsigned int i;

	if (!start(&v, variant->version))
		return;
	/* What is read goes back when KVM enters the guest. */
	check_expect_splat(SLEEP_SPLAT);
	for (i = 0; i < bytes; i++)
		data[i] = 0x51 + i;
	if (variant->mmio)
		step = ghcb_add_event(&v, 0, variant->read ? GHCB_NAE_MMIO_READ :
							     GHCB_NAE_MMIO_WRITE, MMIO_GPA, bytes);
	else
		step = ghcb_add_event(&v, 0, GHCB_NAE_IOIO,
				      GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_REP |
				      GHCB_IOIO_STRING | GHCB_IOIO_SIZE_32 |
				      (variant->read ? GHCB_IOIO_IN : 0), bytes / 4);
	step->in.protocol_version = variant->version;
	if (variant->area == IN_BUFFER) {
		ghcb_set(&step->in, sw_scratch, ghcb_buffer_gpa(&v, 0, 8));
		area = step->in.shared_buffer + 8;
	} else {
		ghcb_set(&step->in, sw_scratch, v.other.gpa + 8);
		area = (uint8_t *)v.other.hva + 8;
	}
	memset(area, 0, bytes);
	if (!variant->read)
		memcpy(area, data, bytes);
	if (!refused && !expect_exits(req, &v, variant->mmio, variant->read, data, bytes))
		return;
	if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) ||
	    !EXPECT_GHCB_ANSWER(req, step, refused ? GHCB_INFO1_MALFORMED : GHCB_INFO1_OK,
				refused ? GHCB_REASON_SCRATCH : 0))
		return;
	EXPECT_REQ_QUIET(REQ_GHCB_V1_SLEEP, "copies to the guest where the kernel must not sleep", SLEEP_SPLAT);
	if (variant->area == IN_BUFFER)
		area = step->answer.page.shared_buffer + 8;
	if (variant->read && !refused)
		EXPECT_REQ_BYTES(req, "the scratch area", data, area, bytes);
	if (EXPECT_GHCB_KEPT(step, 8, variant->area == IN_BUFFER && variant->read ? bytes : 0))
		snp_vm_free(v.snp);
}

/* ---- scratch areas of version 1 at their limits ---- */

#define MAX_SCRATCH	(16 * 4096)

COCO_FIXTURE(limit);
FIXTURE_VARIANT(limit)
{
	struct check_row row;
	uint64_t gpa;			/* 0: the page for GHCBs */
	unsigned int bytes;
	int err;			/* of KVM_RUN; 0: SW_EXITINFO2 says why */
};

#define LIMIT_ROW(name, ...)								\
	FIXTURE_VARIANT_ADD(limit, name)						\
	{										\
		COCO_ROW(NULL, REQ_GHCB_V1_LIMIT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),	\
		__VA_ARGS__								\
	};

LIMIT_ROW(too_long, .bytes = MAX_SCRATCH + 4)
LIMIT_ROW(far_too_long, .bytes = 1u << 30)
LIMIT_ROW(wraps, .gpa = -4096ull, .bytes = 8192)
LIMIT_ROW(no_memory, .gpa = 0x7ffff000, .bytes = 8, .err = EFAULT)

COCO_TEST_F(limit, refused)
{
	struct ghcb_step *step;
	struct ghcb_vm v;

	if (!start(&v, 1))
		return;
	step = ghcb_add_event(&v, 0, GHCB_NAE_IOIO,
			      GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_REP |
			      GHCB_IOIO_STRING | GHCB_IOIO_SIZE_32, variant->bytes / 4);
	step->in.protocol_version = 1;
	ghcb_set(&step->in, sw_scratch, variant->gpa ?: v.other.gpa);
	if (variant->err) {
		if (EXPECT_REQ_RUN_ERRNO(REQ_GHCB_V1_LIMIT, v.cpu[0].vcpu, variant->err))
			snp_vm_free(v.snp);
		return;
	}
	if (EXPECT_REQ_SYNC(REQ_GHCB_V1_LIMIT, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) &&
	    EXPECT_GHCB_ANSWER(REQ_GHCB_V1_LIMIT, step, GHCB_INFO1_MALFORMED,
			       GHCB_REASON_SCRATCH) &&
	    EXPECT_GHCB_KEPT(step, 0, 0))
		snp_vm_free(v.snp);
}

/* As much as fits, of memory that is there: the largest exit that there can be. */
COCO_FIXTURE(longest);
FIXTURE_VARIANT(longest)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(longest, outs)
{
	COCO_ROW(NULL, REQ_GHCB_V1_SCRATCH, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
};

COCO_TEST_F(longest, exits)
{
	enum requirement_nr req = REQ_GHCB_V1_SCRATCH;
	struct shared_mem area;
	struct ghcb_step *step;
	unsigned int done, part;
	struct kvm_run *run;
	struct ghcb_vm v;

	(void)variant;
	ghcb_vm_create_es(&v, 1, guest_ghcb_loop, 1);
	area = snp_vm_alloc_shared(v.snp, MAX_SCRATCH / v.snp->vm->page_size);
	memset(area.hva, 0x5e, MAX_SCRATCH);
	snp_vm_launch(v.snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v.cpu[0].vcpu, GHCB_STAGE_READY))
		return;
	run = v.cpu[0].vcpu->run;
	step = ghcb_add_event(&v, 0, GHCB_NAE_IOIO,
			      GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_REP |
			      GHCB_IOIO_STRING | GHCB_IOIO_SIZE_32, MAX_SCRATCH / 4);
	step->in.protocol_version = 1;
	ghcb_set(&step->in, sw_scratch, area.gpa);
	/* A page at a time. */
	for (done = 0; done < MAX_SCRATCH; done += part) {
		if (!EXPECT_REQ_EXIT(req, v.cpu[0].vcpu, KVM_EXIT_IO))
			return;
		part = run->io.size * run->io.count;
		if (!EXPECT_REQ_EQ(req, "io.port", PORT, run->io.port, &names_value) ||
		    !EXPECT_REQ_TRUE(req, "as much is left as the exit is for",
				     part && part <= MAX_SCRATCH - done))
			return;
	}
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) &&
	    EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, 0) && EXPECT_GHCB_KEPT(step, 0, 0))
		snp_vm_free(v.snp);
}

COCO_MAIN(es_vm_missing)
