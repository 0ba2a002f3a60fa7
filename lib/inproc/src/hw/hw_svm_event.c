// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events at VMRUN and #VMEXIT (AMD APM 2, sections 15.20 and 15.21): what KVM injects, what
 * was being delivered, when an interrupt can be taken, and the interrupt shadow.  A model;
 * the shadow and the masking of NMIs are as good as the engine's.
 */
#include "base/base.h"
#include "hw_svm.h"
#include "vmcb.h"

/* INTn, INT3 and INTO return behind the instruction, which the VMCB says where it ends. */
static uint64_t next_of_soft_event(const struct world *w, uint32_t event)
{
	const uint32_t type = event & EVENT_TYPE, vector = event & EVENT_VECTOR;

	if (w->es || (type != EVENT_TYPE_SOFT &&
		      (type != EVENT_TYPE_EXEPT || (vector != 3 && vector != 4))))
		return 0;
	return get_u64(w->vmcb, VMCB_NEXT_RIP);
}

int svm_inject(struct world *w)
{
	const uint32_t event = get_u32(w->vmcb, VMCB_EVENT_INJ);
	const bool shadow = !w->es && (engine->features() & ENGINE_CAN_SHADOW) &&
			    (get_u64(w->vmcb, VMCB_INT_STATE) & INT_STATE_SHADOW);
	int ret;

	set_u32(w->vmcb, VMCB_EXIT_INT_INFO, 0);
	ret = world_inject(w, event, get_u32(w->vmcb, VMCB_EVENT_INJ + 4),
			   next_of_soft_event(w, event), shadow);
	if (!ret && w->event)
		set_u32(w->vmcb, VMCB_EVENT_INJ, 0);
	return ret;
}

/* What a nested page fault is to interrupt the delivery of; no event: nothing. */
static struct {
	uint32_t event, error;
} interrupted;

void hw_interrupt_delivery(uint32_t event, uint32_t error)
{
	interrupted.error = error;
	__atomic_store_n(&interrupted.event, event, __ATOMIC_RELEASE);
}

/* What was being delivered when the exit came is KVM's again. */
void svm_not_injected(struct world *w)
{
	uint32_t error;
	uint32_t event = world_not_injected(w, &error);

	if (!event && get_u64(w->vmcb, VMCB_EXIT_CODE) == EXIT_NPF) {
		event = __atomic_exchange_n(&interrupted.event, 0, __ATOMIC_ACQ_REL);
		error = interrupted.error;
	}
	if (!event)
		return;
	set_u32(w->vmcb, VMCB_EXIT_INT_INFO, event);
	set_u32(w->vmcb, VMCB_EXIT_INT_INFO + 4, error);
}

/*
 * With a virtual interrupt pending and its intercept, KVM waits for the guest to be able.
 * CR8 is intercepted when a lower one would let an interrupt through.  SVM's own instructions
 * are #UD to the engine.
 */
int svm_set_traps(struct world *w)
{
	const uint32_t intercepts = get_u32(w->vmcb, VMCB_INTERCEPT_1);
	const uint32_t can = w->es ? 0 : engine->features();
	uint32_t traps = 0;

	if ((get_u32(w->vmcb, VMCB_V_INTR) & V_IRQ) && (intercepts & INTERCEPT_1_VINTR))
		traps |= ENGINE_TRAP_WINDOW;
	if ((intercepts & INTERCEPT_1_CPUID) && (can & ENGINE_CAN_CPUID))
		traps |= ENGINE_TRAP_CPUID;
	if ((get_u32(w->vmcb, VMCB_INTERCEPT_CR) & INTERCEPT_CR_WRITE(8)) &&
	    (can & ENGINE_CAN_TPR))
		traps |= ENGINE_TRAP_TPR;
	return world_set_traps(w, traps, w->es ? 0 :
			       get_u32(w->vmcb, VMCB_INTERCEPT_EXCEPTION) | 1U << 6);
}

/* A virtual interrupt that nobody intercepts is the guest's, once it has interrupts enabled. */
void svm_virtual_interrupt(struct world *w)
{
	const bool pending = (get_u32(w->vmcb, VMCB_V_INTR) & V_IRQ) &&
			     !(get_u32(w->vmcb, VMCB_INTERCEPT_1) & INTERCEPT_1_VINTR);

	world_set_interrupt(w, pending ? get_u8(w->vmcb, VMCB_V_INTR_VECTOR) : -1);
}

void svm_virtual_interrupt_taken(struct world *w)
{
	if (world_interrupt_taken(w))
		set_u32(w->vmcb, VMCB_V_INTR, get_u32(w->vmcb, VMCB_V_INTR) & ~V_IRQ);
}

void svm_interrupt_state(struct world *w)
{
	struct kvm_regs regs;

	if (engine->get_regs(w->vcpu->engine, &regs))
		return;
	set_u64(w->vmcb, VMCB_INT_STATE,
		(regs.rflags & RFLAGS_IF ? INT_STATE_GUEST_IF : 0) |
		(w->vcpu->shadow ? INT_STATE_SHADOW : 0));
}
