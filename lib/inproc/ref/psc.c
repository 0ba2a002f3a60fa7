// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page state changes (GHCB 2.0, "SNP Page State Change"): the guest wants pages private or
 * shared, and the VMM is asked for them (api.rst, KVM_CAP_EXIT_HYPERCALL).  Entries that follow
 * one another, of one operation and page size, are one question.
 */
#include <errno.h>
#include <linux/kvm_para.h>

#include "snp.h"

#define OP_PRIVATE	1
#define OP_SHARED	2

#define ANSWER_BAD_HEADER	0x100000001ull
#define ANSWER_BAD_ENTRY	0x100000002ull
#define ANSWER_GENERIC		0x10000000000ull

#define PAGES_4K	1u
#define PAGES_2M	512u

struct header {
	uint16_t cur_entry, end_entry;
	uint32_t reserved;
};

struct entry {
	unsigned int cur_page, op;
	uint64_t gfn, pages;		/* of 4 KiB */
};

static struct entry entry_at(const struct header *header, unsigned int i)
{
	uint64_t bits;

	memcpy(&bits, (const char *)(header + 1) + i * sizeof(bits), sizeof(bits));
	return (struct entry){
		.cur_page = bits & 0xfff,
		.gfn = bits >> 12 & 0xffffffffffull,
		.op = bits >> 52 & 0xf,
		.pages = bits >> 56 & 1 ? PAGES_2M : PAGES_4K,
	};
}

static void set_cur_page(struct header *header, unsigned int i, unsigned int pages)
{
	char *at = (char *)(header + 1) + i * sizeof(uint64_t);
	uint64_t bits;

	memcpy(&bits, at, sizeof(bits));
	bits = (bits & ~0xfffull) | pages;
	memcpy(at, &bits, sizeof(bits));
}

static bool is_known(const struct entry *e)
{
	return e->op == OP_PRIVATE || e->op == OP_SHARED;
}

static bool is_bad(const struct entry *e)
{
	return e->gfn % e->pages || e->cur_page > e->pages;
}

static uint64_t attributes(unsigned int op, uint64_t pages)
{
	return (op == OP_PRIVATE ? KVM_MAP_GPA_RANGE_ENCRYPTED : 0) |
	       (pages == PAGES_2M ? KVM_MAP_GPA_RANGE_PAGE_SZ_2M : KVM_MAP_GPA_RANGE_PAGE_SZ_4K);
}

/*
 * What the VMM said: 0, or -errno (KVM_RUN fails, and the exit is still to be answered, to
 * @again).
 */
static int read_answer(struct ref_vcpu *vcpu, bool *refused, long (*again)(struct ref_vcpu *))
{
	const uint64_t ret = vcpu->host->run->hypercall.ret;

	*refused = ret;
	if (!ret || ret == EINVAL || ret == EAGAIN)
		return 0;
	vcpu->complete = again;
	return -EINVAL;
}

/* ---- by the GHCB ---- */

static long answered(struct ref_vcpu *vcpu);

/* The entries from @first to @last that can be asked for together. */
static unsigned int group(const struct header *header, unsigned int first, unsigned int last,
			  uint64_t *pages)
{
	const struct entry e = entry_at(header, first);
	unsigned int i;

	*pages = e.pages - e.cur_page;
	/* What is left of a page is no page of that size, and nothing follows it. */
	for (i = first + 1; !e.cur_page && i <= last; i++) {
		const struct entry next = entry_at(header, i);

		if (next.op != e.op || next.pages != e.pages || next.cur_page ||
		    next.gfn != e.gfn + *pages)
			break;
		*pages += next.pages;
	}
	return i - first;
}

static long next_group(struct ref_vcpu *vcpu, struct header *header)
{
	unsigned int *at = &vcpu->snp.psc.at;

	for (; *at <= vcpu->snp.psc.end; header->cur_entry = ++*at) {
		const struct entry e = entry_at(header, *at);
		uint64_t pages;

		if (is_bad(&e))
			return ghcb_done(vcpu, ANSWER_BAD_ENTRY);
		if (!is_known(&e) || e.cur_page == e.pages)
			continue;
		vcpu->snp.psc.nr = group(header, *at, vcpu->snp.psc.end, &pages);
		return ref_ask_map(vcpu, (e.gfn + e.cur_page) << 12, pages,
				   attributes(e.op, e.cur_page ? PAGES_4K : e.pages), answered);
	}
	return ghcb_done(vcpu, 0);
}

static long answered(struct ref_vcpu *vcpu)
{
	struct header *header = ghcb_scratch(vcpu, sizeof(*header));
	bool refused;
	int r = read_answer(vcpu, &refused, answered);

	if (r)
		return r;
	if (refused)
		return ghcb_done(vcpu, ANSWER_GENERIC);
	for (; vcpu->snp.psc.nr; vcpu->snp.psc.nr--, header->cur_entry = ++vcpu->snp.psc.at)
		set_cur_page(header, vcpu->snp.psc.at, entry_at(header, vcpu->snp.psc.at).pages);
	return next_group(vcpu, header);
}

long nae_psc(struct ref_vcpu *vcpu)
{
	struct header *header = ghcb_scratch(vcpu, sizeof(*header));

	if (!header)
		return ghcb_malformed(vcpu, GHCB_SCRATCH);
	if (!vcpu->vm->exit_map_gpa)
		return ghcb_done(vcpu, ANSWER_GENERIC);
	/* The guest can change it meanwhile, and counts on nothing then. */
	vcpu->snp.psc.at = header->cur_entry;
	vcpu->snp.psc.end = header->end_entry;
	if (!ghcb_scratch(vcpu, sizeof(*header) + (vcpu->snp.psc.end + 1) * sizeof(uint64_t)))
		return ghcb_done(vcpu, ANSWER_BAD_HEADER);
	return next_group(vcpu, header);
}

/* ---- by the MSR: one page of 4 KiB ---- */

#define MSR_ANSWER	0x015
#define MSR_REFUSED	(1ull << 63)

static long msr_answer(struct ref_vcpu *vcpu, bool refused)
{
	vcpu->snp.ghcb_msr = (refused ? MSR_REFUSED : 0) | MSR_ANSWER;
	return REF_RESUME;
}

static long msr_answered(struct ref_vcpu *vcpu)
{
	bool refused;
	int r = read_answer(vcpu, &refused, msr_answered);

	return r ? r : msr_answer(vcpu, refused);
}

long psc_by_msr(struct ref_vcpu *vcpu)
{
	const struct entry e = {
		.gfn = vcpu->snp.ghcb_msr >> 12 & 0xffffffffffull,
		.op = vcpu->snp.ghcb_msr >> 52 & 0xf,
	};

	if (!vcpu->vm->exit_map_gpa || !is_known(&e))
		return msr_answer(vcpu, true);
	return ref_ask_map(vcpu, e.gfn << 12, 1, attributes(e.op, PAGES_4K), msr_answered);
}
