// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the registers of the CPU that a kernel and its guests take turns with, and
 * notices what is not the host's again when the VMM goes on: KERNEL-HOST-STATE.  A model.
 *
 * None of them has an effect here, so that the process's own stay what they are.
 */
#include <linux/sched.h>
#include <linux/sprintf.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/fpu/types.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

#include "glue.h"
#include "hoststate.h"

/* Of the first family that has them, and not in all trees' headers. */
#define GLUE_MSR_DR0_MASK	0xc0011027
#define GLUE_MSR_DR1_MASK	0xc0011019

/*
 * What the host has there: no two the same, none what a guest or a reset leaves.  Where the
 * kernel takes it for granted that it is 0, it is.
 */
static const struct glue_host_row {
	const char *name;
	u16 offset;
	u32 msr;			/* or 0: none */
	u64 value;
	bool own;			/* of the kernel's choice: not compared */
} glue_host_rows[] = {
	{ "FS (selector, attributes, limit)", 0x040, 0, 0xffffffff0cf30033 },
	{ "FS base", 0x048, MSR_FS_BASE, 0x00007f5500001000 },
	{ "GS (selector, attributes, limit)", 0x050, 0, 0xffffffff0cf3003b },
	{ "GS base", 0x058, MSR_GS_BASE, 0xffff888000001000 },
	{ "LDTR (selector, attributes, limit)", 0x070, 0, 0x0000fff700820050 },
	{ "LDTR base", 0x078, 0, 0xfffffe0000002000 },
	{ "TR (selector, attributes, limit)", 0x090, 0, 0x00004087008b0040 },
	{ "TR base", 0x098, 0, 0xfffffe0000003000 },
	{ "MSR STAR", 0x200, MSR_STAR, 0x0023001000000000 },
	{ "MSR LSTAR", 0x208, MSR_LSTAR, 0xffffffff81e00080 },
	{ "MSR CSTAR", 0x210, MSR_CSTAR, 0xffffffff81e01500 },
	{ "MSR SYSCALL_MASK", 0x218, MSR_SYSCALL_MASK, 0x0000000000257fd5 },
	{ "MSR KERNEL_GS_BASE", 0x220, MSR_KERNEL_GS_BASE, 0x00007f5500004000 },
	{ "MSR IA32_SYSENTER_CS", 0x228, MSR_IA32_SYSENTER_CS, 0x10 },
	{ "MSR IA32_SYSENTER_ESP", 0x230, MSR_IA32_SYSENTER_ESP, 0xfffffe0000005200 },
	{ "MSR IA32_SYSENTER_EIP", 0x238, MSR_IA32_SYSENTER_EIP, 0xffffffff81e01a00 },
	{ "MSR TSC_AUX", GLUE_HOST_TSC_AUX, MSR_TSC_AUX, 0x3007 },
	{ "MSR DR0_ADDR_MASK", GLUE_HOST_DR0_MASK, GLUE_MSR_DR0_MASK, 0x0f },
	{ "MSR DR1_ADDR_MASK", GLUE_HOST_DR1_MASK, GLUE_MSR_DR1_MASK, 0x1f },
	{ "MSR DR2_ADDR_MASK", GLUE_HOST_DR2_MASK, GLUE_MSR_DR1_MASK + 1, 0x3f },
	{ "MSR DR3_ADDR_MASK", GLUE_HOST_DR3_MASK, GLUE_MSR_DR1_MASK + 2, 0x7f },
	/* As CPUID has it, as XCR0 */
	{ "MSR IA32_XSS", GLUE_HOST_XSS, MSR_IA32_XSS, 0 },
	{ "MSR IA32_S_CET", GLUE_HOST_S_CET, MSR_IA32_S_CET, 0 },
	/* By CPU: glue_cpu_debugctl(). */
	{ "MSR IA32_DEBUGCTL", GLUE_HOST_DEBUGCTL, MSR_IA32_DEBUGCTLMSR, 0 },
	{ "MSR IA32_SPEC_CTRL", GLUE_HOST_SPEC_CTRL, MSR_IA32_SPEC_CTRL, 0 },
	/* As CPUID has it: glue_host_value(). */
	{ "XCR0", GLUE_HOST_XCR0, 0, 0 },
	{ "PKRU", GLUE_HOST_PKRU, 0, 0x55555550 },
	{ "MSR VM_HSAVE_PA", GLUE_HOST_HSAVE_PA, MSR_VM_HSAVE_PA, 0, .own = true },
};

/* By CPU number, since functions that are called on another CPU ask for its own. */
static struct glue_host_state glue_host_states[IMAGE_MAX_CPUS];

/* Each feature that CPUID offers is on, as Linux has it: leaf DH. */
static u64 glue_cpu_xcr0(void)
{
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = 0xd } };

	glue_host->cpuid(&gprs);
	return gprs.gpr[IMAGE_RDX] << 32 | (u32)gprs.gpr[IMAGE_RAX] | XFEATURE_MASK_FP;
}

/* Bits of XSS for shadow stacks: CET_U, which Linux has for tasks, and CET_S, for guests alone. */
#define GLUE_XFEATURE_CET	(3 << 11)

/* They are on where CPUID offers them. */
static u64 glue_cpu_xss(void)
{
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = 0xd, [IMAGE_RCX] = 1 } };

	if (!boot_cpu_has(X86_FEATURE_XSAVES))
		return 0;
	glue_host->cpuid(&gprs);
	return gprs.gpr[IMAGE_RCX] & GLUE_XFEATURE_CET;
}

/* One that is on: last branch records, or the detection of bus locks, or single steps by branch. */
static u64 glue_cpu_debugctl(void)
{
	static const u8 bits[] = { 0, 2, 1 };

	return BIT_ULL(bits[raw_smp_processor_id() % ARRAY_SIZE(bits)]);
}

static u64 glue_host_value(const struct glue_host_row *row)
{
	switch (row->offset) {
	case GLUE_HOST_XCR0:
		return glue_cpu_xcr0();
	case GLUE_HOST_XSS:
		return glue_cpu_xss();
	case GLUE_HOST_DEBUGCTL:
		return glue_cpu_debugctl();
	}
	return row->value;
}

struct glue_host_state *glue_host_state(void)
{
	struct glue_host_state *state = &glue_host_states[raw_smp_processor_id()];
	unsigned int i;

	if (likely(state->known))
		return state;
	for (i = 0; i < ARRAY_SIZE(glue_host_rows); i++)
		*glue_host_reg(state, glue_host_rows[i].offset) =
			glue_host_value(&glue_host_rows[i]);
	state->known = true;
	return state;
}

static const struct glue_host_row *glue_host_row(u32 index)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_host_rows); i++)
		if (index && glue_host_rows[i].msr == index)
			return &glue_host_rows[i];
	return NULL;
}

u64 glue_host_msr(u32 index)
{
	return glue_host_row(index)->value;
}

bool glue_host_rdmsr(u32 index, u64 *value)
{
	const struct glue_host_row *row = glue_host_row(index);

	if (row)
		*value = *glue_host_reg(glue_host_state(), row->offset);
	return row;
}

bool glue_host_wrmsr(u32 index, u64 value)
{
	const struct glue_host_row *row = glue_host_row(index);

	if (row)
		*glue_host_reg(glue_host_state(), row->offset) = value;
	return row;
}

static void glue_host_copy(void *to, const void *from)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_host_rows); i++) {
		const unsigned int offset = glue_host_rows[i].offset;

		if (offset < GLUE_HOST_SAVE)
			memcpy(to + offset, from + offset, sizeof(u64));
	}
}

void glue_host_vmsave(void *save)
{
	glue_host_copy(save, glue_host_state()->area);
}

void glue_host_vmload(const void *save)
{
	glue_host_copy(glue_host_state()->area, save);
}

void glue_xgetbv(struct image_gprs *gprs);

/* Of XCR0, and of XINUSE (RCX 1), as if no component were in its initial state. */
void glue_xgetbv(struct image_gprs *gprs)
{
	const u64 xcr0 = *glue_host_reg(glue_host_state(), GLUE_HOST_XCR0);

	gprs->gpr[IMAGE_RAX] = (u32)xcr0;
	gprs->gpr[IMAGE_RDX] = xcr0 >> 32;
}

unsigned long amd_get_dr_addr_mask(unsigned int dr)
{
	return glue_host_msr(dr ? GLUE_MSR_DR1_MASK + dr - 1 : GLUE_MSR_DR0_MASK);
}

void glue_host_check(void)
{
	struct glue_host_state *state = glue_host_state();
	unsigned int i;
	char text[160];

	if (!state->ran_by)
		return;
	for (i = 0; i < ARRAY_SIZE(glue_host_rows); i++) {
		const struct glue_host_row *row = &glue_host_rows[i];
		const u64 value = glue_host_value(row);
		u64 *reg = glue_host_reg(state, row->offset);

		if (row->own || *reg == value)
			continue;
		snprintf(text, sizeof(text),
			 "ran a guest, and when the VMM goes on %s is 0x%llx instead of the host's 0x%llx",
			 row->name, *reg, value);
		glue_host->mem_bug(CONTROL_HOST_STATE, text, state->ran_by);
		*reg = value;
	}
	state->ran_by = NULL;
}
