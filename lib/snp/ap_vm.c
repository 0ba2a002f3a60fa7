// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SNP VM with an AP whose VMSAs the guest makes.
 */
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "apic.h"
#include "kvm_util.h"
#include "processor.h"

#include "check/expect.h"
#include "check/run.h"
#include "check/state.h"
#include "check/transcript.h"
#include "guest/libkvm.h"
#include "snp/ap_vm.h"
#include "snp/ghcb_check.h"
#include "vm/mp_state.h"

/* ---- a VMSA from what the VMM would set ---- */

static void fill_seg(struct vmsa_seg *to, const struct kvm_segment *from)
{
	*to = (struct vmsa_seg){
		.selector = from->selector,
		.attrib = from->type | from->s << 4 | from->dpl << 5 | from->present << 7 |
			  from->avl << 8 | from->l << 9 | from->db << 10 | from->g << 11,
		.limit = from->limit,
		.base = from->base,
	};
}

static void fill_vmsa(struct vmsa *to, struct kvm_vcpu *vcpu, unsigned int i)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	vcpu_sregs_get(vcpu, &sregs);
	vcpu_regs_get(vcpu, &regs);
	memset(to, 0, sizeof(*to));
	fill_seg(&to->es, &sregs.es);
	fill_seg(&to->cs, &sregs.cs);
	fill_seg(&to->ss, &sregs.ss);
	fill_seg(&to->ds, &sregs.ds);
	fill_seg(&to->fs, &sregs.fs);
	fill_seg(&to->gs, &sregs.gs);
	fill_seg(&to->ldtr, &sregs.ldt);
	fill_seg(&to->tr, &sregs.tr);
	to->gdtr = (struct vmsa_seg){ .limit = AP_GDT_LIMIT(i), .base = sregs.gdt.base };
	to->idtr = (struct vmsa_seg){ .limit = sregs.idt.limit, .base = sregs.idt.base };
	to->efer = sregs.efer | VMSA_EFER_SVME;
	to->cr0 = sregs.cr0;
	to->cr2 = AP_CR2(i);
	to->cr3 = sregs.cr3;
	to->cr4 = sregs.cr4;
	to->rip = regs.rip;
	to->rsp = regs.rsp;
	to->rdi = regs.rdi;
	to->rsi = AP_TAG(i);
	/* As after RESET (APM 2, table 14-1). */
	to->rflags = 2;
	to->dr6 = 0xffff0ff0;
	to->dr7 = 0x400;
	to->g_pat = 0x0007040600070406ull;
	to->xcr0 = 1;
	to->mxcsr = 0x1f80;
	to->x87_ftw = 0x5555;
	to->x87_fcw = 0x40;
	to->sev_features = VMSA_FEATURE_SNP;
}

/* ---- the VM ---- */

/* Far above slot 0. */
#define AP_VMSA_GPA		0x40001000ull
#define AP_VMSA_FILE_GAP	3

static void tell_ap(const void *guest)
{
	const struct ap_seen *seen = guest;

	check_note("guest: the AP has started %lu times, the last with RSI 0x%lx and CR2 0x%lx",
		   seen->starts, seen->tag, seen->cr2);
}

/* A page that can go without others: with its slot, whose file begins earlier.  Gives the GVA. */
static uint64_t add_vmsa_slot(struct kvm_vm *vm)
{
	const uint64_t size = vm->page_size, gva = vm_unused_gva_gap(vm, size, KVM_UTIL_MIN_VADDR);
	const int file = vm_create_guest_memfd(vm, (AP_VMSA_FILE_GAP + 1) * size, 0);

	vm_mem_add(vm, VM_MEM_SRC_ANONYMOUS, AP_VMSA_GPA, AP_VMSA_SLOT, 1, KVM_MEM_GUEST_MEMFD, file,
		   AP_VMSA_FILE_GAP * size);
	close(file);
	__vm_phy_pages_alloc(vm, 1, AP_VMSA_GPA, AP_VMSA_SLOT, true);
	virt_map(vm, gva, AP_VMSA_GPA, 1);
	return gva;
}

void ap_vm_create(struct ap_vm *v)
{
	struct shared_mem seen, from;
	struct kvm_regs regs;
	struct kvm_vm *vm;
	unsigned int i;

	ghcb_vm_create(&v->g, 2, guest_ghcb_loop);
	vm = v->g.snp->vm;
	v->ap = v->g.cpu[1].vcpu;
	v->sev_features = VMSA_FEATURE_SNP;
	seen = snp_vm_alloc_shared(v->g.snp, 1);
	v->seen = seen.hva;
	check_guest_view(v->g.snp, tell_ap, seen.hva);
	vcpu_args_set(v->ap, 2, seen.gva, (uint64_t)AP_TAG_KVM);
	vcpu_regs_get(v->ap, &regs);
	regs.rip = (uint64_t)guest_ap;
	vcpu_regs_set(v->ap, &regs);

	v->vmsa[0].gpa = AP_VMSA_GPA;
	v->vmsa[0].gva = add_vmsa_slot(vm);
	for (i = 1; i < AP_VMSAS; i++) {
		do {
			v->vmsa[i].gva = vm_alloc_page(vm);
			v->vmsa[i].gpa = addr_gva2gpa(vm, v->vmsa[i].gva);
		} while (!(v->vmsa[i].gpa & ((1ull << 21) - 1)));
	}
	for (i = 0; i < AP_VMSAS; i++) {
		from = snp_vm_alloc_shared(v->g.snp, 1);
		v->vmsa[i].from = from.gva;
		v->vmsa[i].hva = from.hva;
		fill_vmsa(from.hva, v->ap, i);
	}
}

bool ap_vm_start(struct ap_vm *v)
{
	ap_vm_create(v);
	snp_vm_launch(v->g.snp);
	return EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v->g.cpu[0].vcpu, GHCB_STAGE_READY);
}

bool ap_vm_start_ap(struct ap_vm *v, enum requirement_nr req)
{
	mp_state_set(v->ap, KVM_MP_STATE_SIPI_RECEIVED);
	return EXPECT_REQ_SYNC(req, v->ap, AP_STAGE_STARTED);
}

/* ---- the AP in a thread ---- */

/* How long the AP may take to leave KVM_RUN by itself, or to get into the guest, in 100 us. */
#define PATIENCE	2500
#define START_PATIENCE	20000
/* KVM_RUN says EAGAIN when a vCPU has been initialized, and is to be called again. */
#define MAX_AGAIN	10

static void on_signal(int sig __attribute__((unused)))
{
}

static void *run_ap(void *arg)
{
	struct ap_vm *v = arg;
	unsigned int again = 0;
	long ret;

	do {
		ret = check_run(v->ap);
	} while (ret == EAGAIN && again++ < MAX_AGAIN);
	__atomic_store_n(&v->ended, 1, __ATOMIC_RELEASE);
	return (void *)ret;
}

static void start_thread(struct ap_vm *v)
{
	struct sigaction act = { .sa_handler = on_signal };

	v->ended = 0;
	TEST_ASSERT(!sigaction(SIGUSR1, &act, NULL), "no signal handler");
	TEST_ASSERT(!pthread_create(&v->thread, NULL, run_ap, v), "no thread");
}

void ap_thread_start(struct ap_vm *v)
{
	const uint64_t turns = v->seen->turns;
	unsigned int i;

	start_thread(v);
	for (i = 0; v->seen->turns == turns && !v->ended; i++) {
		TEST_ASSERT(i < START_PATIENCE, "the AP does not get into the guest");
		usleep(100);
	}
}

static int end_thread(struct ap_vm *v, unsigned int patience)
{
	void *ret;

	unsigned int i;

	/* Most come back at once. */
	for (i = 0; i < 1000 && patience && !__atomic_load_n(&v->ended, __ATOMIC_ACQUIRE); i++)
		sched_yield();
	while (!__atomic_load_n(&v->ended, __ATOMIC_ACQUIRE)) {
		usleep(100);
		if (patience)
			patience--;
		else
			pthread_kill(v->thread, SIGUSR1);
	}
	pthread_join(v->thread, &ret);
	return (long)ret;
}

int ap_thread_end(struct ap_vm *v)
{
	return end_thread(v, PATIENCE);
}

static void *stop_ap(void *arg)
{
	struct ap_vm *v = arg;
	unsigned int patience = PATIENCE;

	while (!__atomic_load_n(&v->ended, __ATOMIC_ACQUIRE)) {
		usleep(100);
		if (patience)
			patience--;
		else
			pthread_kill(v->thread, SIGUSR1);
	}
	return NULL;
}

/*
 * A kernel that is wrong may never come back: KVM_RUN is EINTR then.  In this thread, as on
 * the CPU that ran the AP last.
 */
static int run_or_stop(struct ap_vm *v)
{
	struct sigaction act = { .sa_handler = on_signal };
	pthread_t stopper;
	void *ret;

	v->ended = 0;
	v->thread = pthread_self();
	TEST_ASSERT(!sigaction(SIGUSR1, &act, NULL), "no signal handler");
	TEST_ASSERT(!pthread_create(&stopper, NULL, stop_ap, v), "no thread");
	ret = run_ap(v);
	pthread_join(stopper, NULL);
	return (long)ret;
}

int ap_thread_stop(struct ap_vm *v)
{
	return end_thread(v, 0);
}

/* ---- events ---- */

struct ghcb_step *ap_add(struct ap_vm *v, uint64_t request, unsigned int i)
{
	struct ghcb_step *step = ghcb_add_event(&v->g, 0, GHCB_NAE_AP_CREATION,
						AP_INFO_1(request, v->ap->id), v->vmsa[i].gpa);

	ghcb_set(&step->in, rax, v->sev_features);
	return step;
}

void ap_make_vmsa(struct ap_vm *v, struct vmsa_op *op, unsigned int i)
{
	*op = (struct vmsa_op){
		.gva = v->vmsa[i].gva, .from = v->vmsa[i].from, .attrs = RMPADJUST_VMSA,
	};
}

void ap_drop_vmsa(struct ap_vm *v, struct vmsa_op *op, unsigned int i)
{
	*op = (struct vmsa_op){ .gva = v->vmsa[i].gva, .attrs = RMPADJUST_NO_VMSA };
}

/*
 * To all but itself: for one destination KVM would look at what it knows of enabled APICs, and
 * these are not.
 */
static void add_ipi(struct ap_vm *v, uint32_t mode)
{
	const uint32_t icr = APIC_DEST_ALLBUT | APIC_INT_ASSERT | mode;
	struct ghcb_step *step = ghcb_add_event(&v->g, 0, GHCB_NAE_MMIO_WRITE,
						APIC_DEFAULT_GPA + APIC_ICR, sizeof(icr));

	memcpy(step->in.shared_buffer, &icr, sizeof(icr));
	ghcb_set(&step->in, sw_scratch, ghcb_buffer_gpa(&v->g, 0, 0));
}

void ap_add_init(struct ap_vm *v)
{
	add_ipi(v, APIC_DM_INIT);
}

void ap_add_sipi(struct ap_vm *v)
{
	add_ipi(v, APIC_DM_STARTUP);
}

/* ---- expectations ---- */

static bool check_op(const char *file, int line, enum requirement_nr req,
		     const struct vmsa_op *op, const char *what)
{
	return !op->gva || check_eq(file, line, req, what, 0, op->result, &names_value);
}

bool check_ap_events(const char *file, int line, enum requirement_nr req, struct ap_vm *v,
		     bool refused)
{
	const struct ghcb_script *script = v->g.cpu[0].script;
	unsigned int i;

	if (!check_sync(file, line, req, v->g.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return false;
	for (i = 0; i < script->nr_steps; i++) {
		const struct ghcb_step *step = &script->step[i];

		if (!check_op(file, line, req, &step->before, "RMPADJUST before the event") ||
		    !check_ghcb_answer(file, line, req, step,
				       refused ? GHCB_INFO1_MALFORMED : GHCB_INFO1_OK,
				       refused ? GHCB_REASON_INVALID_INPUT : 0) ||
		    !check_op(file, line, req, &step->after, "RMPADJUST after the event") ||
		    !check_ghcb_kept(file, line, step, 0, 0))
			return false;
	}
	ghcb_script_reset(&v->g, 0);
	return true;
}

bool check_ap_starts(const char *file, int line, enum requirement_nr req, struct ap_vm *v,
		     unsigned int i)
{
	const uint64_t starts = v->seen->starts;

	return check_eq(file, line, req, "KVM_RUN", 0, run_or_stop(v), &names_errno) &&
	       check_eq(file, line, req, "exit reason", KVM_EXIT_IO, v->ap->run->exit_reason,
			&names_exit_reason) &&
	       check_eq(file, line, req, "starts of the AP since the event", 1,
			v->seen->starts - starts, &names_value) &&
	       check_eq(file, line, req, "RSI of the AP's start", AP_TAG(i), v->seen->tag,
			&names_value) &&
	       check_eq(file, line, REQ_SNP_AP_STATE, "CR2 of the AP's start", AP_CR2(i),
			v->seen->cr2, &names_value) &&
	       check_eq(file, line, REQ_SNP_AP_STATE, "the GDT's limit at the AP's start",
			AP_GDT_LIMIT(i), v->seen->gdt_limit, &names_value);
}

bool check_ap_goes_on(const char *file, int line, enum requirement_nr req, struct ap_vm *v)
{
	const uint64_t starts = v->seen->starts;
	bool good;

	v->seen->stop = 1;
	good = check_eq(file, line, req, "KVM_RUN", 0, run_or_stop(v), &names_errno) &&
	       check_eq(file, line, req, "exit reason", KVM_EXIT_IO, v->ap->run->exit_reason,
			&names_exit_reason) &&
	       check_eq(file, line, req, "starts of the AP since the event", 0,
			v->seen->starts - starts, &names_value);
	v->seen->stop = 0;
	return good;
}

bool check_ap_not_run(const char *file, int line, enum requirement_nr req, struct ap_vm *v)
{
	const uint64_t starts = v->seen->starts;
	int err = run_or_stop(v);

	return (err ? check_eq(file, line, req, "KVM_RUN", EINVAL, err, &names_errno) :
		      check_eq(file, line, req, "exit reason of KVM_RUN", KVM_EXIT_FAIL_ENTRY,
			       v->ap->run->exit_reason, &names_exit_reason)) &&
	       check_eq(file, line, req, "starts of the AP since the event", 0,
			v->seen->starts - starts, &names_value);
}
