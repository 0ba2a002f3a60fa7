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

/* ---- before an entry ---- */

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
	memcpy(&features, vmsa + VMSA_SEV_FEATURES, sizeof(features));
	if (features != vcpu->vm->snp.features || snp_load_vmsa(vcpu, vmsa))
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
