// SPDX-License-Identifier: GPL-2.0-only
/*
 * Automatic exits of an SEV-ES guest that writes EFER, CR0, CR4 or CR8, which KVM cannot see in
 * the VMSA (AMD APM 2, sections 15.9 and 15.35.10): the write is done, and the exit says what was
 * written.  CR8 goes by V_TPR, too (15.21.2).  A model: engines tell of no such write, so these
 * exits come when the guest next makes a VMGEXIT, before that, one for each register that has
 * changed meanwhile; what it was in between is not told.
 */
#include <stddef.h>
#include <string.h>

#include "base/base.h"
#include "hw_svm.h"
#include "vmcb.h"

#define EFER_SVME		(1ULL << 12)	/* of the guest's, too, and the engine's has none */

/* VMCB_INTERCEPT_2 */
#define TRAP_EFER_WRITE		(1u << 15)
#define TRAP_CR_WRITE(n)	(1u << (16 + (n)))

enum { EFER, CR0, CR4, CR8 };

static const struct {
	size_t sregs;
	uint32_t intercept;
	uint16_t code;
	uint64_t always;
} traps[SVM_WRITE_TRAPS] = {
	[EFER] = { offsetof(struct kvm_sregs, efer), TRAP_EFER_WRITE, 0x8f, EFER_SVME },
	[CR0] = { offsetof(struct kvm_sregs, cr0), TRAP_CR_WRITE(0), 0x90, 0 },
	[CR4] = { offsetof(struct kvm_sregs, cr4), TRAP_CR_WRITE(4), 0x94, 0 },
	[CR8] = { offsetof(struct kvm_sregs, cr8), TRAP_CR_WRITE(8), 0x98, 0 },
};

static uint64_t value_of(const struct kvm_sregs *sregs, unsigned int i)
{
	uint64_t value;

	memcpy(&value, (const char *)sregs + traps[i].sregs, sizeof(value));
	return value;
}

static uint8_t v_tpr(const struct world *w)
{
	return get_u32(w->vmcb, VMCB_V_INTR) & V_TPR;
}

/* What is written from now on traps; V_TPR is the guest's CR8.  0 or -errno. */
int svm_write_traps_enter(struct world *w)
{
	struct svm_written *written = &w->vcpu->written;
	struct kvm_sregs sregs;
	int ret;

	if (written->known && written->v_tpr == v_tpr(w))
		return 0;
	ret = engine->get_sregs(w->vcpu->engine, &sregs);
	if (ret)
		return ret;
	if (sregs.cr8 != v_tpr(w)) {
		sregs.cr8 = v_tpr(w);
		ret = engine->set_sregs(w->vcpu->engine, &sregs);
	}
	for (unsigned int i = 0; i < SVM_WRITE_TRAPS && !written->known; i++)
		written->value[i] = value_of(&sregs, i);
	/* What KVM has set there itself is no write of the guest's. */
	written->value[CR8] = sregs.cr8;
	written->v_tpr = v_tpr(w);
	written->known = true;
	return ret;
}

/* The next register that was written. */
static bool trap(struct world *w)
{
	const uint32_t intercepts = get_u32(w->vmcb, VMCB_INTERCEPT_2);
	struct svm_written *written = &w->vcpu->written;
	struct kvm_sregs sregs;

	if (engine->get_sregs(w->vcpu->engine, &sregs))
		return false;
	written->v_tpr = sregs.cr8 & V_TPR;
	set_u32(w->vmcb, VMCB_V_INTR, (get_u32(w->vmcb, VMCB_V_INTR) & ~V_TPR) | written->v_tpr);
	for (unsigned int i = 0; i < SVM_WRITE_TRAPS; i++) {
		const uint64_t value = value_of(&sregs, i);

		if (value == written->value[i])
			continue;
		written->value[i] = value;
		if (!(intercepts & traps[i].intercept))
			continue;
		vmexit(w, traps[i].code, value | traps[i].always, 0);
		return true;
	}
	return false;
}

void svm_write_traps_leave(struct world *w)
{
	w->vcpu->written.before_vmgexit =
		get_u64(w->vmcb, VMCB_EXIT_CODE) == EXIT_VMGEXIT && trap(w);
}

bool svm_write_traps_go_on(struct world *w)
{
	const uint32_t event = get_u32(w->vmcb, VMCB_EVENT_INJ);

	if (!w->vcpu->written.before_vmgexit)
		return false;
	/* The guest does not run: what KVM injects is not delivered. */
	set_u32(w->vmcb, VMCB_EXIT_INT_INFO, event & EVENT_VALID ? event : 0);
	set_u32(w->vmcb, VMCB_EXIT_INT_INFO + 4, get_u32(w->vmcb, VMCB_EVENT_INJ + 4));
	if (!trap(w)) {
		w->vcpu->written.before_vmgexit = false;
		vmexit(w, EXIT_VMGEXIT, 0, 0);
	}
	return true;
}
