// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for those registers of the host's CPU that a TD's run leaves with other values.  A
 * model after "Intel TDX Module v1.5 ABI Specification", TDH.VP.ENTER, "CPU State Preservation
 * following a Successful TD Entry and a TD Exit": what the kernel has put back is compared
 * when it returns to user space, where all of them matter.
 *
 * XCR0 is a value: it has no effect.
 */
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/fpu/xcr.h>
#include <asm/msr-index.h>

#include "module.h"

/* Of IA32_DEBUGCTL, what the module leaves alone: BTF, FREEZE_PERFMON_ON_PMI, FREEZE_IN_SMM. */
#define GLUE_DEBUGCTL_PRESERVED	(BIT_ULL(1) | BIT_ULL(12) | BIT_ULL(14))

enum { GLUE_TSC_AUX, GLUE_STAR, GLUE_LSTAR, GLUE_SYSCALL_MASK, GLUE_KERNEL_GS_BASE,
       GLUE_DEBUGCTL, GLUE_XCR0, GLUE_NR_HOST_REGS };

static const struct {
	u32 msr;
	const char *name;
	u64 host, after;		/* after a TD's exit */
} glue_host_regs[GLUE_NR_HOST_REGS] = {
	/* Each CPU has its number there. */
	[GLUE_TSC_AUX] = { MSR_TSC_AUX, "IA32_TSC_AUX", 0, 0 },
	[GLUE_STAR] = { MSR_STAR, "IA32_STAR", 0x0023001000000000, 0 },
	[GLUE_LSTAR] = { MSR_LSTAR, "IA32_LSTAR", 0xffffffff81a00080, 0 },
	[GLUE_SYSCALL_MASK] = { MSR_SYSCALL_MASK, "IA32_FMASK", 0x257fd5, 0x20200 },
	/* The GS base of user space. */
	[GLUE_KERNEL_GS_BASE] = { MSR_KERNEL_GS_BASE, "IA32_KERNEL_GS_BASE", GLUE_USER_GS_BASE, 0 },
	/* Last branch records are on. */
	[GLUE_DEBUGCTL] = { MSR_IA32_DEBUGCTLMSR, "IA32_DEBUGCTL", BIT_ULL(0), 0 },
	[GLUE_XCR0] = { 0, "XCR0", 0, 0 },
};

static struct glue_host_cpu {
	bool known;
	u64 host[GLUE_NR_HOST_REGS], now[GLUE_NR_HOST_REGS];
	const void *entered;		/* where the kernel has last entered a TD */
} glue_host_cpus[IMAGE_MAX_CPUS];

static struct glue_host_cpu *glue_host_cpu(void)
{
	struct glue_host_cpu *cpu = &glue_host_cpus[raw_smp_processor_id()];
	unsigned int i;

	if (cpu->known)
		return cpu;
	for (i = 0; i < GLUE_NR_HOST_REGS; i++)
		cpu->host[i] = glue_host_regs[i].host;
	cpu->host[GLUE_TSC_AUX] = raw_smp_processor_id();
	cpu->host[GLUE_XCR0] = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	memcpy(cpu->now, cpu->host, sizeof(cpu->now));
	cpu->known = true;
	return cpu;
}

u64 *glue_host_msr(u32 index)
{
	unsigned int i;

	for (i = 0; i < GLUE_XCR0; i++)
		if (glue_host_regs[i].msr == index)
			return &glue_host_cpu()->now[i];
	return NULL;
}

void glue_host_xsetbv(u64 value)
{
	glue_host_cpu()->now[GLUE_XCR0] = value;
}

void glue_host_enters(const void *from)
{
	glue_host_cpu()->entered = from;
}

void glue_host_left(u64 xfam)
{
	struct glue_host_cpu *cpu = glue_host_cpu();
	unsigned int i;

	for (i = 0; i < GLUE_NR_HOST_REGS; i++)
		if (i != GLUE_DEBUGCTL)
			cpu->now[i] = glue_host_regs[i].after;
	cpu->now[GLUE_XCR0] = xfam;
	cpu->now[GLUE_DEBUGCTL] &= GLUE_DEBUGCTL_PRESERVED;
}

void glue_host_check(void)
{
	struct glue_host_cpu *cpu = glue_host_cpu();
	unsigned int i;
	char text[128];

	for (i = 0; i < GLUE_NR_HOST_REGS; i++) {
		if (cpu->now[i] == cpu->host[i])
			continue;
		scnprintf(text, sizeof(text), "entered a TD, and user space has %s 0x%llx after it, "
			  "not 0x%llx", glue_host_regs[i].name, cpu->now[i], cpu->host[i]);
		cpu->now[i] = cpu->host[i];
		glue_host->mem_bug(CONTROL_HOST_STATE, text, cpu->entered);
	}
}
