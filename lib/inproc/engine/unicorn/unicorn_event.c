// SPDX-License-Identifier: GPL-2.0-only
/*
 * The delivery of exceptions and interrupts, which Unicorn leaves to its caller.
 */
#include <errno.h>
#include <string.h>

#include "unicorn_engine.h"

#define RFLAGS_CLEARED	((1ULL << 8) | (1ULL << 14) | (1ULL << 16))	/* TF, NT, RF */
#define RFLAGS_IF	(1ULL << 9)

struct idt_gate {
	uint16_t offset0, selector;
	uint8_t ist, type;
	uint16_t offset1;
	uint32_t offset2, reserved;
} __attribute__((packed));

/* bytes, of a gate of 32-bit code */
#define GATE32_SIZE	8

static bool has_error_code(const struct event *event)
{
	const unsigned int vector = event->vector;

	return event->kind == EVENT_EXCEPTION &&
	       (vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21);
}

static bool shutdown(struct engine_exit *exit)
{
	exit->reason = ENGINE_EXIT_SHUTDOWN;
	return true;
}

/* Memory is missing: the event comes again when it is there.  Any other fault is the end. */
static bool not_delivered(struct engine_vcpu *vcpu, struct engine_exit *exit,
			  const struct event *event, const struct access *access,
			  enum walk_result result, const struct walk *walk)
{
	if (result != WALK_NO_RAM)
		return shutdown(exit);
	vcpu->event = *event;
	return unicorn_access_failed(vcpu, exit, access, result, walk);
}

/*
 * 64-bit interrupt delivery without a change of privilege (Intel SDM volume 3,
 * 6.14; AMD APM volume 2, 8.9).  Where it fails the CPU would raise another
 * exception and in the end shut down; this goes to the end at once.
 */
bool unicorn_deliver(struct engine_vcpu *vcpu, struct engine_exit *exit,
		     const struct event *event)
{
	const uint64_t entry = event->vector * sizeof(struct idt_gate);
	uint64_t frame[6], rsp, rflags, ist;
	struct access access;
	struct idt_gate gate;
	enum walk_result r;
	struct walk walk;
	uc_x86_mmr idt;
	size_t skip;

	vcpu->event.kind = EVENT_NONE;
	uc_reg_read(vcpu->uc, UC_X86_REG_IDTR, &idt);
	/* 32-bit code has handlers nowhere yet, but it may run without any. */
	if (vcpu->mode32 && event->vector * GATE32_SIZE + GATE32_SIZE - 1U > idt.limit)
		return shutdown(exit);
	if (vcpu->mode32)
		return unicorn_fail(vcpu, exit, "exception %u in 32-bit code", event->vector);
	if (entry + sizeof(gate) - 1 > idt.limit)
		return shutdown(exit);
	r = unicorn_virt(vcpu, idt.base + entry, &gate, sizeof(gate), false, &access, &walk);
	if (r != WALK_OK)
		return not_delivered(vcpu, exit, event, &access, r, &walk);
	if (!(gate.type & 0x80) || ((gate.type & 0x1f) != 0x0e && (gate.type & 0x1f) != 0x0f))
		return shutdown(exit);

	rsp = unicorn_reg(vcpu, UC_X86_REG_RSP);
	rflags = unicorn_reg(vcpu, UC_X86_REG_RFLAGS) | 2;
	frame[0] = event->error;
	frame[1] = vcpu->rip;
	frame[2] = vcpu->sregs.cs.selector;
	frame[3] = rflags;
	frame[4] = rsp;
	frame[5] = vcpu->sregs.ss.selector;
	if (gate.ist & 7) {
		ist = vcpu->sregs.tr.base + 0x24 + 8 * ((gate.ist & 7) - 1);
		r = unicorn_virt(vcpu, ist, &rsp, sizeof(rsp), false, &access, &walk);
		if (r != WALK_OK)
			return not_delivered(vcpu, exit, event, &access, r, &walk);
	}
	skip = has_error_code(event) ? 0 : 1;
	rsp = (rsp & ~15ULL) - (sizeof(frame) - skip * sizeof(frame[0]));
	r = unicorn_virt(vcpu, rsp, frame + skip, sizeof(frame) - skip * sizeof(frame[0]), true,
			 &access, &walk);
	if (r != WALK_OK)
		return not_delivered(vcpu, exit, event, &access, r, &walk);

	rflags &= ~RFLAGS_CLEARED;
	if ((gate.type & 0x1f) == 0x0e)
		rflags &= ~RFLAGS_IF;
	unicorn_set_reg(vcpu, UC_X86_REG_RFLAGS, rflags);
	unicorn_set_reg(vcpu, UC_X86_REG_RSP, rsp);
	vcpu->rip = gate.offset0 | (uint64_t)gate.offset1 << 16 | (uint64_t)gate.offset2 << 32;
	return false;
}

bool unicorn_exception(struct engine_vcpu *vcpu, struct engine_exit *exit, unsigned int vector,
		       uint32_t error)
{
	if (vector < 32 && (vcpu->exceptions & (1U << vector))) {
		exit->reason = ENGINE_EXIT_EXCEPTION;
		exit->exception.vector = vector;
		exit->exception.error = error;
		return true;
	}
	return unicorn_deliver(vcpu, exit, &(struct event){ EVENT_EXCEPTION, vector, error });
}

bool unicorn_access_failed(struct engine_vcpu *vcpu, struct engine_exit *exit,
			   const struct access *access, enum walk_result result,
			   const struct walk *walk)
{
	if (result == WALK_FAULT) {
		vcpu->sregs.cr2 = access->va;
		return unicorn_exception(vcpu, exit, VECTOR_PF, walk->error);
	}
	if (result == WALK_NOT_CANONICAL)
		return unicorn_exception(vcpu, exit, VECTOR_GP, 0);
	memset(&exit->mem, 0, sizeof(exit->mem));
	exit->reason = ENGINE_EXIT_MEM;
	exit->mem.gpa = walk->gpa;
	exit->mem.walk = walk->table;
	if (walk->table) {
		exit->mem.gpa &= ~(PAGE_SIZE - 1);
		exit->mem.len = PAGE_SIZE;
		return true;
	}
	exit->mem.len = access->fetch ? 1 : access->len;
	exit->mem.write = access->write;
	exit->mem.fetch = access->fetch;
	if (access->len <= sizeof(exit->mem.data))
		memcpy(exit->mem.data, &access->value, access->len);
	return true;
}

/* ---- as the caller gives and gets them ---- */

int engine_unicorn_get_events(struct engine_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	const struct event *event = &vcpu->event;

	memset(events, 0, sizeof(*events));
	switch (event->kind) {
	case EVENT_NONE:
		break;
	case EVENT_EXCEPTION:
		events->exception.injected = 1;
		events->exception.nr = event->vector;
		events->exception.has_error_code = has_error_code(event);
		events->exception.error_code = event->error;
		break;
	case EVENT_INTERRUPT:
		events->interrupt.injected = 1;
		events->interrupt.nr = event->vector;
		break;
	case EVENT_NMI:
		events->nmi.injected = 1;
		break;
	}
	return 0;
}

int engine_unicorn_set_events(struct engine_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	struct event event = { EVENT_NONE, 0, 0 };

	if (events->interrupt.shadow || events->nmi.masked || events->smi.smm ||
	    events->exception.pending)
		return -EOPNOTSUPP;
	if (events->exception.injected)
		event = (struct event){ EVENT_EXCEPTION, events->exception.nr,
					events->exception.error_code };
	else if (events->nmi.injected || events->nmi.pending)
		event = (struct event){ EVENT_NMI, VECTOR_NMI, 0 };
	else if (events->interrupt.injected)
		event = (struct event){ EVENT_INTERRUPT, events->interrupt.nr, 0 };
	vcpu->event = event;
	return 0;
}

int engine_unicorn_set_traps(struct engine_vcpu *vcpu, uint32_t traps)
{
	if (traps & ~(ENGINE_TRAP_WINDOW | ENGINE_TRAP_STEP | ENGINE_TRAP_TPR | ENGINE_TRAP_CPUID |
		      ENGINE_TRAP_CR))
		return -EOPNOTSUPP;
	vcpu->traps = traps;
	return 0;
}

int engine_unicorn_trap_exceptions(struct engine_vcpu *vcpu, uint32_t vectors)
{
	vcpu->exceptions = vectors;
	return 0;
}
