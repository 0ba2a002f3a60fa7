// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/cpu.c: what is told of CPUs that come.  A fake: a CPU comes when a
 * thread of the process first enters the image, and goes when a test says so.  The machine
 * does not sleep or reboot, or change the speed of its CPUs.
 */
#include <linux/cpu.h>
#include <linux/cpufreq.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/rwsem.h>

#include "task.h"

#define GLUE_MAX_STATES	16

static struct glue_state {
	bool used;
	enum cpuhp_state state;
	const char *name;
	int (*startup)(unsigned int cpu);
	int (*teardown)(unsigned int cpu);
} glue_states[GLUE_MAX_STATES];

static DECLARE_RWSEM(glue_hotplug_sem);

void cpus_read_lock(void)
{
	down_read(&glue_hotplug_sem);
}

void cpus_read_unlock(void)
{
	up_read(&glue_hotplug_sem);
}

int cpus_read_trylock(void)
{
	return down_read_trylock(&glue_hotplug_sem);
}

void cpus_write_lock(void)
{
	down_write(&glue_hotplug_sem);
}

void cpus_write_unlock(void)
{
	up_write(&glue_hotplug_sem);
}

void lockdep_assert_cpus_held(void)
{
	lockdep_assert_held(&glue_hotplug_sem);
}

struct glue_tell {
	int (*func)(unsigned int cpu);
	unsigned int cpu;
};

static int glue_tell(void *arg)
{
	struct glue_tell *tell = arg;

	return tell->func(tell->cpu);
}

static int glue_tell_cpu(int (*func)(unsigned int cpu), unsigned int cpu)
{
	struct glue_tell tell = { func, cpu };

	return glue_call_task(cpu, glue_tell, &tell);
}

/* The next one in their order behind @s, or before it if @down; from NULL on; or NULL. */
static struct glue_state *glue_state_next(const struct glue_state *s, bool down)
{
	struct glue_state *next = NULL;
	unsigned int i;

	for (i = 0; i < GLUE_MAX_STATES; i++) {
		struct glue_state *at = &glue_states[i];

		if (at->used && (!s || (down ? at->state < s->state : at->state > s->state)) &&
		    (!next || (down ? at->state > next->state : at->state < next->state)))
			next = at;
	}
	return next;
}

static void glue_set_online(unsigned int cpu, bool online)
{
	if (online)
		cpumask_set_cpu(cpu, &__cpu_online_mask);
	else
		cpumask_clear_cpu(cpu, &__cpu_online_mask);
	atomic_set(&__num_online_cpus, cpumask_weight(&__cpu_online_mask));
}

static void glue_start(struct glue_state *s, unsigned int cpu)
{
	const int ret = s->startup ? glue_tell_cpu(s->startup, cpu) : 0;

	if (ret)
		glue_not_driven("CPU %u does not come up: %s fails with %d", cpu, s->name, ret);
}

/* On that CPU, which has just got its first thread. */
void glue_hotplug_online(unsigned int cpu)
{
	struct glue_state *s;

	cpus_write_lock();
	glue_set_online(cpu, true);
	for (s = glue_state_next(NULL, false); s; s = glue_state_next(s, false))
		glue_start(s, cpu);
	cpus_write_unlock();
}

/* intel/vmx.c, of this CPU */
bool glue_vmx_on(void) __weak;

static int glue_is_vmx_on(unsigned int cpu)
{
	return glue_vmx_on();
}

/* When one of those who are told refuses, those who were told before are told that it stays. */
int glue_cpu_down(unsigned int cpu)
{
	struct glue_state *s;
	int ret = 0;

	if (cpu >= IMAGE_MAX_CPUS || !cpu_online(cpu))
		return -ENODEV;
	cpus_write_lock();
	for (s = glue_state_next(NULL, true); s && !ret; s = ret ? s : glue_state_next(s, true))
		if (s->teardown)
			ret = glue_tell_cpu(s->teardown, cpu);
	/* INIT, by which it would be started anew, is blocked there. */
	if (!ret && boot_cpu_data.x86_vendor == X86_VENDOR_INTEL && &glue_vmx_on &&
	    glue_tell_cpu(glue_is_vmx_on, cpu))
		glue_host->mem_bug(CONTROL_VMX_LEFT, "leaves a CPU in VMX operation that goes offline",
				   NULL);
	if (!ret)
		glue_set_online(cpu, false);
	while (ret && (s = glue_state_next(s, false)))
		glue_start(s, cpu);
	cpus_write_unlock();
	return ret;
}

static struct glue_state *glue_state_new(void)
{
	unsigned int i;

	for (i = 0; i < GLUE_MAX_STATES; i++)
		if (!glue_states[i].used)
			return &glue_states[i];
	glue_die("more than %d hotplug states", GLUE_MAX_STATES);
}

int __cpuhp_setup_state_cpuslocked(enum cpuhp_state state, const char *name, bool invoke,
				   int (*startup)(unsigned int cpu),
				   int (*teardown)(unsigned int cpu), bool multi_instance)
{
	static enum cpuhp_state next = CPUHP_AP_ONLINE_DYN;
	struct glue_state *s = glue_state_new();
	unsigned int cpu, failed;
	int ret = 0;

	/* One that is given out, or one's own: then 0 is returned. */
	if (state == CPUHP_AP_ONLINE_DYN)
		state = next++;
	for_each_online_cpu(cpu) {
		if (!invoke || !startup)
			break;
		ret = glue_tell_cpu(startup, cpu);
		if (!ret)
			continue;
		failed = cpu;
		for_each_online_cpu(cpu) {
			if (cpu == failed)
				break;
			if (teardown)
				glue_tell_cpu(teardown, cpu);
		}
		return ret;
	}
	s->state = state;
	s->name = name;
	s->startup = startup;
	s->teardown = teardown;
	s->used = true;
	return state >= CPUHP_AP_ONLINE_DYN && state < next ? state : 0;
}

int __cpuhp_setup_state(enum cpuhp_state state, const char *name, bool invoke,
			int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu),
			bool multi_instance)
{
	int ret;

	cpus_read_lock();
	ret = __cpuhp_setup_state_cpuslocked(state, name, invoke, startup, teardown,
					     multi_instance);
	cpus_read_unlock();
	return ret;
}

void __cpuhp_remove_state_cpuslocked(enum cpuhp_state state, bool invoke)
{
	unsigned int i, cpu;

	for (i = 0; i < GLUE_MAX_STATES; i++) {
		struct glue_state *s = &glue_states[i];

		if (!s->used || s->state != state)
			continue;
		for_each_online_cpu(cpu)
			if (invoke && s->teardown)
				glue_tell_cpu(s->teardown, cpu);
		s->used = false;
	}
}

void __cpuhp_remove_state(enum cpuhp_state state, bool invoke)
{
	cpus_read_lock();
	__cpuhp_remove_state_cpuslocked(state, invoke);
	cpus_read_unlock();
}

/* ---- nothing of this ever happens, so nobody has to be told ---- */

#define GLUE_NEVER(name)		\
	long glue_##name(void) asm(#name); \
	long glue_##name(void)		\
	{				\
		return 0;		\
	}

GLUE_NEVER(register_syscore)
GLUE_NEVER(unregister_syscore)
GLUE_NEVER(register_syscore_ops)
GLUE_NEVER(unregister_syscore_ops)
GLUE_NEVER(register_reboot_notifier)
GLUE_NEVER(unregister_reboot_notifier)
GLUE_NEVER(register_pm_notifier)
GLUE_NEVER(unregister_pm_notifier)
GLUE_NEVER(cpufreq_register_notifier)
GLUE_NEVER(cpufreq_unregister_notifier)
/* No policy; the speed is not known, and KVM takes the TSC's. */
GLUE_NEVER(cpufreq_cpu_get)
GLUE_NEVER(cpufreq_cpu_put)
GLUE_NEVER(cpufreq_quick_get)

/* No CPU is kept free of timers and work. */
GLUE_NEVER(housekeeping_enabled)
