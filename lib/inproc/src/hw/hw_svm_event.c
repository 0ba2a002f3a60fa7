// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events at VMRUN and #VMEXIT (AMD APM 2, sections 15.20 and 15.21): what KVM injects, what
 * was being delivered, when an interrupt can be taken, and the interrupt shadow.  A model;
 * the shadow and the masking of NMIs are as good as the engine's.
 */
#include <errno.h>

#include "base/base.h"
#include "hw_svm.h"
#include "vmcb.h"

#define RFLAGS_IF	(1ULL << 9)

/* KVM hands over an event that the guest takes at once; it comes back if it could not. */
static int event_of_vmcb(struct world *w, struct kvm_vcpu_events *events)
{
	const uint32_t event = get_u32(w->vmcb, VMCB_EVENT_INJ);
	const uint8_t vector = event & EVENT_VECTOR;

	switch (event & EVENT_TYPE) {
	case EVENT_TYPE_INTR:
	case EVENT_TYPE_SOFT:
		events->interrupt.injected = 1;
		events->interrupt.nr = vector;
		events->interrupt.soft = (event & EVENT_TYPE) == EVENT_TYPE_SOFT;
		return 0;
	case EVENT_TYPE_NMI:
		events->nmi.injected = 1;
		return 0;
	case EVENT_TYPE_EXEPT:
		events->exception.injected = 1;
		events->exception.nr = vector;
		events->exception.has_error_code = !!(event & EVENT_VALID_ERR);
		events->exception.error_code = get_u32(w->vmcb, VMCB_EVENT_INJ + 4);
		return 0;
	}
	inproc_not_driven("injection of event %#x", event);
	return -EINVAL;
}

/* INTn, INT3 and INTO return behind the instruction, which the VMCB says where it ends. */
static int soft_event(struct world *w)
{
	const uint32_t event = get_u32(w->vmcb, VMCB_EVENT_INJ);
	const uint32_t type = event & EVENT_TYPE, vector = event & EVENT_VECTOR;
	const uint64_t next = get_u64(w->vmcb, VMCB_NEXT_RIP);
	struct kvm_regs regs;
	int ret;

	if (w->es || !next || (type != EVENT_TYPE_SOFT &&
			       (type != EVENT_TYPE_EXEPT || (vector != 3 && vector != 4))))
		return 0;
	ret = engine->get_regs(w->vcpu->engine, &regs);
	if (ret)
		return ret;
	w->soft_rip = regs.rip;
	regs.rip = next;
	return engine->set_regs(w->vcpu->engine, &regs);
}

/* It did not come to that. */
static void soft_event_back(struct world *w)
{
	struct kvm_regs regs;

	if (!w->soft_rip || engine->get_regs(w->vcpu->engine, &regs))
		return;
	regs.rip = w->soft_rip;
	engine->set_regs(w->vcpu->engine, &regs);
}

int svm_inject(struct world *w)
{
	const bool event = get_u32(w->vmcb, VMCB_EVENT_INJ) & EVENT_VALID;
	const bool shadows = !w->es && (engine->features() & ENGINE_CAN_SHADOW);
	const bool shadow = shadows &&
			    (get_u64(w->vmcb, VMCB_INT_STATE) & INT_STATE_SHADOW);
	struct kvm_vcpu_events events = { 0 };
	int ret;

	set_u32(w->vmcb, VMCB_EXIT_INT_INFO, 0);
	if (!event && shadow == w->vcpu->shadow)
		return 0;
	events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW;
	events.interrupt.shadow = shadow ? KVM_X86_SHADOW_INT_STI : 0;
	w->injects = event;
	if (event) {
		ret = event_of_vmcb(w, &events) ?: soft_event(w);
		if (ret)
			return ret;
		set_u32(w->vmcb, VMCB_EVENT_INJ, 0);
	}
	w->vcpu->shadow = shadow;
	return engine->set_events(w->vcpu->engine, &events);
}

/* What was being delivered when the exit came is KVM's again. */
void svm_not_injected(struct world *w)
{
	struct kvm_vcpu_events events = { 0 };
	uint32_t info = 0;

	if (engine->get_events(w->vcpu->engine, &events))
		return;
	w->vcpu->shadow = !!events.interrupt.shadow;
	if (events.interrupt.injected)
		info = EVENT_VALID | events.interrupt.nr |
		       (events.interrupt.soft ? EVENT_TYPE_SOFT : EVENT_TYPE_INTR);
	else if (events.nmi.injected)
		info = EVENT_VALID | EVENT_TYPE_NMI;
	else if (events.exception.injected)
		info = EVENT_VALID | EVENT_TYPE_EXEPT | events.exception.nr |
		       (events.exception.has_error_code ? EVENT_VALID_ERR : 0);
	if (!info)
		return;
	set_u32(w->vmcb, VMCB_EXIT_INT_INFO, info);
	set_u32(w->vmcb, VMCB_EXIT_INT_INFO + 4, events.exception.error_code);
	soft_event_back(w);
	events = (struct kvm_vcpu_events){ 0 };
	engine->set_events(w->vcpu->engine, &events);
}

/* SVM's own instructions are #UD to the engine. */
static int trap_exceptions(struct world *w)
{
	const uint32_t vectors = get_u32(w->vmcb, VMCB_INTERCEPT_EXCEPTION) | 1U << 6;

	if (vectors == w->vcpu->exceptions)
		return 0;
	w->vcpu->exceptions = vectors;
	return engine->trap_exceptions(w->vcpu->engine, vectors);
}

/*
 * With a virtual interrupt pending and its intercept, KVM waits for the guest to be able.
 * CR8 is intercepted when a lower one would let an interrupt through.
 */
int svm_set_traps(struct world *w)
{
	const uint32_t intercepts = get_u32(w->vmcb, VMCB_INTERCEPT_1);
	const uint32_t can = w->es ? 0 : engine->features();
	uint32_t traps = 0;
	int ret;

	if ((get_u32(w->vmcb, VMCB_V_INTR) & V_IRQ) && (intercepts & INTERCEPT_1_VINTR))
		traps |= ENGINE_TRAP_WINDOW;
	if ((intercepts & INTERCEPT_1_CPUID) && (can & ENGINE_CAN_CPUID))
		traps |= ENGINE_TRAP_CPUID;
	if ((get_u32(w->vmcb, VMCB_INTERCEPT_CR) & INTERCEPT_CR_WRITE(8)) &&
	    (can & ENGINE_CAN_TPR))
		traps |= ENGINE_TRAP_TPR;
	if (can & ENGINE_CAN_EXCEPTIONS) {
		ret = trap_exceptions(w);
		if (ret)
			return ret;
	}
	if (traps == w->vcpu->traps)
		return 0;
	w->vcpu->traps = traps;
	return engine->set_traps(w->vcpu->engine, traps);
}

/* A virtual interrupt that nobody intercepts is the guest's, once it has interrupts enabled. */
void svm_virtual_interrupt(struct world *w)
{
	const bool pending = (get_u32(w->vmcb, VMCB_V_INTR) & V_IRQ) &&
			     !(get_u32(w->vmcb, VMCB_INTERCEPT_1) & INTERCEPT_1_VINTR);

	engine->set_interrupt(w->vcpu->engine, pending ? get_u8(w->vmcb, VMCB_V_INTR_VECTOR) : -1);
	w->v_irq = pending;
}

void svm_virtual_interrupt_taken(struct world *w)
{
	if (w->v_irq && engine->interrupt_pending(w->vcpu->engine) < 0)
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
