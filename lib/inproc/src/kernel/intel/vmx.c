// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for a CPU's VMX operation: VMXON, VMCSs and their fields.  A model after Intel SDM
 * volume 3, "Virtual Machine Control Structures" and "VMX Instruction Reference", that keeps a
 * VMCS in its own page as CPUs do (image/vmcs.h), and knows neither which fields there are nor
 * which are read-only.  VM entries are vmentry.c's.
 */
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/processor-flags.h>
#include <asm/vmx.h>

#include "glue.h"
#include "intel.h"
#include "../image/vmcs.h"

#define GLUE_NO_VMCS	(~0ULL)

static struct glue_vmx_cpu {
	bool on;
	u64 vmxon, vmcs;		/* physical addresses */
} glue_vmx_cpus[IMAGE_MAX_CPUS];

static struct glue_vmx_cpu *glue_vmx_cpu(void)
{
	return &glue_vmx_cpus[smp_processor_id()];
}

bool glue_vmx_on(void)
{
	return glue_vmx_cpu()->on;
}

static u32 glue_region_revision(u64 pa)
{
	return *(u32 *)__va(pa);
}

static bool glue_region_invalid(u64 pa)
{
	return !pa || !PAGE_ALIGNED(pa) || pa >> boot_cpu_data.x86_phys_bits;
}

enum glue_vmx_status glue_vmxon(u64 pa)
{
	struct glue_vmx_cpu *cpu = glue_vmx_cpu();

	if (cpu->on)
		return glue_vmx_fail(GLUE_VMX_IN_ROOT);
	if (glue_region_invalid(pa) || glue_region_revision(pa) != GLUE_VMCS_REVISION)
		return GLUE_VMX_FAIL_INVALID;
	*cpu = (struct glue_vmx_cpu){ .on = true, .vmxon = pa, .vmcs = GLUE_NO_VMCS };
	return GLUE_VMX_SUCCEED;
}

enum glue_vmx_status glue_vmxoff(void)
{
	glue_vmx_cpu()->on = false;
	return GLUE_VMX_SUCCEED;
}

enum glue_vmx_status glue_vmclear(u64 pa)
{
	struct glue_vmx_cpu *cpu = glue_vmx_cpu();

	if (glue_region_invalid(pa))
		return glue_vmx_fail(GLUE_VMX_CLEAR_INVALID);
	if (pa == cpu->vmxon)
		return glue_vmx_fail(GLUE_VMX_CLEAR_VMXON);
	((struct image_vmcs *)__va(pa))->launched = false;
	if (pa == cpu->vmcs)
		cpu->vmcs = GLUE_NO_VMCS;
	return GLUE_VMX_SUCCEED;
}

enum glue_vmx_status glue_vmptrld(u64 pa)
{
	struct glue_vmx_cpu *cpu = glue_vmx_cpu();

	BUILD_BUG_ON(sizeof(struct image_vmcs) > PAGE_SIZE);
	if (glue_region_invalid(pa))
		return glue_vmx_fail(GLUE_VMX_PTRLD_INVALID);
	if (pa == cpu->vmxon)
		return glue_vmx_fail(GLUE_VMX_PTRLD_VMXON);
	/* Bit 31 makes it a shadow VMCS. */
	if ((glue_region_revision(pa) & ~BIT(31)) != GLUE_VMCS_REVISION)
		return glue_vmx_fail(GLUE_VMX_PTRLD_REVISION);
	cpu->vmcs = pa;
	return GLUE_VMX_SUCCEED;
}

u64 glue_vmptrst(void)
{
	return glue_vmx_cpu()->vmcs;
}

struct image_vmcs *glue_vmcs(void)
{
	u64 pa = glue_vmx_cpu()->vmcs;

	return pa == GLUE_NO_VMCS ? NULL : __va(pa);
}

/* NULL: there is no current VMCS. */
static unsigned long long *glue_vmcs_field(u64 field)
{
	struct image_vmcs *vmcs = glue_vmcs();
	unsigned long long *at;

	if (!vmcs)
		return NULL;
	at = image_vmcs_field(vmcs, field);
	if (!at)
		glue_not_driven("a VMCS with more than %u fields", IMAGE_VMCS_FIELDS);
	return at;
}

/* "Structure of VMCS Component Encoding" */
enum { GLUE_FIELD_16, GLUE_FIELD_64, GLUE_FIELD_32, GLUE_FIELD_NATURAL };

static unsigned int glue_field_width(u64 field)
{
	return field >> 13 & 3;
}

static bool glue_field_is_high(u64 field)
{
	return field & 1;
}

static bool glue_field_invalid(u64 field)
{
	return field >= BIT(15) ||
	       (glue_field_is_high(field) && glue_field_width(field) != GLUE_FIELD_64);
}

static enum glue_vmx_status glue_vmcs_read(u64 field, u64 *value)
{
	unsigned long long *at;

	if (glue_field_invalid(field))
		return glue_vmx_fail(GLUE_VMX_NO_FIELD);
	at = glue_vmcs_field(field & ~1ULL);
	if (!at)
		return GLUE_VMX_FAIL_INVALID;
	*value = glue_field_is_high(field) ? *at >> 32 : *at;
	return GLUE_VMX_SUCCEED;
}

static enum glue_vmx_status glue_vmcs_write(u64 field, u64 value)
{
	unsigned long long *at;

	if (glue_field_invalid(field))
		return glue_vmx_fail(GLUE_VMX_NO_FIELD);
	at = glue_vmcs_field(field & ~1ULL);
	if (!at)
		return GLUE_VMX_FAIL_INVALID;
	switch (glue_field_width(field)) {
	case GLUE_FIELD_16:
		*at = (u16)value;
		break;
	case GLUE_FIELD_32:
		*at = (u32)value;
		break;
	default:
		*at = glue_field_is_high(field) ? (*at & U32_MAX) | value << 32 : value;
	}
	return GLUE_VMX_SUCCEED;
}

/* ---- instructions that KVM's files have as calls (insn.h) ---- */

/* What is above the registers on the stack: the return address, and the operands. */
static unsigned long *glue_stack(struct image_gprs *gprs)
{
	return (unsigned long *)(gprs + 1);
}

static void glue_finish(struct image_gprs *gprs, enum glue_vmx_status status)
{
	gprs->gpr[IMAGE_RSP] = glue_vmx_flags(status);
}

void glue_vmread(struct image_gprs *gprs);
void glue_vmwrite(struct image_gprs *gprs);

void glue_vmread(struct image_gprs *gprs)
{
	unsigned long *stack = glue_stack(gprs);
	u64 value = stack[1];

	glue_finish(gprs, glue_vmcs_read(stack[1], &value));
	stack[1] = value;
}

void glue_vmwrite(struct image_gprs *gprs)
{
	unsigned long *stack = glue_stack(gprs);

	glue_finish(gprs, glue_vmcs_write(stack[1], stack[2]));
}

/* ---- status ---- */

unsigned long glue_vmx_flags(enum glue_vmx_status status)
{
	return X86_EFLAGS_FIXED | (status == GLUE_VMX_FAIL_INVALID ? X86_EFLAGS_CF :
				   status ? X86_EFLAGS_ZF : 0);
}

enum glue_vmx_status glue_vmx_fail(enum glue_vmx_status status)
{
	unsigned long long *error = glue_vmcs_field(VM_INSTRUCTION_ERROR);

	if (!error)
		return GLUE_VMX_FAIL_INVALID;
	*error = status;
	return status;
}
