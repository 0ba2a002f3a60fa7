// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an SNP guest asks for while a thread of its VMM makes a call: each event of the guest's
 * with each call of a table.
 *
 * The guest is a few instructions, which write no memory: the VMM fills in the GHCB, which is
 * shared.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"

#include "cases/interleave.h"
#include "cases/pair_calls.h"
#include "cases/pair_guest.h"
#include "control.h"
#include "guest/ghcb.h"
#include "guest/psc.h"
#include "guest/vmsa.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

/* GPAs: pages of the launch, and those that are shared. */
#define PAGE		RAW_VM_PAGE
#define VMSA		(3 * PAGE)
#define DATA		(VMSA + PAGE)
#define GHCB		(DATA + PAGE)
#define REQUEST		(GHCB + PAGE)
#define RESPONSE	(REQUEST + PAGE)

#define PSC_MSR(gpa)	(GHCB_MSR(GHCB_MSR_PSC_REQ, (gpa) / PAGE) | (uint64_t)PSC_OP_SHARED << 52)

struct machine {
	struct raw_snp snp;		/* its vCPU is the one that asks */
	struct raw_vm ap;		/* vCPU 1: no more than its descriptor and struct kvm_run */
	int more_vcpus[INTERLEAVE_CALLS];	/* what the calls have made, or -1 */
	bool freed;			/* the old VMSA */
	unsigned int runners;		/* threads that run the guest, a bit mask */
	bool over;			/* the event, before the calls */
};

/* ---- the guest ---- */

struct event {
	const char *name;
	uint64_t msr;			/* a request by the MSR protocol; or */
	uint64_t code, info_1, info_2;	/* an event in the GHCB; or none: a read of DATA */
	bool stops;			/* the AP */
	bool marks;			/* DATA as a VMSA, before */
	bool frees;			/* the VMSA of the AP, which the guest had made before */
};

enum { TOUCH, PSC_BY_MSR, PSC_EVENT, GUEST_REQUEST, AP_CREATED, AP_DESTROYED, AP_REPLACED };

static const struct event events[] = {
	[TOUCH] = { "a guest's first access to a page" },
	[PSC_BY_MSR] = { "a guest's page state change by MSR", .msr = PSC_MSR(DATA) },
	[PSC_EVENT] = { "a guest's page state change", .code = GHCB_NAE_PSC },
	[GUEST_REQUEST] = { "a guest request", .code = GHCB_NAE_GUEST_REQUEST, .info_1 = REQUEST,
			    .info_2 = RESPONSE },
	[AP_CREATED] = { "a guest's AP creation", .code = GHCB_NAE_AP_CREATION,
			 .info_1 = AP_INFO_1(AP_CREATE, 1), .info_2 = DATA, .marks = true },
	[AP_DESTROYED] = { "a guest's AP destruction", .code = GHCB_NAE_AP_CREATION,
			   .info_1 = AP_INFO_1(AP_DESTROY, 1), .stops = true },
	[AP_REPLACED] = { "a guest's AP creation anew, the end of its old VMSA",
			  .code = GHCB_NAE_AP_CREATION, .info_1 = AP_INFO_1(AP_CREATE, 1),
			  .info_2 = DATA, .marks = true, .frees = true },
};

static const struct event *event;

#define MOV_EAX		0xb8
#define MOV_ECX		0xb9
#define MOV_EDX		0xba

/* RMPADJUST: what it says of a VMSA that a CPU runs from */
#define FAIL_IN_USE	3

/* Of the AP whose VMSA the guest has made. */
#define AP_CODE		(PAIR_GUEST_CODE + PAGE / 2)

static uint8_t *add_code(uint8_t *at, const void *code, size_t size)
{
	memcpy(at, code, size);
	return at + size;
}

/* MOV of 32 bits to a register. */
static uint8_t *add_mov(uint8_t *at, uint8_t opcode, uint32_t value)
{
	at = add_code(at, &opcode, sizeof(opcode));
	return add_code(at, &value, sizeof(value));
}

/* VMGEXIT with @msr in the GHCB MSR. */
static uint8_t *add_vmgexit(uint8_t *at, uint64_t msr)
{
	/* The NOP marks an access to the GHCB MSR for engines that cannot intercept it. */
	static const uint8_t code[] = {
		0x0f, 0x30,						/* WRMSR */
		0x0f, 0x1f, 0x84, 0x00, 0x6b, 0x76, 0x6d, 0x21,		/* NOP */
		0xf3, 0x0f, 0x01, 0xd9,					/* VMGEXIT */
	};

	at = add_mov(at, MOV_EAX, msr);
	at = add_mov(at, MOV_EDX, msr >> 32);
	at = add_mov(at, MOV_ECX, MSR_GHCB);
	return add_code(at, code, sizeof(code));
}

/* MOV of the byte at @gpa to AL */
static uint8_t *add_read(uint8_t *at, uint32_t gpa)
{
	static const uint8_t code[] = { 0x8a, 0x04, 0x25 };
	const uint32_t va = PAIR_GUEST_VA(gpa);

	at = add_code(at, code, sizeof(code));
	return add_code(at, &va, sizeof(va));
}

/* After an access, as the page may not be mapped yet. */
static uint8_t *add_rmpadjust(uint8_t *at, uint32_t gpa, uint32_t attrs)
{
	static const uint8_t code[] = { 0xf3, 0x0f, 0x01, 0xfe };

	at = add_read(at, gpa);
	at = add_mov(at, MOV_EAX, PAIR_GUEST_VA(gpa));
	at = add_mov(at, MOV_ECX, 0);
	at = add_mov(at, MOV_EDX, attrs);
	return add_code(at, code, sizeof(code));
}

/* The page of the old VMSA goes to the host; if a CPU has it in use yet, that is the end. */
static uint8_t *add_free(uint8_t *at)
{
	uint8_t code[] = { 0x3c, FAIL_IN_USE, 0x74, 0 };	/* CMP AL; JE */
	uint8_t *from;

	at = add_rmpadjust(at, VMSA, RMPADJUST_NO_VMSA);
	from = at + sizeof(code);
	at = add_vmgexit(from, PSC_MSR(VMSA));
	code[3] = at - from;
	memcpy(from - sizeof(code), code, sizeof(code));
	return at;
}

/*
 * It registers its GHCB, makes an AP if it is to replace that, and makes an exit, up to where
 * setup() runs it; then the event.  The end is UD2 without an IDT.
 */
static void write_code(char *page)
{
	static const uint8_t ud2[] = { 0x0f, 0x0b };
	uint8_t *at = (uint8_t *)page;

	at = add_vmgexit(at, GHCB | GHCB_MSR_REG_GPA_REQ);
	if (event->marks)
		at = add_rmpadjust(at, DATA, RMPADJUST_VMSA);
	if (event->frees) {
		at = add_rmpadjust(at, VMSA, RMPADJUST_VMSA);
		at = add_vmgexit(at, GHCB);
	}
	at = add_vmgexit(at, PSC_MSR(RESPONSE));
	if (event->msr)
		at = add_vmgexit(at, event->msr);
	else if (event->code)
		at = add_vmgexit(at, GHCB);
	else
		at = add_read(at, DATA);
	if (event->frees)
		at = add_free(at);
	add_code(at, ud2, sizeof(ud2));
	memcpy(page + AP_CODE - PAIR_GUEST_CODE, ud2, sizeof(ud2));
}

/* As KVM_SET_SREGS has it, but for where it starts; other registers as after RESET. */
static void write_vmsa(struct vmsa *vmsa)
{
	*vmsa = (struct vmsa){
		.cs = { .selector = 8, .attrib = 0xa9b, .limit = ~0u },
		.efer = EFER_LME | EFER_LMA | VMSA_EFER_SVME,
		.cr0 = X86_CR0_PE | X86_CR0_PG, .cr3 = PAIR_GUEST_TABLE, .cr4 = X86_CR4_PAE,
		.rip = PAIR_GUEST_VA(AP_CODE), .rflags = 2, .dr6 = 0xffff0ff0, .dr7 = 0x400,
		.g_pat = 0x0007040600070406ull, .xcr0 = 1, .mxcsr = 0x1f80, .x87_ftw = 0x5555,
		.x87_fcw = 0x40, .sev_features = VMSA_FEATURE_SNP,
	};
}

static void fill_ghcb(struct ghcb *ghcb, uint64_t code, uint64_t info_1, uint64_t info_2)
{
	struct psc_buffer *psc = (void *)ghcb->shared_buffer;

	memset(ghcb, 0, sizeof(*ghcb));
	ghcb->protocol_version = GHCB_PROTOCOL_VERSION;
	ghcb_set(ghcb, sw_exit_code, code);
	ghcb_set(ghcb, sw_exit_info_1, info_1);
	ghcb_set(ghcb, sw_exit_info_2, info_2);
	ghcb_set(ghcb, rax, VMSA_FEATURE_SNP);
	ghcb_set(ghcb, sw_scratch, GHCB + offsetof(struct ghcb, shared_buffer));
	psc->entries[0] = PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, DATA / PAGE, 0);
}

/* ---- what a thread calls ---- */

/* What a VMM does that agrees to it: the memory that was private goes back to the host. */
static int change_pages(struct machine *m)
{
	const struct kvm_run *run = m->snp.raw.run;
	const uint64_t gpa = run->hypercall.args[0], size = run->hypercall.args[1] * PAGE;
	const struct kvm_memory_attributes attrs = { .address = gpa, .size = size };

	m->freed |= gpa == VMSA;
	return pair_vm_ioctl(&m->snp.raw, KVM_SET_MEMORY_ATTRIBUTES, &attrs) ?:
	       (event->frees ? pair_punch_hole(&m->snp.raw, gpa) : 0);
}

/* KVM_RUN until the guest wants nothing more. */
static int run_guest(struct machine *m, unsigned int thread)
{
	struct kvm_run *run = m->snp.raw.run;
	int err;

	m->runners |= 1u << thread;
	while (!(err = pair_run(&m->snp.raw)) && run->exit_reason == KVM_EXIT_HYPERCALL) {
		err = change_pages(m);
		if (err)
			return err;
		run->hypercall.ret = 0;
	}
	return err;
}

PAIR_CALL(guest, run_guest(m, thread))
PAIR_CALL(run_ap, pair_run(&m->ap))
PAIR_CALL(halt_ap, pair_halt(&m->ap))
PAIR_CALL(create_vcpu, pair_create_vcpu(&m->snp.raw, 2, &m->more_vcpus[thread]))
PAIR_CALL(delete_slot, pair_delete_slot(&m->snp.raw))
PAIR_CALL(make_shared, pair_make_shared(&m->snp.raw, DATA))
PAIR_CALL(punch_hole, pair_punch_hole(&m->snp.raw, DATA))
PAIR_CALL(discard, pair_discard(&m->snp.raw, RESPONSE))
PAIR_CALL(pre_fault, pair_pre_fault(&m->snp.raw, DATA))
PAIR_CALL(set_lapic, pair_set_lapic(&m->ap))
PAIR_CALL(signal_msi, pair_signal_msi(&m->snp.raw))
PAIR_CALL(second_slot, pair_second_slot(&m->snp.raw, 64 * PAGE))
PAIR_CALL(close_ap, pair_close(&m->ap.vcpu))
PAIR_CALL(close_gmem, pair_close(&m->snp.raw.gmem))
PAIR_CALL(close_vm, pair_close(&m->snp.raw.vm))

enum {
	GUEST, RUN_AP, HALT_AP, CREATE, SLOT, ATTRS, PUNCH, PRE_FAULT, LAPIC, MSI, SLOT_1,
	DISCARD, CLOSE_AP, CLOSE_GMEM, CLOSE_VM,
};

static struct pair_call calls[] = {
	[GUEST] = { .make = guest, .waits = true, .steps = true },	/* the rest is the event's */
	[RUN_AP] = { "KVM_RUN of the AP", .make = run_ap, .vcpu = 2, .waits = true, .steps = true },
	[HALT_AP] = { "KVM_SET_MP_STATE of the AP", .make = halt_ap, .vcpu = 2 },
	[CREATE] = { "KVM_CREATE_VCPU", .make = create_vcpu },
	[SLOT] = { "KVM_SET_USER_MEMORY_REGION2, a deletion", .make = delete_slot },
	[ATTRS] = { "KVM_SET_MEMORY_ATTRIBUTES", .make = make_shared },
	[PUNCH] = { "fallocate(PUNCH_HOLE)", .make = punch_hole },
	[PRE_FAULT] = { "KVM_PRE_FAULT_MEMORY", .make = pre_fault },
	[LAPIC] = { "KVM_SET_LAPIC of the AP", .make = set_lapic, .vcpu = 2 },
	[MSI] = { "KVM_SIGNAL_MSI", .make = signal_msi },
	[SLOT_1] = { "KVM_SET_USER_MEMORY_REGION2, a second slot", .make = second_slot },
	[DISCARD] = { "madvise() of another page", .make = discard },
	[CLOSE_AP] = { "close() of the AP", .make = close_ap },
	[CLOSE_GMEM] = { "close() of guest_memfd", .make = close_gmem },
	[CLOSE_VM] = { "close() of the VM", .make = close_vm },
};

/* ---- the machine, and what can be seen of it ---- */

static int add_ap(struct machine *m)
{
	const struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_EXIT_HYPERCALL, .args = { 1u << KVM_HC_MAP_GPA_RANGE },
	};

	m->ap = (struct raw_vm){ .kvm = m->snp.raw.kvm };
	m->ap.vcpu = ioctl(m->snp.raw.vm, KVM_CREATE_VCPU, 1);
	return raw_errno(m->ap.vcpu) ?: pair_guest_start(m->ap.vcpu, PAIR_GUEST_CODE) ?:
	       pair_guest_start(m->snp.raw.vcpu, PAIR_GUEST_CODE) ?: raw_vm_map_run(&m->ap) ?:
	       pair_vcpu_ioctl(&m->ap, KVM_SET_MP_STATE, &runnable) ?:
	       pair_vm_ioctl(&m->snp.raw, KVM_ENABLE_CAP, &cap);
}

/* From RAW_SNP_UPDATED on. */
static int launch_rest(struct machine *m)
{
	const struct kvm_memory_attributes attrs = {
		.address = DATA, .size = PAGE, .attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE,
	};

	return pair_vm_ioctl(&m->snp.raw, KVM_SET_MEMORY_ATTRIBUTES, &attrs) ?:
	       raw_snp_update(&m->snp, RAW_SNP_PAGES, m->snp.raw.mem + RAW_SNP_PAGES * PAGE,
			      DATA / PAGE + 1 - RAW_SNP_PAGES) ?: raw_snp_finish(&m->snp);
}

static void setup(void *data)
{
	static const uint8_t response[PAGE] = { 1 };
	struct machine *m = data;
	struct ghcb *ghcb;

	memset(m->more_vcpus, -1, sizeof(m->more_vcpus));
	m->freed = false;
	m->runners = 0;
	raw_snp_open(&m->snp);
	control()->fw_answer(0, 0, response);
	write_code(m->snp.raw.mem + PAIR_GUEST_CODE);
	pair_guest_map(m->snp.raw.mem + PAIR_GUEST_TABLE);
	write_vmsa((void *)(m->snp.raw.mem + VMSA));
	write_vmsa((void *)(m->snp.raw.mem + DATA));
	ghcb = (void *)(m->snp.raw.mem + GHCB);
	fill_ghcb(ghcb, GHCB_NAE_AP_CREATION, AP_INFO_1(AP_CREATE, 1), VMSA);
	TEST_ASSERT(!raw_snp_go(&m->snp, RAW_SNP_NOTHING, RAW_SNP_VCPU) && !add_ap(m) &&
		    !raw_snp_go(&m->snp, RAW_SNP_VCPU, RAW_SNP_UPDATED) &&
		    !launch_rest(m) &&
		    !raw_vm_map_run(&m->snp.raw) && !pair_run(&m->snp.raw) &&
		    m->snp.raw.run->exit_reason == KVM_EXIT_HYPERCALL, "the guest up to there");
	m->snp.raw.run->hypercall.ret = 0;
	fill_ghcb(ghcb, event->code, event->info_1, event->info_2);
	if (m->over)
		run_guest(m, 0);
}

static void end(void *data)
{
	struct machine *m = data;

	pair_close_all(m->more_vcpus, INTERLEAVE_CALLS);
	munmap(m->ap.run, m->ap.run_size);
	if (m->ap.vcpu >= 0)
		close(m->ap.vcpu);
	raw_snp_close(&m->snp);
	control()->fw_answer(0, 0, NULL);
}

static void tell_state(void *data, char *text, size_t size)
{
	struct machine *m = data;
	struct kvm_mp_state mp = {};
	const struct ghcb *ghcb = (void *)(m->snp.raw.mem + GHCB);

	/* Of two that run it one may take the exit by which it gives the page back for another. */
	if (event->frees && m->snp.raw.run->exit_reason == KVM_EXIT_SHUTDOWN && !m->freed &&
	    !(m->runners & (m->runners - 1)))
		check_fail(__FILE__, __LINE__, check_main_req(),
			   "the old VMSA, once the event is over", "that of no CPU", 0,
			   "a CPU runs from it", 1);
	interleave_tell(text, size, "exits %u, %u; GHCB %#llx, %#llx; response %u",
			m->snp.raw.run->exit_reason, m->ap.run->exit_reason,
			(unsigned long long)ghcb->sw_exit_info_1,
			(unsigned long long)ghcb->sw_exit_info_2, m->snp.raw.mem[RESPONSE]);
	interleave_tell(text, size, "; KVM_GET_MP_STATE %d, %u",
			pair_vcpu_ioctl(&m->snp.raw, KVM_GET_MP_STATE, &mp), mp.mp_state);
	mp.mp_state = 0;
	if (m->ap.vcpu >= 0)
		interleave_tell(text, size, ", of the AP %d, %u",
				pair_vcpu_ioctl(&m->ap, KVM_GET_MP_STATE, &mp), mp.mp_state);
	if (m->snp.raw.vm >= 0)
		interleave_tell(text, size, "; KVM_CREATE_VCPU %d",
				create_vcpu(m, m->more_vcpus[0] >= 0));
}

/* ---- the pairs ---- */

COCO_FIXTURE(pair);
FIXTURE_VARIANT(pair)
{
	struct check_row row;
	unsigned int event;
	unsigned int first;		/* GUEST, or the call that follows the event */
	unsigned int always;		/* calls that it meets by default, as bits, with switches */
	const char *at;			/* at this point only, if not NULL */
};

#define PAIRS(name, event_, always_, ...)						\
	FIXTURE_VARIANT_ADD(pair, name)							\
	{										\
		COCO_ROW(NULL, REQ_ORDER_SNP_GUEST), .event = event_, .always = always_, \
		##__VA_ARGS__								\
	}
#define WITH(call)	(1u << (call))

PAIRS(touch, TOUCH, WITH(PUNCH));
PAIRS(psc_msr, PSC_BY_MSR, 0);
PAIRS(psc, PSC_EVENT, 0);
PAIRS(request, GUEST_REQUEST, WITH(SLOT));
PAIRS(ap_create, AP_CREATED, WITH(RUN_AP));
PAIRS(ap_destroy, AP_DESTROYED, 0);
PAIRS(ap_created, AP_CREATED, WITH(DISCARD), .first = RUN_AP);
/* At each point it takes seconds: by default where the CPU enters the guest, as a note says. */
PAIRS(ap_replace, AP_REPLACED, WITH(RUN_AP), .at = "the guest");

COCO_TEST_F_TIMEOUT(pair, any_order, INTERLEAVE_SECONDS)
{
	struct machine m = { .over = variant->first != GUEST };
	const struct pair_table table = {
		.in = m.over ? "after the event" : "in the guest",
		.calls = calls, .nr = ARRAY_SIZE(calls), .firsts = variant->first + 1,
		.machine = &m,
		.setup = setup, .end = end, .state = tell_state,
		.at = getenv("COCO_RACES") || getenv("COCO_PAIR") ? NULL : variant->at,
	};

	event = &events[variant->event];
	calls[GUEST].name = event->name;
	calls[GUEST].stops = event->stops;
	/* Once the event is over the AP's first instruction is its last. */
	calls[RUN_AP].steps = !m.over;
	pairs_search(&table, check_main_req(), variant->first, variant->first, variant->always);
}

static const char *missing(void)
{
	return snp_vm_missing() ?: interleave_missing();
}

COCO_MAIN(missing)
