// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMSAs that guests make, and vCPUs that run from them (GHCB 2.0, "SNP AP Creation"; APM 2,
 * section 15.36.12).  What an event changes is taken over when its target is entered next; the
 * target is not in the guest any more when the event returns.
 */
#include <errno.h>
#include <sched.h>

#include "snp.h"

#define CREATE_ON_INIT	0
#define CREATE		1
#define DESTROY		2

/* No VMSA begins at a multiple of it, as an erratum of CPUs demands. */
#define HUGE_PAGE	(2ull << 20)

/* ---- which pages are VMSAs ---- */

static uint64_t *find_page(struct ref_snp *snp, uint64_t gpa)
{
	unsigned int i;

	for (i = 0; i < REF_MAX_VMSAS; i++)
		if (snp->vmsas[i] == gpa)
			return &snp->vmsas[i];
	return NULL;
}

bool snp_set_vmsa(struct ref_vm *vm, uint64_t gpa, bool is)
{
	uint64_t *at;

	pthread_mutex_lock(&vm->snp.lock);
	at = find_page(&vm->snp, gpa);
	if (is && !at)
		at = find_page(&vm->snp, SNP_NO_VMSA);
	if (at)
		*at = is ? gpa : SNP_NO_VMSA;
	pthread_mutex_unlock(&vm->snp.lock);
	return at || !is;
}

bool snp_vmsa_in_use(struct ref_vm *vm, uint64_t gpa)
{
	unsigned int i;

	for (i = 0; i < vm->host->nr_vcpus; i++) {
		const struct ref_vcpu *vcpu = vm->host->vcpus[i]->priv;

		if (__atomic_load_n(&vcpu->in_guest, __ATOMIC_SEQ_CST) &&
		    vcpu->snp.loaded == gpa)
			return true;
	}
	return false;
}

/* ---- who runs from which: under snp.lock, and the target looks when it is entered ---- */

static void send_to_look(struct ref_vcpu *target)
{
	__atomic_store_n(&target->snp.load, true, __ATOMIC_SEQ_CST);
	ref_kick(target);
}

static void wait_until_out(const struct ref_vcpu *vcpu, const struct ref_vcpu *target)
{
	while (target != vcpu && __atomic_load_n(&target->in_guest, __ATOMIC_SEQ_CST))
		sched_yield();
}

void snp_private_freed(struct ref_vm *vm, uint64_t gpa, uint64_t size)
{
	unsigned int i;

	pthread_mutex_lock(&vm->snp.lock);
	for (i = 0; i < REF_MAX_VMSAS; i++)
		if (vm->snp.vmsas[i] >= gpa && vm->snp.vmsas[i] - gpa < size)
			vm->snp.vmsas[i] = SNP_NO_VMSA;
	for (i = 0; i < vm->host->nr_vcpus; i++) {
		struct ref_vcpu *vcpu = vm->host->vcpus[i]->priv;

		if (vcpu->snp.vmsa < gpa || vcpu->snp.vmsa - gpa >= size)
			continue;
		send_to_look(vcpu);
		wait_until_out(NULL, vcpu);
	}
	pthread_mutex_unlock(&vm->snp.lock);
}

void snp_init_received(struct ref_vcpu *target)
{
	pthread_mutex_lock(&target->vm->snp.lock);
	__atomic_store_n(&target->mp_state.mp_state, KVM_MP_STATE_INIT_RECEIVED, __ATOMIC_RELEASE);
	if (target->snp.on_init != SNP_NO_VMSA) {
		target->snp.vmsa = target->snp.on_init;
		target->snp.on_init = SNP_NO_VMSA;
		__atomic_store_n(&target->snp.load, true, __ATOMIC_SEQ_CST);
	} else if (target->snp.vmsa == SNP_NO_VMSA) {
		/* INIT is all that is left of what destroyed it. */
		target->initialized = false;
		__atomic_store_n(&target->snp.load, false, __ATOMIC_SEQ_CST);
	}
	pthread_mutex_unlock(&target->vm->snp.lock);
	ref_kick(target);
}

void snp_sipi_received(struct ref_vcpu *target)
{
	uint32_t *state = &target->mp_state.mp_state;

	pthread_mutex_lock(&target->vm->snp.lock);
	if (*state == KVM_MP_STATE_INIT_RECEIVED)
		__atomic_store_n(state, KVM_MP_STATE_RUNNABLE, __ATOMIC_RELEASE);
	else if (*state == KVM_MP_STATE_AP_RESET_HOLD)
		__atomic_store_n(state, KVM_MP_STATE_SIPI_RECEIVED, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&target->vm->snp.lock);
	ref_kick(target);
}

static struct ref_vcpu *find_target(struct ref_vm *vm, uint32_t id)
{
	struct inproc_vm *host = vm->host;
	struct ref_vcpu *target = NULL;
	unsigned int i;

	pthread_mutex_lock(&host->lock);
	for (i = 0; i < host->nr_vcpus; i++)
		if (host->vcpus[i]->id == id)
			target = host->vcpus[i]->priv;
	pthread_mutex_unlock(&host->lock);
	return target;
}

/* SW_EXITINFO1: request and APIC ID; SW_EXITINFO2: GPA of the VMSA; RAX: its SEV_FEATURES. */
long nae_ap_creation(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	struct ref_vcpu *target = find_target(vcpu->vm, nae->info_1 >> 32);
	const uint32_t request = (uint32_t)nae->info_1;
	const uint64_t gpa = nae->info_2;

	if (!target || request > DESTROY)
		return ghcb_malformed(vcpu, GHCB_INVALID_INPUT);
	if (request != DESTROY &&
	    (nae->rax != vcpu->vm->snp.features || !PAGE_ALIGNED(gpa) ||
	     !(gpa % HUGE_PAGE) || gpa >= vcpu->host->vm->view_bit))
		return ghcb_malformed(vcpu, GHCB_INVALID_INPUT);

	pthread_mutex_lock(&vcpu->vm->snp.lock);
	if (request == CREATE_ON_INIT) {
		target->snp.on_init = gpa;
	} else {
		target->snp.vmsa = request == CREATE ? gpa : SNP_NO_VMSA;
		target->snp.on_init = SNP_NO_VMSA;
		send_to_look(target);
		wait_until_out(vcpu, target);
	}
	pthread_mutex_unlock(&vcpu->vm->snp.lock);
	return ghcb_done(vcpu, 0);
}

/* ---- the registers in a VMSA (APM 2, table B-4) ---- */

struct vmsa_segment {
	uint16_t selector, attributes;
	uint32_t limit;
	uint64_t base;
};

#define EFER_SVME	(1ull << 12)	/* which no ordinary VM of the engine's has */
#define SEV_FEATURES	0x3b0

static const struct {
	unsigned int at;
	size_t sregs;
} segments[] = {
	{ 0x00, offsetof(struct kvm_sregs, es) }, { 0x10, offsetof(struct kvm_sregs, cs) },
	{ 0x20, offsetof(struct kvm_sregs, ss) }, { 0x30, offsetof(struct kvm_sregs, ds) },
	{ 0x40, offsetof(struct kvm_sregs, fs) }, { 0x50, offsetof(struct kvm_sregs, gs) },
	{ 0x70, offsetof(struct kvm_sregs, ldt) }, { 0x90, offsetof(struct kvm_sregs, tr) },
};

static const struct {
	unsigned int at;
	size_t regs, sregs;		/* one of these; ~0: not there */
} quadwords[] = {
	{ 0x0d0, ~0ul, offsetof(struct kvm_sregs, efer) },
	{ 0x148, ~0ul, offsetof(struct kvm_sregs, cr4) },
	{ 0x150, ~0ul, offsetof(struct kvm_sregs, cr3) },
	{ 0x158, ~0ul, offsetof(struct kvm_sregs, cr0) },
	{ 0x240, ~0ul, offsetof(struct kvm_sregs, cr2) },
	{ 0x170, offsetof(struct kvm_regs, rflags), ~0ul },
	{ 0x178, offsetof(struct kvm_regs, rip), ~0ul },
	{ 0x1d8, offsetof(struct kvm_regs, rsp), ~0ul },
	{ 0x1f8, offsetof(struct kvm_regs, rax), ~0ul },
	{ 0x308, offsetof(struct kvm_regs, rcx), ~0ul },
	{ 0x310, offsetof(struct kvm_regs, rdx), ~0ul },
	{ 0x318, offsetof(struct kvm_regs, rbx), ~0ul },
	{ 0x328, offsetof(struct kvm_regs, rbp), ~0ul },
	{ 0x330, offsetof(struct kvm_regs, rsi), ~0ul },
	{ 0x338, offsetof(struct kvm_regs, rdi), ~0ul },
	{ 0x340, offsetof(struct kvm_regs, r8), ~0ul },
	{ 0x348, offsetof(struct kvm_regs, r9), ~0ul },
	{ 0x350, offsetof(struct kvm_regs, r10), ~0ul },
	{ 0x358, offsetof(struct kvm_regs, r11), ~0ul },
	{ 0x360, offsetof(struct kvm_regs, r12), ~0ul },
	{ 0x368, offsetof(struct kvm_regs, r13), ~0ul },
	{ 0x370, offsetof(struct kvm_regs, r14), ~0ul },
	{ 0x378, offsetof(struct kvm_regs, r15), ~0ul },
};

static void load_segment(struct kvm_segment *to, const unsigned char *vmsa, unsigned int at)
{
	struct vmsa_segment from;

	memcpy(&from, vmsa + at, sizeof(from));
	*to = (struct kvm_segment){
		.selector = from.selector, .base = from.base, .limit = from.limit,
		.type = from.attributes & 0xf, .s = from.attributes >> 4 & 1,
		.dpl = from.attributes >> 5 & 3, .present = from.attributes >> 7 & 1,
		.avl = from.attributes >> 8 & 1, .l = from.attributes >> 9 & 1,
		.db = from.attributes >> 10 & 1, .g = from.attributes >> 11 & 1,
		.unusable = !(from.attributes >> 7 & 1),
	};
}

static void load_table(struct kvm_dtable *to, const unsigned char *vmsa, unsigned int at)
{
	struct vmsa_segment from;

	memcpy(&from, vmsa + at, sizeof(from));
	*to = (struct kvm_dtable){ .base = from.base, .limit = (uint16_t)from.limit };
}

static int load_registers(struct ref_vcpu *vcpu, const unsigned char *vmsa)
{
	struct engine_vcpu *ev = vcpu->host->engine;
	struct kvm_regs regs = { 0 };
	struct kvm_sregs sregs;
	size_t i;
	int r;

	/* What the last instruction left open ends with the state that it belongs to. */
	r = engine->run(ev, &vcpu->host->exit, &vcpu->host->sigmask, true) ?:
	    engine->get_sregs(ev, &sregs);
	if (r)
		return r;
	for (i = 0; i < sizeof(segments) / sizeof(segments[0]); i++)
		load_segment((void *)((char *)&sregs + segments[i].sregs), vmsa, segments[i].at);
	load_table(&sregs.gdt, vmsa, 0x60);
	load_table(&sregs.idt, vmsa, 0x80);
	for (i = 0; i < sizeof(quadwords) / sizeof(quadwords[0]); i++) {
		char *to = quadwords[i].regs == ~0ul ? (char *)&sregs + quadwords[i].sregs :
						       (char *)&regs + quadwords[i].regs;

		memcpy(to, vmsa + quadwords[i].at, sizeof(uint64_t));
	}
	sregs.efer &= ~EFER_SVME;
	if (engine->set_table_bits)
		engine->set_table_bits(ev, vcpu->host->vm->view_bit);
	return engine->set_sregs(ev, &sregs) ?: engine->set_regs(ev, &regs);
}

/* Under snp.lock: 0, or -EINVAL where the page is no VMSA of the guest's. */
static long load(struct ref_vcpu *vcpu)
{
	const uint64_t gpa = vcpu->snp.vmsa;
	const unsigned char *vmsa;
	uint64_t features;

	vcpu->initialized = false;
	vcpu->snp.loaded = SNP_NO_VMSA;
	vmsa = inproc_gpa_to_hva(vcpu->host->vm, gpa, true, NULL);
	if (!vmsa || !find_page(&vcpu->vm->snp, gpa))
		return -EINVAL;
	memcpy(&features, vmsa + SEV_FEATURES, sizeof(features));
	if (features != vcpu->vm->snp.features || load_registers(vcpu, vmsa))
		return -EINVAL;
	vcpu->snp.loaded = gpa;
	vcpu->initialized = true;
	return 0;
}

long snp_take_vmsa(struct ref_vcpu *vcpu)
{
	long r = 0;

	pthread_mutex_lock(&vcpu->vm->snp.lock);
	if (__atomic_exchange_n(&vcpu->snp.load, false, __ATOMIC_SEQ_CST)) {
		if (vcpu->snp.vmsa == SNP_NO_VMSA) {
			vcpu->initialized = false;
			vcpu->mp_state.mp_state = KVM_MP_STATE_HALTED;
		} else {
			if (vcpu->mp_state.mp_state != KVM_MP_STATE_INIT_RECEIVED)
				vcpu->mp_state.mp_state = KVM_MP_STATE_RUNNABLE;
			r = load(vcpu);
		}
	}
	pthread_mutex_unlock(&vcpu->vm->snp.lock);
	return r;
}
