// SPDX-License-Identifier: GPL-2.0-only
/*
 * Races of a hostile guest, or a hostile VMM, with kernel code, made deterministic: a page
 * of its memory is watched, every access of kernel code to it is noticed before it is
 * made, and at one of them the memory is changed, as another thread could have.
 *
 * Copies (kvm_read_guest(), copy_from_user() and their kin) announce themselves.  A page
 * that kernel code has mapped, or accesses where the VMM has it, is taken away from it by
 * mprotect() while kernel code runs: the access faults, and the one instruction is
 * single-stepped with the page given back.  The guest and the VMM never see the page gone.
 *
 * What is exact: an access is one instruction, or one round of a string
 * instruction, or one copy.  What is not: an access that begins in the eight
 * bytes in which the watched range begins counts as one to it, since a fault does
 * not tell how many bytes it is about.
 *
 * One page is watched, for one vCPU thread: others must not be in KVM_RUN.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/base.h"
#include "control.h"
#include "race.h"
#include "src/image/loader.h"
#include "src/sched/sched.h"
#include "watch.h"

#define PAGE_OF(p)	((void *)((uintptr_t)(p) & ~(PAGE_SIZE - 1)))
#define OFFSET_IN(p)	((uintptr_t)(p) & (PAGE_SIZE - 1))

#define TRAP_DB		1
#define TRAP_PF		14
#define FLAGS_TF	(1UL << 8)

/*
 * A race with the guest is about one event: from the guest's VMGEXIT until the guest runs
 * again, with the VMM's part of it, if there is one, in between.  With the VMM it is about
 * what comes next.
 */
enum race_state { RACE_NONE, RACE_ARMED, RACE_EVENT, RACE_OVER };

static struct {
	enum race_state state;
	bool inside;		/* kernel code runs */
	bool open;		/* for an instruction or a copy, though it is watched */
	bool stepping;		/* it is an instruction */
	bool protected;		/* from kernel code */
	struct control_race race;
	char *mapped;		/* where kernel code has the page, NULL: nowhere */
	unsigned int nr;
	uintptr_t ip[CONTROL_ACCESSES];
} watch;

static bool is_watched_page(const void *hva)
{
	return watch.state != RACE_NONE && PAGE_OF(hva) == PAGE_OF(watch.race.hva);
}

/* All accesses wanted have been seen: from here on kernel code may run at full speed. */
static bool watched_enough(void)
{
	return watch.race.nth && watch.nr >= watch.race.nth;
}

static void update_protection(void)
{
	bool protect = watch.state == RACE_EVENT && watch.inside && watch.mapped && !watch.open &&
		    !watched_enough();

	if (protect == watch.protected)
		return;
	if (mprotect(watch.mapped, PAGE_SIZE, protect ? PROT_NONE : PROT_READ | PROT_WRITE)) {
		inproc_diag("cannot watch the guest page at %p: %s", watch.mapped, strerror(errno));
		abort();
	}
	watch.protected = protect;
}

/* Before the access that @ip makes; the page is given back. */
static void accessed(uintptr_t ip)
{
	if (watched_enough())
		return;
	if (watch.nr < CONTROL_ACCESSES)
		watch.ip[watch.nr] = ip;
	watch.nr++;
	if (watch.race.change && (!watch.race.nth || watch.nr == watch.race.nth))
		watch.race.change(watch.race.data);
}

/* Are bytes @from to @to of the page, counted from its start, watched? */
static bool hits(uintptr_t from, uintptr_t to)
{
	uintptr_t start = OFFSET_IN(watch.race.hva);

	return from < start + watch.race.size && to > (start & ~7UL);
}

bool race_trap(struct image_regs *regs)
{
	uintptr_t offset = regs->fault_address - (uintptr_t)watch.mapped;

	if (regs->trapno == TRAP_DB && watch.stepping) {
		regs->flags &= ~FLAGS_TF;
		watch.stepping = false;
		watch.open = false;
		update_protection();
		return true;
	}
	if (regs->trapno != TRAP_PF || !watch.protected || offset >= PAGE_SIZE)
		return false;

	watch.open = true;
	update_protection();
	/* The process's own code may read the page too: no race of the kernel's. */
	if (image_contains(regs->ip) && hits(offset, offset + 1))
		accessed(regs->ip);
	watch.stepping = true;
	regs->flags |= FLAGS_TF;
	return true;
}

IMAGE_CALL void race_copy_begin(void *hva, unsigned long len, unsigned long caller)
{
	if (watch.state != RACE_EVENT || !is_watched_page(hva))
		return;
	watch.open = true;
	update_protection();
	if (hits(OFFSET_IN(hva), OFFSET_IN(hva) + len))
		accessed(caller - 1);
}

IMAGE_CALL void race_copy_end(void)
{
	if (watch.state != RACE_EVENT)
		return;
	watch.open = false;
	update_protection();
}

IMAGE_CALL void race_mapped(void *hva, void *kaddr)
{
	if (!is_watched_page(hva))
		return;
	watch.mapped = PAGE_OF(kaddr);
	update_protection();
}

IMAGE_CALL void race_unmapped(void *kaddr)
{
	if (!watch.mapped || PAGE_OF(kaddr) != watch.mapped)
		return;
	watch.open = true;
	update_protection();
	watch.mapped = NULL;
	watch.open = false;
}

void race_kernel_runs(bool runs)
{
	watch.inside = runs;
	if (watch.state != RACE_NONE)
		update_protection();
}

void race_guest_enters(void)
{
	race_kernel_runs(false);
	sched_point(CONTROL_POINT_GUEST, NULL, "the guest", 1, 0);
	if (watch.state == RACE_EVENT && watch.race.of != CONTROL_RACE_VMM)
		watch.state = RACE_OVER;
}

void race_guest_left(bool vmgexit)
{
	if (vmgexit && watch.state == RACE_ARMED)
		watch.state = RACE_EVENT;
	race_kernel_runs(true);
	sched_point(CONTROL_POINT_HOST, NULL, "what comes after the guest", 1, 0);
}

int race_start(const struct control_race *race, const struct src_vcpu *vcpu)
{
	void *mapped = NULL;

	if (!race->size || PAGE_OF(race->hva) != PAGE_OF((char *)race->hva + race->size - 1))
		return -EINVAL;
	if (watch.state != RACE_NONE || watch.inside)
		return -EBUSY;
	if (race->of == CONTROL_RACE_RUN)
		mapped = vcpu ? vcpu->run : NULL;
	else if (race->of == CONTROL_RACE_VMM)
		mapped = PAGE_OF(race->hva);
	if (race->of != CONTROL_RACE_GUEST && !mapped)
		return -EINVAL;
	watch.race = *race;
	watch.nr = 0;
	watch.mapped = mapped;
	watch.state = race->of == CONTROL_RACE_GUEST ? RACE_ARMED : RACE_EVENT;
	return 0;
}

unsigned int race_stop(void)
{
	watch.state = RACE_NONE;
	update_protection();
	watch.mapped = NULL;
	return watch.nr;
}

const char *race_access(unsigned int idx, char *buf, unsigned long len)
{
	if (idx >= watch.nr || idx >= CONTROL_ACCESSES)
		return NULL;
	return image_describe(watch.ip[idx], buf, len);
}
