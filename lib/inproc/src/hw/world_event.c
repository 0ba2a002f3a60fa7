// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events between a control block and the engine: those that KVM injects, those that were being
 * delivered at an exit, interrupts, and what the engine traps.  VMCB and VMCS have events in
 * one format (AMD APM 2, section 15.20; Intel SDM volume 3, "VM-Entry Controls for Event
 * Injection").
 */
#include <errno.h>

#include "base/base.h"
#include "world.h"

bool world_has_error(unsigned int vector)
{
	return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

/* KVM hands over an event that the guest takes at once; it comes back if it could not. */
static int to_engine(uint32_t event, uint32_t error, struct kvm_vcpu_events *events)
{
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
	case EVENT_TYPE_PRIV_SOFT:
	case EVENT_TYPE_SOFT_EXEPT:
		events->exception.injected = 1;
		events->exception.nr = vector;
		events->exception.has_error_code = !!(event & EVENT_VALID_ERR);
		events->exception.error_code = error;
		return 0;
	}
	inproc_not_driven("injection of event %#x", event);
	return -EINVAL;
}

/* RIP, which becomes @rip; 0: the engine does not say. */
static uint64_t move_rip(struct world *w, uint64_t rip)
{
	struct kvm_regs regs;
	uint64_t old;

	if (engine->get_regs(w->vcpu->engine, &regs))
		return 0;
	old = regs.rip;
	regs.rip = rip;
	return engine->set_regs(w->vcpu->engine, &regs) ? 0 : old;
}

int world_inject(struct world *w, uint32_t event, uint32_t error, uint64_t next, bool shadow)
{
	struct kvm_vcpu_events events = {
		.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW,
		.interrupt.shadow = shadow ? KVM_X86_SHADOW_INT_STI : 0,
	};
	int ret;

	if (!(event & EVENT_VALID))
		event = 0;
	w->event = event;
	if (!event && shadow == w->vcpu->shadow)
		return 0;
	if (event) {
		ret = to_engine(event, error, &events);
		if (ret)
			return ret;
		if (next) {
			w->soft_rip = move_rip(w, next);
			if (!w->soft_rip)
				return -EINVAL;
		}
	}
	w->vcpu->shadow = shadow;
	return engine->set_events(w->vcpu->engine, &events);
}

uint32_t world_not_injected(struct world *w, uint32_t *error)
{
	struct kvm_vcpu_events events = { 0 };
	uint32_t event = 0;

	if (engine->get_events(w->vcpu->engine, &events))
		return 0;
	w->vcpu->shadow = !!events.interrupt.shadow;
	if (events.interrupt.injected)
		event = EVENT_VALID | events.interrupt.nr |
			(events.interrupt.soft ? EVENT_TYPE_SOFT : EVENT_TYPE_INTR);
	else if (events.nmi.injected)
		event = EVENT_VALID | EVENT_TYPE_NMI;
	else if (events.exception.injected)
		event = EVENT_VALID | EVENT_TYPE_EXEPT | events.exception.nr |
			(events.exception.has_error_code ? EVENT_VALID_ERR : 0);
	if (!event)
		return 0;
	*error = events.exception.error_code;
	if (w->soft_rip)
		move_rip(w, w->soft_rip);
	/* The engine does not tell one kind of exception from another. */
	if (w->event && (w->event & EVENT_VECTOR) == (event & EVENT_VECTOR))
		event = w->event;
	events = (struct kvm_vcpu_events){ 0 };
	engine->set_events(w->vcpu->engine, &events);
	return event;
}

int world_reflect(struct world *w)
{
	const uint8_t vector = w->vcpu->exit.exception.vector;
	const struct kvm_vcpu_events events = { .exception = {
		.injected = 1, .nr = vector, .error_code = w->vcpu->exit.exception.error,
		.has_error_code = world_has_error(vector),
	} };

	return engine->set_events(w->vcpu->engine, &events);
}

int world_set_traps(struct world *w, uint32_t traps, uint32_t exceptions)
{
	struct src_vcpu *vcpu = w->vcpu;
	int ret = 0;

	if (exceptions != vcpu->exceptions && (engine->features() & ENGINE_CAN_EXCEPTIONS))
		ret = engine->trap_exceptions(vcpu->engine, exceptions);
	if (ret)
		return ret;
	vcpu->exceptions = exceptions;
	if (traps == vcpu->traps)
		return 0;
	vcpu->traps = traps;
	return engine->set_traps(vcpu->engine, traps);
}

void world_set_interrupt(struct world *w, int vector)
{
	engine->set_interrupt(w->vcpu->engine, vector);
	w->v_irq = vector >= 0;
}

bool world_interrupt_taken(struct world *w)
{
	return w->v_irq && engine->interrupt_pending(w->vcpu->engine) < 0;
}
