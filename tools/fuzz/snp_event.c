// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMGEXITs of bytes: requests of the MSR protocol, and NAE events in GHCBs, most of them such as
 * a guest makes, all of them such as one can make (AMD 56421).
 */
#include <string.h>

#include "guest/psc.h"
#include "kvm_util.h"
#include "snp.h"
#include "snp_abi.h"

#define PICK(...)	({							\
	const uint64_t picked[] = { __VA_ARGS__ };				\
	fuzz_pick(picked, sizeof(picked) / sizeof(picked[0]));			\
})

static uint64_t any(void)
{
	return PICK(0, 1, 2, 3, 4, 5, 7, 8, 0xd, 0x10, 0xff, 0x100, 0x1000, 0xffffffff, 0x80000000,
		    0x100000000, 1ull << 51, 1ull << 63, ~0ull, 0x7fffffffffffffff);
}

static uint64_t gpa(void)
{
	const uint64_t pages = snp_vm.pages.gpa;

	return PICK(pages, pages + 0x1000, pages + 0x2000, pages + 0x3000, pages + 0x2800,
		    pages + 0xfff, 0, 0x1000, 0xfffff000, 1ull << 47, ~0ull << 12);
}

static uint64_t gfn(void)
{
	return PICK(PSC_PAGES_2M, PSC_PAGES_2M + 1, 0, 1, 0x12345, 0xffffffffffull, 0xfffffffe00ull,
		    snp_vm.pages.gpa >> 12);
}

void *snp_memory(uint64_t gpa)
{
	const struct shared_mem *m = &snp_vm.pages;

	return gpa >= m->gpa && gpa < m->gpa + m->size ? (char *)m->hva + (gpa - m->gpa) : NULL;
}

static void set(struct snp_event *e, enum snp_field field, uint64_t value)
{
	e->field[field] = value;
	e->valid |= 1u << field;
}

/* ---- what each event has ---- */

static void info(struct snp_event *e)
{
	set(e, SNP_INFO_1, any());
	set(e, SNP_INFO_2, any());
}

static void scratch(struct snp_event *e)
{
	const uint64_t buffer = (e->msr & ~0xfffull) + offsetof(struct ghcb, shared_buffer);

	set(e, SNP_SCRATCH, PICK(buffer, buffer, buffer, buffer + 8, buffer + 2024, buffer + 2032,
				 buffer - 8, buffer + 2031, snp_vm.pages.gpa + 0x3000, 0, ~7ull));
}

static void io(struct snp_event *e)
{
	set(e, SNP_INFO_1, GHCB_IOIO_PORT(fuzz_bytes(2)) |
	    PICK(0x10, 0x20, 0x40, 0x11, 0x21, 0x41, 0x1d, 0x15, 0x2d, 0x4c, 0x14, 0, 0x70));
	set(e, SNP_INFO_2, PICK(1, 2, 3, 8, 253, 508, 1016, 2032, 2033, 0, 0x7fffffff, 1ull << 32));
	set(e, SNP_RAX, any());
	scratch(e);
}

static void mmio(struct snp_event *e)
{
	set(e, SNP_INFO_1, PICK(0xfed00000, 0xe0000ffe, 0x1fffffffff000, snp_vm.pages.gpa, ~0ull));
	set(e, SNP_INFO_2, PICK(1, 2, 4, 8, 3, 5, 6, 7, 0, 9, 2032, ~0ull));
	scratch(e);
}

static void msr(struct snp_event *e)
{
	set(e, SNP_INFO_1, PICK(0, 1));
	set(e, SNP_INFO_2, 0);
	set(e, SNP_RCX, PICK(0x10, 0x1b, 0x1a0, 0x174, 0x277, 0xc0000080, 0xc0000081, 0xc0000103,
			     0xc0010015, 0xc0010130, 0x802, 0x830, 0x4b564d00, 0x12345678));
	set(e, SNP_RAX, any());
	set(e, SNP_RDX, any());
}

static void cpuid(struct snp_event *e)
{
	info(e);
	set(e, SNP_RAX, PICK(0, 1, 7, 0xb, 0xd, 0x80000000, 0x8000001f, 0x40000000, 0x8fffffff));
	set(e, SNP_RCX, PICK(0, 1, 2, 0xff));
	set(e, SNP_XCR0, PICK(1, 3, 7));
}

static void vmmcall(struct snp_event *e)
{
	info(e);
	set(e, SNP_RAX, PICK(12, 1, 5, 9, 10, 11));
	set(e, SNP_CPL, PICK(0, 0, 3) & 0xff);
	set(e, SNP_RBX, gpa());
	set(e, SNP_RCX, PICK(1, 2, 512, 0, ~0ull, 1ull << 40));
	set(e, SNP_RDX, PICK(0x10, 0, 1, 0x11, 0x20));
	set(e, SNP_RSI, any());
}

static void psc(struct snp_event *e)
{
	struct psc_buffer *buffer;
	unsigned int i, nr;

	info(e);
	scratch(e);
	buffer = (struct psc_buffer *)e->ghcb->shared_buffer;
	if ((e->field[SNP_SCRATCH] & 0xfff) == 0x808)
		buffer = (void *)buffer + 8;
	nr = fuzz_u8() & 7;
	buffer->cur_entry = PICK(0, 0, 0, 1, 2, 252, 253, 0xffff);
	buffer->end_entry = PICK(nr, nr, nr, nr, 0, 252, 253, 0xffff);
	for (i = 0; i <= nr; i++) {
		const uint64_t first = gfn();
		const unsigned int size = fuzz_u8() & 3, run = fuzz_u8();

		buffer->entries[i] = PSC_ENTRY(PICK(PSC_OP_PRIVATE, PSC_OP_SHARED, 0, PSC_OP_PSMASH,
						    PSC_OP_UNSMASH, 15) & 15,
					       size == 1, first & ((1ull << 40) - 1),
					       PICK(0, 0, 0, 0, 1, 256, 511, 512, 513) & 0xfff);
		/* Often it goes on where the one before ended. */
		if (i && run & 1)
			buffer->entries[i] = buffer->entries[i - 1] +
				((uint64_t)PSC_ENTRY_PAGES(buffer->entries[i - 1]) << 12);
		/* Or within it. */
		if (i && run == 2)
			buffer->entries[i] = (buffer->entries[i - 1] & ~0xfffull) +
				(PSC_ENTRY_CUR_PAGE(buffer->entries[i - 1]) << 12);
	}
}

static void request(struct snp_event *e)
{
	uint8_t *header;
	uint8_t type;

	set(e, SNP_INFO_1, PICK(snp_vm.pages.gpa + 0x2000, snp_vm.pages.gpa + 0x2000, gpa()));
	set(e, SNP_INFO_2, PICK(snp_vm.pages.gpa + 0x3000, snp_vm.pages.gpa + 0x3000, gpa()));
	set(e, SNP_RAX, gpa());
	set(e, SNP_RBX, any());
	header = snp_memory(e->field[SNP_INFO_1] & ~0xfffull);
	type = PICK(SNP_MSG_REPORT_REQ, SNP_MSG_REPORT_REQ, 3, 0);
	if (header)
		header[SNP_MSG_TYPE_OFFSET] = type;
	e->fw_err = PICK(0, 0, 0, 1, 0x16, 0x7fff) & 0xffff;
	fuzz_show("\t/* msg_type %u, firmware's status 0x%x */\n", type, e->fw_err);
}

/* No vCPU but this one, which would not run on with another VMSA: requests are refused. */
static void ap(struct snp_event *e)
{
	uint64_t info_1 = PICK(1ull << 32, 2ull << 32, 3ull << 32, 0xff00000001, 0x100000003);

	set(e, SNP_INFO_1, info_1 >> 32 ? info_1 : info_1 | 1ull << 32);
	set(e, SNP_INFO_2, gpa());
	set(e, SNP_RAX, PICK(1, 0, 3));
}

static void jump_table(struct snp_event *e)
{
	set(e, SNP_INFO_1, PICK(0, 1, 2));
	set(e, SNP_INFO_2, any());
}

static void registers(struct snp_event *e)
{
	info(e);
	set(e, SNP_RAX, any());
	set(e, SNP_RCX, any());
	set(e, SNP_RDX, any());
	set(e, SNP_DR7, any());
}

/* AP reset hold is not here: the vCPU would wait for another one. */
static const struct {
	const char *name;
	uint64_t code;
	void (*fill)(struct snp_event *e);
} events[] = {
#define EVENT(name, fill)	{ "GHCB_NAE_" #name, GHCB_NAE_##name, fill }
	EVENT(PSC, psc), EVENT(IOIO, io), EVENT(MMIO_READ, mmio), EVENT(MMIO_WRITE, mmio),
	EVENT(GUEST_REQUEST, request), EVENT(EXT_GUEST_REQUEST, request),
	EVENT(MSR, msr), EVENT(CPUID, cpuid), EVENT(VMMCALL, vmmcall), EVENT(AP_CREATION, ap),
	EVENT(HV_FEATURES, info), EVENT(TERMINATION, info), EVENT(AP_JUMP_TABLE, jump_table),
	EVENT(NMI_COMPLETE, info), EVENT(UNSUPPORTED, info), EVENT(RDTSC, info),
	EVENT(RDTSCP, registers), EVENT(RDPMC, registers), EVENT(DR7_READ, registers),
	EVENT(DR7_WRITE, registers), EVENT(INVD, info), EVENT(WBINVD, info),
	EVENT(MONITOR, registers), EVENT(MWAIT, registers), EVENT(PSC, psc),
#undef EVENT
};

#define NR_EVENTS	(sizeof(events) / sizeof(events[0]))

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
#define FIELD(field, name)	[SNP_##field] = { #name, offsetof(struct ghcb, name) }
	FIELD(CODE, sw_exit_code), FIELD(INFO_1, sw_exit_info_1), FIELD(INFO_2, sw_exit_info_2),
	FIELD(SCRATCH, sw_scratch), FIELD(RAX, rax), FIELD(RBX, rbx), FIELD(RCX, rcx),
	FIELD(RDX, rdx), FIELD(RSI, rsi), FIELD(XCR0, xcr0), FIELD(DR7, dr7), FIELD(CPL, cpl),
#undef FIELD
};

/* In the page, as a guest writes it; all that is not valid is left as it was. */
static void write_ghcb(const struct snp_event *e, uint16_t version)
{
	struct ghcb *g = e->ghcb;

	memset(g->valid_bitmap, 0, sizeof(g->valid_bitmap));
	for (unsigned int i = 0; i < NR_SNP_FIELDS; i++) {
		const bool valid = e->valid & 1u << i;

		if (i == SNP_CPL)
			g->cpl = e->field[i];
		else
			*(uint64_t *)((char *)g + fields[i].offset) = e->field[i];
		if (valid)
			ghcb_mark_bit(g->valid_bitmap, fields[i].offset / 8);
	}
	g->protocol_version = version;
	g->ghcb_usage = e->usage;
}

static void show_psc(const struct psc_buffer *b)
{
	fuzz_show("\tbuffer = (void *)step->in.shared_buffer;\n\tbuffer->cur_entry = %u;\n"
		  "\tbuffer->end_entry = %u;\n", b->cur_entry, b->end_entry);
	for (unsigned int i = 0; i <= b->end_entry && i < PSC_MAX_ENTRIES && b->entries[i]; i++)
		fuzz_show("\tbuffer->entries[%u] = 0x%lx;\n", i, b->entries[i]);
}

/* As a case has it that lets ghcb_add_event() fill in a GHCB. */
static void show(const struct snp_event *e, const char *name, uint64_t code, uint16_t version)
{
	fuzz_show("\tstep = ghcb_add_event(&v, 0, %s, 0x%lx, 0x%lx);\n", name,
		  e->field[SNP_INFO_1], e->field[SNP_INFO_2]);
	if (e->msr != snp_vm.pages.gpa)
		fuzz_show("\tstep->msr = 0x%lx;\n", e->msr);
	for (unsigned int i = 0; i < NR_SNP_FIELDS; i++) {
		if (e->valid & 1u << i && i != SNP_INFO_1 && i != SNP_INFO_2 &&
		    (i || e->field[i] != code))
			fuzz_show("\tghcb_set(&step->in, %s, 0x%lx);\n", fields[i].name, e->field[i]);
		else if (i <= SNP_INFO_2 && !(e->valid & 1u << i))
			fuzz_show("\t/* %s is not marked valid */\n", fields[i].name);
	}
	if (e->usage)
		fuzz_show("\tstep->in.ghcb_usage = 0x%x;\n", e->usage);
	if (version != GHCB_PROTOCOL_VERSION)
		fuzz_show("\tstep->in.protocol_version = %u;\n", version);
	if (e->field[SNP_CODE] == GHCB_NAE_PSC && snp_memory(e->field[SNP_SCRATCH]) &&
	    !snp_rules_malformed(e))
		show_psc(snp_memory(e->field[SNP_SCRATCH]));
}

/* What can be wrong with an event, by a byte; most of all are nothing. */
#define WRONG_TWO	0xed
#define WRONG_VERSION	0xee
#define WRONG_USAGE	0xef
#define WRONG_VALID	0xf0		/* and on, one for each field */
#define WRONG_CODE	0xfd
#define WRONG_OTHER	0xfe
#define WRONG_ANY	0xff

static void wrong_page(struct snp_event *e, uint8_t wrong)
{
	if (wrong == WRONG_ANY)
		e->msr = gpa() & ~0xfffull ?: snp_vm.pages.gpa;
	if (wrong == WRONG_OTHER)
		e->msr = snp_vm.pages.gpa + 0x1000;
}

static void wrong_input(struct snp_event *e, uint8_t wrong, uint16_t *version)
{
	if (wrong == WRONG_CODE)
		e->field[SNP_CODE] = fuzz_bytes(8);
	if (wrong == WRONG_USAGE)
		e->usage = any();
	if (wrong == WRONG_VERSION)
		*version = any();
	if (wrong >= WRONG_VALID && wrong < WRONG_VALID + NR_SNP_FIELDS)
		e->valid &= ~(1u << (wrong - WRONG_VALID));
}

static void nae_event(struct snp_event *e)
{
	const unsigned int nr = fuzz_u8() % NR_EVENTS;
	uint8_t wrong[2] = { fuzz_u8(), 0 };
	uint16_t version = 2;

	e->kind = SNP_NAE;
	e->msr = snp_vm.pages.gpa;
	/* Two things at once are wrong, as reasons have an order. */
	if (wrong[0] == WRONG_TWO)
		for (unsigned int i = 0; i < 2; i++)
			wrong[i] = fuzz_u8();
	for (unsigned int i = 0; i < 2; i++)
		wrong_page(e, wrong[i]);
	e->ghcb = snp_memory(e->msr);
	e->registered = e->msr == snp_vm.registered;
	if (!e->ghcb) {
		fuzz_show("\tghcb_add_msr(&v, 0, 0x%lx); /* no memory */\n", e->msr);
		return;
	}
	set(e, SNP_CODE, events[nr].code);
	events[nr].fill(e);
	for (unsigned int i = 0; i < 2; i++)
		wrong_input(e, wrong[i], &version);
	write_ghcb(e, version);
	if (fuzz_shown)
		show(e, events[nr].name, events[nr].code, version);
}

static void msr_event(struct snp_event *e)
{
	static const uint64_t infos[] = {
		GHCB_MSR_PSC_REQ, GHCB_MSR_PSC_REQ, GHCB_MSR_CPUID_REQ, GHCB_MSR_REG_GPA_REQ,
		GHCB_MSR_SEV_INFO_REQ, GHCB_MSR_PREF_GPA_REQ, GHCB_MSR_HV_FEATURES_REQ,
		GHCB_MSR_TERM_REQ, 0x7, 0x13, 0xfff, 0x1,
	};
	const uint64_t what = fuzz_pick(infos, sizeof(infos) / sizeof(infos[0])) & 0xfff;

	e->kind = SNP_MSR;
	switch (what) {
	case GHCB_MSR_PSC_REQ:
		e->msr = GHCB_MSR_PSC(PICK(PSC_OP_PRIVATE, PSC_OP_SHARED, 0, 3, 4, 15), gfn());
		break;
	case GHCB_MSR_CPUID_REQ:
		e->msr = GHCB_MSR_CPUID(PICK(0, 1, 0x80000000, 0x8000001f, 0xd),
					fuzz_u8() & 3);
		break;
	case GHCB_MSR_REG_GPA_REQ:
		e->msr = GHCB_MSR(what, gpa() >> 12);
		break;
	case 0:
	case GHCB_MSR_AP_HOLD_REQ:
		/* The first is a GPA, the second would wait. */
		e->msr = GHCB_MSR(0xfff, 0);
		break;
	default:
		e->msr = GHCB_MSR(what, any());
	}
	if (e->msr == SNP_END_MSR)
		e->msr = GHCB_MSR_TERM(0, 0);
	fuzz_show("\tghcb_add_msr(&v, 0, 0x%lx);\n", e->msr);
}

/* A byte before each event: most are NAE events; few have the VMM do something meanwhile. */
#define WHAT_DISTURBED	0xf6

void snp_event_next(struct snp_event *e)
{
	uint8_t what;

	memset(e, 0, sizeof(*e));
	if (fuzz_ended()) {
		e->kind = SNP_END;
		e->msr = SNP_END_MSR;
		return;
	}
	what = fuzz_u8();
	if ((what & 0xf7) == WHAT_DISTURBED)
		fuzz_disturb();
	if ((what & 7) == 7)
		msr_event(e);
	else
		nae_event(e);
}
