// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest without instructions, in front of the engine in use: each time it goes on, a function
 * of the client's says which exit it makes next.  All but what the guest executes and its
 * registers is still the engine's.
 */
#include <stddef.h>
#include <string.h>

#include "engine.h"
#include "gpr.h"
#include "engine_script.h"
#include "script.h"
#include "sites.h"

#define MSR_AMD64_SEV_ES_GHCB	0xc0010130

/* What of the next exit the layer above has had: an SNP guest reads the MSR, and writes it. */
enum turn { TURN_BEGINS, TURN_MSR_READ, TURN_MSR_WRITTEN };

static struct kvm_script *script;
static enum turn turn;
static const struct engine_ops *real;
static struct engine_ops ops;

static void msr_exit(struct engine_exit *exit, bool write)
{
	exit->reason = ENGINE_EXIT_MSR;
	exit->msr.write = write;
	exit->msr.index = MSR_AMD64_SEV_ES_GHCB;
	exit->msr.data = script->ghcb_msr;
	exit->msr.error = false;
}

static void call_exit(struct engine_exit *exit, uint16_t port)
{
	static uint8_t al;

	exit->reason = ENGINE_EXIT_IO;
	exit->io.in = false;
	exit->io.size = exit->io.count = 1;
	exit->io.port = port;
	exit->io.data = &al;
	turn = TURN_BEGINS;
}

static int script_run(struct engine_vcpu *vcpu, struct engine_exit *exit, const void *sigmask,
		      bool immediate)
{
	(void)vcpu;
	(void)sigmask;
	exit->abandon = false;
	if (immediate) {
		exit->reason = ENGINE_EXIT_INTR;
		return 0;
	}
	switch (turn) {
	case TURN_BEGINS:
		if (script->td) {
			script->guest(script);
			call_exit(exit, TRAP_PORT_TDCALL);
			break;
		}
		msr_exit(exit, false);
		turn = TURN_MSR_READ;
		break;
	case TURN_MSR_READ:
		script->ghcb_msr = exit->msr.data;
		script->guest(script);
		msr_exit(exit, true);
		turn = TURN_MSR_WRITTEN;
		break;
	case TURN_MSR_WRITTEN:
		call_exit(exit, TRAP_PORT_VMGEXIT);
		break;
	}
	return 0;
}

static int script_get_regs(struct engine_vcpu *vcpu, struct kvm_regs *regs)
{
	(void)vcpu;
	memset(regs, 0, sizeof(*regs));
	for (unsigned int i = 0; i < KVM_SCRIPT_GPRS; i++)
		*gpr_of(regs, i) = script->gpr[i];
	return 0;
}

static int script_set_regs(struct engine_vcpu *vcpu, const struct kvm_regs *regs)
{
	struct kvm_regs copy = *regs;

	(void)vcpu;
	for (unsigned int i = 0; i < KVM_SCRIPT_GPRS; i++)
		script->gpr[i] = *gpr_of(&copy, i);
	return 0;
}

/* Whatever is injected has been delivered when the next exit comes. */
static int script_get_events(struct engine_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	(void)vcpu;
	memset(events, 0, sizeof(*events));
	return 0;
}

static int script_set_events(struct engine_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	(void)vcpu;
	(void)events;
	return 0;
}

void engine_script(struct kvm_script *new)
{
	if (!real)
		real = engine;
	script = new;
	turn = TURN_BEGINS;
	ops = *real;
	if (script) {
		ops.run = script_run;
		ops.get_regs = script_get_regs;
		ops.set_regs = script_set_regs;
		ops.get_events = script_get_events;
		ops.set_events = script_set_events;
	}
	engine = &ops;
}
