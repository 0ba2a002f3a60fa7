// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for a CPU's VMX operation: VMXON, VMCSs and their fields.  A model after Intel SDM volume 3, "Virtual
 * Machine Control Structures" and "VMX Instruction Reference", that keeps a VMCS in its own
 * page as CPUs do, and knows neither which fields there are nor which are read-only.  No
 * ordinary VM runs: what VMLAUNCH would check is not looked at.
 */
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/processor-flags.h>
#include <asm/vmx.h>

#include "glue.h"
#include "vmx.h"

#define GLUE_NO_VMCS	(~0ULL)

static struct glue_vmx_cpu {
	bool on;
	u64 vmxon, vmcs;		/* physical addresses */
} glue_vmx_cpus[IMAGE_MAX_CPUS];

/* A VMCS's page: more fields than KVM uses, found by hashing their encodings. */
#define GLUE_VMCS_FIELDS	400

struct glue_vmcs {
	u32 revision, abort;
	u64 value[GLUE_VMCS_FIELDS];
	u16 field[GLUE_VMCS_FIELDS];	/* the encoding plus 1; 0: none */
};

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
	if (pa == cpu->vmcs)
		cpu->vmcs = GLUE_NO_VMCS;
	return GLUE_VMX_SUCCEED;
}

enum glue_vmx_status glue_vmptrld(u64 pa)
{
	struct glue_vmx_cpu *cpu = glue_vmx_cpu();

	BUILD_BUG_ON(sizeof(struct glue_vmcs) > PAGE_SIZE);
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

/* NULL: there is no current VMCS. */
static u64 *glue_vmcs_field(u64 field)
{
	struct glue_vmx_cpu *cpu = glue_vmx_cpu();
	struct glue_vmcs *vmcs;
	unsigned int i, at;

	if (cpu->vmcs == GLUE_NO_VMCS)
		return NULL;
	vmcs = __va(cpu->vmcs);
	at = field * 2654435761U % GLUE_VMCS_FIELDS;
	for (i = 0; i < GLUE_VMCS_FIELDS; i++, at = (at + 1) % GLUE_VMCS_FIELDS) {
		if (vmcs->field[at] == field + 1)
			return &vmcs->value[at];
		if (vmcs->field[at])
			continue;
		vmcs->field[at] = field + 1;
		vmcs->value[at] = 0;
		return &vmcs->value[at];
	}
	glue_not_driven("a VMCS with more than %u fields", GLUE_VMCS_FIELDS);
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

enum glue_vmx_status glue_vmread(u64 field, u64 *value)
{
	u64 *at;

	if (glue_field_invalid(field))
		return glue_vmx_fail(GLUE_VMX_NO_FIELD);
	at = glue_vmcs_field(field & ~1ULL);
	if (!at)
		return GLUE_VMX_FAIL_INVALID;
	*value = glue_field_is_high(field) ? *at >> 32 : *at;
	return GLUE_VMX_SUCCEED;
}

enum glue_vmx_status glue_vmwrite(u64 field, u64 value)
{
	u64 *at;

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

enum glue_vmx_status glue_vmx_fail(enum glue_vmx_status status)
{
	u64 *error = glue_vmcs_field(VM_INSTRUCTION_ERROR);

	if (!error)
		return GLUE_VMX_FAIL_INVALID;
	*error = status;
	return status;
}
