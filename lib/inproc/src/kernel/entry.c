// SPDX-License-Identifier: GPL-2.0-only
/*
 * Glue: the image's entry point, where it and the process exchange tables of functions.
 */
#include <generated/utsrelease.h>
#include <linux/kvm.h>
#include <linux/sched.h>

#include "glue.h"

const struct image_host *glue_host;

extern char __per_cpu_start[], __per_cpu_end[];

static int glue_init(const struct image_cpu *cpu)
{
	return glue_boot(cpu) ?: glue_initcalls() ?: glue_modules_init(cpu);
}

/* A task enters the kernel for each of these, and leaves it after that (linux/task.c). */
#define GLUE_CALL(ret, name, params, args)	\
	static ret glue_call_##name params	\
	{					\
		ret r;				\
						\
		glue_enter();			\
		r = glue_##name args;		\
		glue_leave();			\
		return r;			\
	}

#define GLUE_CALL_VOID(name, params, args)	\
	static void glue_call_##name params	\
	{					\
		glue_enter();			\
		glue_##name args;		\
		glue_leave();			\
	}

GLUE_CALL(int, init, (const struct image_cpu *cpu), (cpu))
GLUE_CALL(long, open, (const char *name, unsigned int flags, void **file), (name, flags, file))
GLUE_CALL_VOID(release, (void *file), (file))
GLUE_CALL(long, ioctl, (void *file, unsigned int cmd, unsigned long arg), (file, cmd, arg))
GLUE_CALL(long, mmap, (void *file, unsigned long addr, unsigned long len, int prot, int flags,
		       long long offset, void **mapping),
	  (file, addr, len, prot, flags, offset, mapping))
GLUE_CALL_VOID(munmap, (void *mapping), (mapping))
GLUE_CALL(int, fault, (void *mapping, unsigned long addr, int write), (mapping, addr, write))
GLUE_CALL(long, fallocate, (void *file, int mode, long long offset, long long len),
	  (file, mode, offset, len))
GLUE_CALL(long, read, (void *file, void *to, unsigned long len, long long *pos),
	  (file, to, len, pos))
GLUE_CALL(int, memory_failure, (void *file, unsigned long index), (file, index))
GLUE_CALL(int, cpu_down, (unsigned int cpu), (cpu))
GLUE_CALL(int, param, (const char *module, const char *name, char *value), (module, name, value))
GLUE_CALL_VOID(settle, (void), ())
GLUE_CALL_VOID(hold_ends, (int hold), (hold))
GLUE_CALL_VOID(sev_left, (void), ())
GLUE_CALL(long, bench_vmgexits, (void *file, unsigned long long ghcb_msr,
				 void (*prepare)(void *data), void *data, unsigned long nr),
	  (file, ghcb_msr, prepare, data, nr))
GLUE_CALL_VOID(mm_invalidate, (unsigned long start, unsigned long end, int done),
	       (start, end, done))
GLUE_CALL_VOID(mm_huge, (unsigned long start, unsigned long end, int huge), (start, end, huge))

/* kernel/sched/stats.h's */
static void glue_set_run_delay(unsigned long long ns)
{
	current->sched_info.run_delay = ns;
}

static struct image_ops glue_ops = {
	.abi = IMAGE_ABI,
	.release = UTS_RELEASE,
	.kvm_run_size = sizeof(struct kvm_run),
	.numbers = glue_numbers,
	.percpu_start = __per_cpu_start,
	.percpu_end = __per_cpu_end,
	.cpu_area = glue_cpu_area,
	.cpu_init = glue_cpu_init,
	.cpu_exit = glue_cpu_exit,
	.irq_pending = glue_irq_is_pending,
	.notification_only = glue_notification_only,
	.init = glue_call_init,
	.param = glue_call_param,
	.set_run_delay = glue_set_run_delay,
	.forked = glue_forked,
	.trap = glue_trap,
	.open = glue_call_open,
	.release_file = glue_call_release,
	.file_name = glue_file_name,
	.stat = glue_stat,
	.ioctl = glue_call_ioctl,
	.mmap = glue_call_mmap,
	.munmap = glue_call_munmap,
	.fault = glue_call_fault,
	.fallocate = glue_call_fallocate,
	.read = glue_call_read,
	.host_events = glue_host_events,
	.settle = glue_call_settle,
	.ids_left = glue_ids_left,
	.hold_ends = glue_call_hold_ends,
	.page_dirty = glue_page_dirty,
	.sev_left = glue_call_sev_left,
	.fw_commands = glue_psp_commands,
	.cgroup = glue_cgroup,
	.memlock = glue_memlock,
	.memory_failure = glue_call_memory_failure,
	.cpu_down = glue_call_cpu_down,
	.charged = glue_charged,
	.caches_dirty = glue_caches_dirty,
	.rmp_guest_page = glue_rmp_guest_page,
	.rmp_set_vmsa = glue_rmp_set_vmsa,
	.rmp_vmsa = glue_rmp_vmsa,
	.sev_vmsa = glue_sev_vmsa,
	.ept_walk = glue_ept_walk,
	.bench_vmgexits = glue_call_bench_vmgexits,
	.mm_invalidate = glue_call_mm_invalidate,
	.mm_huge = glue_call_mm_huge,
};

const struct image_ops *image_entry(const struct image_host *host);

const struct image_ops *image_entry(const struct image_host *host)
{
	if (host->abi != IMAGE_ABI)
		return NULL;
	glue_host = host;
	return &glue_ops;
}
