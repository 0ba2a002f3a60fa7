// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest between its entry and its exit, whichever vendor's: memory from nested page tables,
 * and the engine's run.
 */
#include <string.h>

#include "base/base.h"
#include "src/image/loader.h"
#include "src/watch/memory.h"
#include "vmcb.h"
#include "world.h"

/* ---- memory ---- */

/* Is what the engine has still so? */
static bool still_mapped(void *data, uint64_t gpa, uint64_t pa, bool writable)
{
	struct npt_entry e;

	return !npt_walk(data, gpa, &e) && e.pa == pa && e.writable == writable;
}

/* Is it no more than what the page tables say?  More than it has the CPU finds by itself. */
static bool still_granted(void *data, uint64_t gpa, uint64_t pa, bool writable)
{
	struct npt_entry e;

	return !npt_walk(data, gpa, &e) && e.pa == pa && (e.writable || !writable);
}

void world_flush(struct world *w)
{
	gtlb_flush(w->vcpu->vm->gtlb, still_mapped, &w->npt);
}

void world_map_faulted(struct world *w)
{
	uint64_t gpa = w->vcpu->npf_gpa;
	struct npt_entry e;

	if (!gpa)
		return;
	w->vcpu->npf_gpa = 0;
	if (!npt_walk(&w->npt, gpa, &e) && e.readable && !npt_rmp_fault_waits(&w->npt, gpa))
		gtlb_map(w->vcpu->vm->gtlb, w->vcpu->npf_at, gpa, e.pa, e.writable);
}

/*
 * A fault comes before its instruction: KVM may emulate it.  Where the engine has it done but
 * for the write, and cannot undo it, that write is done when KVM has mapped the page; false:
 * it has not, so it wanted the instruction.
 */
static bool before_access(struct world *w, uint64_t gpa)
{
	struct engine_exit *exit = &w->vcpu->exit;

	if (exit->mem.retired && engine->unwind(w->vcpu->engine, exit)) {
		if (w->vcpu->retired_gpa == gpa) {
			inproc_not_driven("engine %s cannot undo the instruction that writes to GPA "
					  "0x%llx", engine->name,
					  (unsigned long long)exit->mem.gpa);
			return false;
		}
		w->vcpu->retired_gpa = gpa;
		return true;
	}
	w->vcpu->retired_gpa = 0;
	exit->abandon = true;
	return true;
}

enum world_memory world_memory(struct world *w, struct world_fault *fault)
{
	struct engine_exit *exit = &w->vcpu->exit;
	const uint64_t at = exit->mem.gpa & ~0xfffULL;
	struct npt_entry *e = &fault->entry;
	int ret;

	fault->write = exit->mem.write;
	fault->gpa = at;
	/*
	 * A guest's page tables are private, whatever the C-bit says, and written to, since
	 * their accessed bits may have to be set.  An engine that does not look for them there
	 * has that page in place of the shared one, until the next flush.
	 */
	if (exit->mem.walk) {
		fault->gpa |= w->npt.view_bit;
		fault->write = true;
	}
	fault->error = npt_walk(&w->npt, fault->gpa, e);
	if (!fault->error && (!e->readable || (fault->write && !e->writable)))
		fault->error = NPF_PRESENT;
	if (!fault->error && npt_rmp_fault_comes(&w->npt, fault->gpa))
		fault->error = NPF_PRESENT | NPF_RMP;
	if (!fault->error) {
		ret = gtlb_map(w->vcpu->vm->gtlb, at, fault->gpa, e->pa, e->writable);
		if (!ret)
			return WORLD_MEMORY_THERE;
		inproc_diag("engine %s cannot map GPA 0x%llx: %s", engine->name,
			    (unsigned long long)fault->gpa, strerror(-ret));
		return WORLD_MEMORY_FAILED;
	}
	if (!w->es && !before_access(w, fault->gpa))
		return WORLD_MEMORY_FAILED;
	w->vcpu->npf_gpa = fault->gpa;
	w->vcpu->npf_at = at;
	return WORLD_MEMORY_FAULT;
}

/* ---- the engine's run ---- */

/*
 * An event that KVM injects is delivered before an interrupt that waits ends the guest, which
 * KVM counts on when it sends itself one.  Engines look for an interrupt first: the guest goes
 * on as far as the first instruction of its handler, and so one further than on hardware.
 */
void world_enter(struct world *w)
{
	struct src_vcpu *vcpu = w->vcpu;

	gtlb_enters(vcpu->vm->gtlb);
	gtlb_compare(vcpu->vm->gtlb, still_granted, &w->npt);
	vcpu->delivers = w->event && image->irq_pending() &&
			 (engine->features() & ENGINE_CAN_STEP) &&
			 !engine->set_traps(vcpu->engine, vcpu->traps | ENGINE_TRAP_STEP);
}

/* The engine may have to finish an instruction to drop it, with writes to memory. */
void world_leave(struct world *w)
{
	struct src_vcpu *vcpu = w->vcpu;

	if (vcpu->delivers)
		engine->set_traps(vcpu->engine, vcpu->traps);
	vcpu->delivers = false;
	if (vcpu->exit.abandon && engine->run(vcpu->engine, &vcpu->exit, &vcpu->sigmask, true))
		inproc_diag("engine %s does not drop an instruction", engine->name);
}
