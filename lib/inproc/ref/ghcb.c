// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GHCB page (GHCB 2.0, "GHCB Format"): which events there are, what of a GHCB each needs
 * ("Supported Guest VM Exits"), what is wrong with one, and the answer.
 */
#include <errno.h>

#include "snp.h"

/* What is read, beside GHCB_RAX and its kin */
#define CPL		0x0cb
#define RSI		0x330
#define EXIT_CODE	0x390
#define EXIT_INFO_1	0x398
#define EXIT_INFO_2	0x3a0
#define SCRATCH		0x3a8
#define XCR0		0x3e8
#define VALID_BITMAP	0x3f0
#define VALID_BYTES	16
#define USAGE		0xffc

/* SW_EXITINFO1 of answers */
#define ANSWER_OK		0
#define ANSWER_EXCEPTION	1
#define ANSWER_MALFORMED	2

/* An event to inject as EVENTINJ has it (APM 2, section 15.20): valid, with an error code. */
#define INJECT_GP	(1u << 31 | 1u << 11 | 3u << 8 | 13)

#define NEED_RAX	(1u << 0)
#define NEED_RCX	(1u << 1)
#define NEED_RDX	(1u << 2)
#define NEED_CPL	(1u << 3)
#define NEED_SCRATCH	(1u << 4)
#define NEED_XCR0	(1u << 5)

static const struct {
	unsigned int need, offset;
} needed[] = {
	{ NEED_RAX, GHCB_RAX }, { NEED_RCX, GHCB_RCX }, { NEED_RDX, GHCB_RDX }, { NEED_CPL, CPL },
	{ NEED_SCRATCH, SCRATCH }, { NEED_XCR0, XCR0 },
};

#define NR_NEEDED	(sizeof(needed) / sizeof(needed[0]))

/* ---- what an event needs beside exit code and infos ---- */

#define XSAVE_LEAF	0xd
#define IOIO_IN		(1u << 0)
#define IOIO_STRING	(1u << 2)
#define AP_DESTROY	2

static unsigned int cpuid_needs(const struct ref_nae *nae)
{
	return NEED_RAX | NEED_RCX | ((uint32_t)nae->rax == XSAVE_LEAF ? NEED_XCR0 : 0);
}

static unsigned int io_needs(const struct ref_nae *nae)
{
	if (nae->info_1 & IOIO_STRING)
		return NEED_SCRATCH;
	return nae->info_1 & IOIO_IN ? 0 : NEED_RAX;
}

static unsigned int msr_needs(const struct ref_nae *nae)
{
	return NEED_RCX | (nae->info_1 ? NEED_RAX | NEED_RDX : 0);
}

static unsigned int ap_creation_needs(const struct ref_nae *nae)
{
	return (uint32_t)nae->info_1 == AP_DESTROY ? 0 : NEED_RAX;
}

/* ---- events ---- */

/* What a host that never stops at the instruction need not do. */
static long nothing(struct ref_vcpu *vcpu)
{
	return ghcb_done(vcpu, 0);
}

static long nmi_complete(struct ref_vcpu *vcpu)
{
	vcpu->snp.nmi_masked = false;
	return ghcb_done(vcpu, 0);
}

static long features(struct ref_vcpu *vcpu)
{
	return ghcb_done(vcpu, GHCB_FEATURES);
}

static long terminate(struct ref_vcpu *vcpu)
{
	return snp_terminated(vcpu, vcpu->snp.nae.gpa);
}

static long hold(struct ref_vcpu *vcpu)
{
	return snp_hold(vcpu, false);
}

/* "Unsupported NAE event": the guest has met what it cannot do, and must not go on. */
static long unsupported(struct ref_vcpu *vcpu)
{
	inproc_diag("a guest cannot handle its #VC of code 0x%llx",
		    (unsigned long long)vcpu->snp.nae.info_1);
	return -EINVAL;
}

static const struct event {
	uint64_t code;
	unsigned int needs;
	unsigned int (*needs_of)(const struct ref_nae *nae);
	long (*serve)(struct ref_vcpu *vcpu);
} events[] = {
	{ 0x27, 0, NULL, nothing },				/* DR7 read */
	{ 0x37, NEED_RAX, NULL, nothing },			/* DR7 write */
	{ 0x6e, 0, NULL, nae_rdtsc },
	{ 0x6f, NEED_RCX, NULL, ghcb_inject_gp },		/* RDPMC: no counters */
	{ 0x72, 0, cpuid_needs, nae_cpuid },
	{ 0x76, 0, NULL, nothing },				/* INVD */
	{ 0x7b, 0, io_needs, nae_io },
	{ 0x7c, 0, msr_needs, nae_msr },
	{ 0x81, NEED_RAX | NEED_CPL, NULL, nae_vmmcall },
	{ 0x87, 0, NULL, nae_rdtsc },				/* RDTSCP */
	{ 0x89, 0, NULL, nothing },				/* WBINVD */
	{ 0x8a, NEED_RAX | NEED_RCX | NEED_RDX, NULL, nothing },	/* MONITOR */
	{ 0x8b, NEED_RAX | NEED_RCX, NULL, nothing },		/* MWAIT */
	{ 0x80000001, NEED_SCRATCH, NULL, nae_mmio },		/* read */
	{ 0x80000002, NEED_SCRATCH, NULL, nae_mmio },		/* write */
	{ 0x80000003, 0, NULL, nmi_complete },
	{ 0x80000004, 0, NULL, hold },
	{ 0x80000005, 0, NULL, nae_jump_table },
	{ 0x80000010, NEED_SCRATCH, NULL, nae_psc },
	{ 0x80000011, 0, NULL, nae_guest_request },
	{ 0x80000012, 0, NULL, nae_ext_guest_request },
	{ 0x80000013, 0, ap_creation_needs, nae_ap_creation },
	{ 0x8000fffd, 0, NULL, features },
	{ 0x8000fffe, 0, NULL, terminate },
	{ 0x8000ffff, 0, NULL, unsupported },
};

#define NR_EVENTS	(sizeof(events) / sizeof(events[0]))

static const struct event *find_event(uint64_t code)
{
	size_t i;

	for (i = 0; i < NR_EVENTS; i++)
		if (events[i].code == code)
			return &events[i];
	return NULL;
}

/* ---- reading ---- */

/* A byte's field, as CPL is, has the bit of the eight bytes that it lies in. */
static bool is_valid(const uint8_t *bitmap, unsigned int offset)
{
	return bitmap[offset / 64] & (1u << (offset / 8 % 8));
}

static uint64_t field(const uint8_t *page, const uint8_t *bitmap, unsigned int offset)
{
	uint64_t value;

	memcpy(&value, page + offset, sizeof(value));
	return is_valid(bitmap, offset) ? value : 0;
}

static void read_event(struct ref_nae *nae, const uint8_t *bitmap)
{
	const uint8_t *page = nae->page;

	nae->code = field(page, bitmap, EXIT_CODE);
	nae->info_1 = field(page, bitmap, EXIT_INFO_1);
	nae->info_2 = field(page, bitmap, EXIT_INFO_2);
	nae->scratch = field(page, bitmap, SCRATCH);
	nae->rax = field(page, bitmap, GHCB_RAX);
	nae->rbx = field(page, bitmap, GHCB_RBX);
	nae->has_rax = is_valid(bitmap, GHCB_RAX);
	nae->has_rbx = is_valid(bitmap, GHCB_RBX);
	nae->rcx = field(page, bitmap, GHCB_RCX);
	nae->rdx = field(page, bitmap, GHCB_RDX);
	nae->rsi = field(page, bitmap, RSI);
	nae->xcr0 = field(page, bitmap, XCR0);
	nae->cpl = is_valid(bitmap, CPL) ? page[CPL] : 0;
}

static bool has_all(const struct ref_nae *nae, const struct event *event, const uint8_t *bitmap)
{
	unsigned int needs, i;

	if (!is_valid(bitmap, EXIT_CODE) || !is_valid(bitmap, EXIT_INFO_1) ||
	    !is_valid(bitmap, EXIT_INFO_2))
		return false;
	needs = !event ? 0 : event->needs_of ? event->needs_of(nae) : event->needs;
	for (i = 0; i < NR_NEEDED; i++)
		if ((needs & needed[i].need) && !is_valid(bitmap, needed[i].offset))
			return false;
	return true;
}

/* Of several errors the guest is told the one that makes the others unknowable. */
long snp_vmgexit(struct ref_vcpu *vcpu)
{
	struct ref_nae *nae = &vcpu->snp.nae;
	uint8_t bitmap[VALID_BYTES];
	const struct event *event;
	uint32_t usage;

	memset(nae, 0, sizeof(*nae));
	nae->gpa = vcpu->snp.ghcb_msr;
	nae->page = inproc_gpa_to_hva(vcpu->host->vm, nae->gpa, false, NULL);
	/* There is no page to say anything in. */
	if (!nae->page)
		return REF_RESUME;

	memcpy(bitmap, nae->page + VALID_BITMAP, sizeof(bitmap));
	memset(nae->page + VALID_BITMAP, 0, sizeof(bitmap));
	memcpy(&usage, nae->page + USAGE, sizeof(usage));
	read_event(nae, bitmap);
	if (vcpu->snp.registered != nae->gpa)
		return ghcb_malformed(vcpu, GHCB_NOT_REGISTERED);
	if (usage)
		return ghcb_malformed(vcpu, GHCB_USAGE);
	event = find_event(nae->code);
	if (!has_all(nae, event, bitmap))
		return ghcb_malformed(vcpu, GHCB_MISSING_INPUT);
	if (!event)
		return ghcb_malformed(vcpu, GHCB_INVALID_EVENT);
	return event->serve(vcpu);
}

/* ---- the answer ---- */

static void write_field(struct ref_vcpu *vcpu, unsigned int offset, uint64_t value)
{
	unsigned char *page = vcpu->snp.nae.page;

	memcpy(page + offset, &value, sizeof(value));
	page[VALID_BITMAP + offset / 64] |= 1u << (offset / 8 % 8);
}

static long answer(struct ref_vcpu *vcpu, uint64_t info_1, uint64_t info_2)
{
	write_field(vcpu, EXIT_INFO_1, info_1);
	write_field(vcpu, EXIT_INFO_2, info_2);
	return REF_RESUME;
}

long ghcb_done(struct ref_vcpu *vcpu, uint64_t info_2)
{
	return answer(vcpu, ANSWER_OK, info_2);
}

long ghcb_malformed(struct ref_vcpu *vcpu, enum ghcb_error error)
{
	return answer(vcpu, ANSWER_MALFORMED, error);
}

long ghcb_inject_gp(struct ref_vcpu *vcpu)
{
	return answer(vcpu, ANSWER_EXCEPTION, INJECT_GP);
}

void ghcb_return(struct ref_vcpu *vcpu, enum ghcb_reg reg, uint64_t value)
{
	write_field(vcpu, reg, value);
}

void *ghcb_scratch(struct ref_vcpu *vcpu, uint64_t len)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	const uint64_t begin = nae->gpa + GHCB_BUFFER, end = nae->gpa + GHCB_BUFFER_END;

	if (nae->scratch < begin || nae->scratch > end || len > end - nae->scratch)
		return NULL;
	return nae->page + (nae->scratch - nae->gpa);
}
