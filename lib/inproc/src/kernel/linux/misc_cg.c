// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/cgroup/misc.c, the "misc" controller, which limits how many KeyIDs and
 * ASIDs a group's VMs may have.  A fake: all are in one of two groups, and a test says which, and
 * when its limit is reached.
 */
#include <linux/misc_cgroup.h>

#include "glue.h"
#include "glue_probe.h"

/* The groups' own references, never given up: they stay beyond all VMs. */
static void glue_cgroup_gone(struct percpu_ref *ref)
{
	glue_host->mem_bug(CONTROL_MEM_FREED, "put a cgroup more often than it was got", GLUE_CALLER);
	atomic_long_set(&ref->data->count, 1);
}

static struct percpu_ref_data glue_cgroup_refs[CONTROL_NR_CGROUPS] = {
	{ .count = ATOMIC_LONG_INIT(1), .release = glue_cgroup_gone },
	{ .count = ATOMIC_LONG_INIT(1), .release = glue_cgroup_gone },
};
/* Counted in one number for all CPUs. */
static struct misc_cg glue_misc_cgs[CONTROL_NR_CGROUPS] = {
	{ .css.refcnt = { __PERCPU_REF_ATOMIC, &glue_cgroup_refs[0] } },
	{ .css.refcnt = { __PERCPU_REF_ATOMIC, &glue_cgroup_refs[1] } },
};
static struct css_set glue_css_set = { .subsys[misc_cgrp_id] = &glue_misc_cgs[0].css };

void glue_cgroup_init(struct task_struct *task)
{
	RCU_INIT_POINTER(task->cgroups, &glue_css_set);
}

void glue_cgroup(unsigned int nr)
{
	glue_css_set.subsys[misc_cgrp_id] = &glue_misc_cgs[nr].css;
}

unsigned long glue_charged(unsigned int nr, enum control_charge what)
{
#ifdef CONFIG_KVM_AMD_SEV
	const enum misc_res_type type = what == CONTROL_CHARGE_SEV ? MISC_CG_RES_SEV :
								     MISC_CG_RES_SEV_ES;

	return atomic64_read(&glue_misc_cgs[nr].res[type].usage);
#else
	return 0;
#endif
}

/* Once it was told of its references are forgotten, so that it is not told again. */
bool glue_cgroup_left(unsigned int nr)
{
	return atomic_long_xchg(&glue_cgroup_refs[nr].count, 1) > 1;
}

/* What the machine has; 0: none, so that nothing can be charged. */
static u64 glue_misc_capacity[MISC_CG_RES_TYPES];

int misc_cg_set_capacity(enum misc_res_type type, u64 capacity)
{
	glue_misc_capacity[type] = capacity;
	return 0;
}

static bool glue_exceeds_capacity(enum misc_res_type type, u64 amount)
{
	unsigned int i;

	for (i = 0; i < CONTROL_NR_CGROUPS; i++)
		amount += atomic64_read(&glue_misc_cgs[i].res[type].usage);
	return amount > glue_misc_capacity[type];
}

int misc_cg_try_charge(enum misc_res_type type, struct misc_cg *cg, u64 amount)
{
	if (glue_host->step_fails(CONTROL_STEP_CHARGE) || glue_exceeds_capacity(type, amount))
		return -EBUSY;
	atomic64_add(amount, &cg->res[type].usage);
	return 0;
}

void misc_cg_uncharge(enum misc_res_type type, struct misc_cg *cg, u64 amount)
{
	if (!cg)
		return;
	WARN_ONCE(atomic64_add_negative(-amount, &cg->res[type].usage),
		  "misc cgroup resource %d became less than 0", type);
	/* The next one that is short of it has to show as well. */
	if (atomic64_read(&cg->res[type].usage) < 0)
		atomic64_set(&cg->res[type].usage, 0);
}

/*
 * More for KeyIDs, or more references, than the @ids that are in use?  Then not any more: it is
 * told once.
 */
bool glue_keyids_overcharged(unsigned int ids)
{
#if defined(CONFIG_INTEL_TDX_HOST) && defined(HAVE_MISC_CG_RES_TDX)
	atomic64_t *usage = &glue_misc_cgs[0].res[MISC_CG_RES_TDX].usage;
	atomic_long_t *refs = &glue_cgroup_refs[0].count;
	unsigned int looks;

	/* Another VM may be between its KeyID and the charge for it. */
	for (looks = 0; looks < 1000; looks++) {
		if (atomic64_read(usage) <= ids && atomic_long_read(refs) <= ids + 1)
			return false;
		glue_host->yield();
	}
	atomic64_set(usage, ids);
	atomic_long_set(refs, ids + 1);
	return true;
#else
	return false;
#endif
}
