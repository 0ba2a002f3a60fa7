// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expectations of page state changes.
 */
#include <linux/kvm_para.h>

#include "kvm_util.h"

#include "check/expect.h"
#include "check/run.h"
#include "snp/psc_check.h"

/* args[2] */
#define ATTR_SIZE		0xfull
#define ATTR_PRIVATE		(1ull << 4)

/* flags of the exit: the uAPI's KVM_EXIT_HYPERCALL_LONG_MODE */
#define FLAG_LONG_MODE		(1ull << 0)

static const struct value_name map_attr[] = {
	{ 0, "shared" },
	{ ATTR_PRIVATE, "private" },
	{}
};

static const struct value_name map_size[] = {
	{ PSC_SIZE_4K, "4 KiB" },
	{ PSC_SIZE_2M, "2 MiB" },
	{}
};

static const struct value_name hypercall[] = {
	{ KVM_HC_MAP_GPA_RANGE, "KVM_HC_MAP_GPA_RANGE" },
	{}
};

static const struct value_name psc_msr[] = {
	{ GHCB_MSR_PSC_REQ, "page state change request" },
	{ GHCB_MSR_PSC_RESP, "page state change answer" },
	{}
};

static const struct value_names
	names_map_attr = { .other = "undefined", .names = map_attr },
	names_map_size = { .other = "undefined", .names = map_size },
	names_hypercall = { .other = "another hypercall", .names = hypercall },
	names_psc_msr = { .other = "undefined", .names = psc_msr },
	names_entry = { .other = "entry" };

bool psc_vm_start(struct psc_vm *v, bool enabled)
{
	psc_vm_create(v, enabled);
	return EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v->vcpu, PSC_STAGE_READY);
}

/* The buffer while the guest waits for the VMM. */
static const struct psc_buffer *psc_pending(const struct psc_vm *v)
{
	const struct ghcb *ghcb = v->ghcb.hva;

	return (const struct psc_buffer *)(ghcb->shared_buffer + v->req->offset);
}

bool expect_psc_exit(enum requirement_nr req, enum requirement_nr size_req,
		     const struct psc_vm *v, const struct psc_exit *wanted)
{
	struct kvm_run *run = v->vcpu->run;
	uint64_t attr;

	if (!EXPECT_REQ_EXIT(req, v->vcpu, KVM_EXIT_HYPERCALL))
		return false;
	attr = run->hypercall.args[2];
	EXPECT_REQ_EQ(REQ_PSC_EXIT_NR, "hypercall.nr", KVM_HC_MAP_GPA_RANGE, run->hypercall.nr,
		      &names_hypercall);
	EXPECT_REQ_EQ(req, "args[0]", wanted->gfn << 12, run->hypercall.args[0], &names_gpa);
	EXPECT_REQ_EQ(req, "args[1]", wanted->npages, run->hypercall.args[1], &names_pages);
	EXPECT_REQ_EQ(REQ_PSC_EXIT_VIEW, "args[2], bits 63:4",
		      wanted->op == PSC_OP_PRIVATE ? ATTR_PRIVATE : 0, attr & ~ATTR_SIZE,
		      &names_map_attr);
	EXPECT_REQ_EQ(size_req, "args[2], bits 3:0", wanted->size, attr & ATTR_SIZE,
		      &names_map_size);
	EXPECT_REQ_EQ(REQ_PSC_EXIT_RET, "hypercall.ret", 0, run->hypercall.ret, &names_errno);
	EXPECT_REQ_EQ(REQ_PSC_EXIT_FLAGS, "hypercall.flags, but long mode", 0,
		      run->hypercall.flags & ~FLAG_LONG_MODE, &names_value);
	run->hypercall.ret = wanted->ret;
	return true;
}

bool expect_psc_nae_exit(enum requirement_nr req, enum requirement_nr size_req,
			 const struct psc_vm *v, const struct psc_exit *wanted)
{
	if (!expect_psc_exit(req, size_req, v, wanted))
		return false;
	EXPECT_REQ_EQ(REQ_PSC_CUR_ENTRY, "cur_entry at the exit", wanted->cur_entry,
		      psc_pending(v)->cur_entry, &names_entry);
	return true;
}

void expect_psc_answer(enum requirement_nr req, const struct psc_vm *v, uint64_t info_2,
		       uint16_t cur_entry)
{
	const struct psc_buffer *asked = &v->req->buffer, *got = &v->req->answer.buffer;
	const uint8_t *bitmap = v->req->answer.valid_bitmap;
	unsigned int i;
	char what[40];

	EXPECT_REQ_EQ(REQ_PSC_INFO_1, "SW_EXITINFO1", GHCB_INFO1_OK, v->req->answer.exit_info_1,
		      &names_info_1);
	EXPECT_REQ_EQ(req, "SW_EXITINFO2", info_2, v->req->answer.exit_info_2, &names_psc);
	EXPECT_REQ_TRUE(REQ_GHCB_VALID_BITS, "SW_EXITINFO2 is marked valid",
			ghcb_bit_is_valid(bitmap, GHCB_VALID_BIT(sw_exit_info_2)));
	EXPECT_REQ_EQ(REQ_PSC_CUR_ENTRY, "cur_entry in the answer", cur_entry, got->cur_entry,
		      &names_entry);
	EXPECT_REQ_EQ(REQ_PSC_KEPT, "end_entry", asked->end_entry, got->end_entry, &names_entry);
	EXPECT_REQ_EQ(REQ_PSC_KEPT, "reserved bits of the header", asked->reserved, got->reserved,
		      &names_value);

	for (i = 0; i < PSC_MAX_ENTRIES; i++) {
		uint64_t entry = asked->entries[i];
		bool done = i >= asked->cur_entry && i < cur_entry;

		snprintf(what, sizeof(what), "entry %u, bits 63:12", i);
		if (!EXPECT_REQ_EQ(REQ_PSC_KEPT, what, entry >> 12, got->entries[i] >> 12,
				   &names_value))
			break;
		if (done && PSC_ENTRY_OP(entry) != PSC_OP_PRIVATE &&
		    PSC_ENTRY_OP(entry) != PSC_OP_SHARED)
			continue;
		snprintf(what, sizeof(what), "entry %u, cur_page", i);
		if (!EXPECT_REQ_EQ(REQ_PSC_CUR_PAGE, what,
				   done ? PSC_ENTRY_PAGES(entry) : PSC_ENTRY_CUR_PAGE(entry),
				   PSC_ENTRY_CUR_PAGE(got->entries[i]), &names_pages))
			break;
	}
}

void expect_psc_msr_answer(enum requirement_nr req, const struct psc_vm *v, bool error)
{
	uint64_t answer = v->req->answer.msr;

	EXPECT_REQ_EQ(req, "answer in the GHCB MSR, bits 11:0", GHCB_MSR_PSC_RESP,
		      GHCB_MSR_INFO(answer), &names_psc_msr);
	EXPECT_REQ_EQ(req, "answer in the GHCB MSR, bits 31:12", 0, (uint32_t)answer >> 12,
		      &names_value);
	if (error)
		EXPECT_REQ_TRUE(req, "answer in the GHCB MSR, bit 63", answer & GHCB_MSR_PSC_ERR);
	else
		EXPECT_REQ_EQ(req, "answer in the GHCB MSR, bits 63:32", 0, answer >> 32,
			      &names_value);
}
