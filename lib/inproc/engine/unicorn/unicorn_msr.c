// SPDX-License-Identifier: GPL-2.0-only
/* MSRs of Unicorn's guests: the instructions, who intercepts them, and the values. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unicorn_engine.h"

#define MSR_TSC			0x00000010
#define MSR_TSC_AUX		0xc0000103
#define MSR_EFER		0xc0000080
#define MSR_IA32_APICBASE	0x0000001b
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101

/* Those that Unicorn's CPU keeps; it takes any number, but KVM faults on others. */
static bool cpu_has_msr(uint32_t index)
{
	switch (index) {
	case 0x00000174 ... 0x00000176:	/* SYSENTER */
	case 0x00000277:		/* PAT */
	case 0xc0000081 ... 0xc0000084:	/* STAR, LSTAR, CSTAR, SFMASK */
	case 0xc0000100 ... 0xc0000103:	/* FS, GS, kernel GS base, TSC_AUX */
		return true;
	}
	return false;
}

/* Those that are ours, or NULL. */
static uint64_t *own_msr(struct engine_vcpu *vcpu, uint32_t index)
{
	if (index == MSR_EFER)
		return (uint64_t *)&vcpu->sregs.efer;
	if (index == MSR_IA32_APICBASE)
		return (uint64_t *)&vcpu->sregs.apic_base;
	return NULL;
}

uint64_t unicorn_tsc(struct engine_vcpu *vcpu)
{
	return __builtin_ia32_rdtsc() + vcpu->tsc_offset;
}

uint64_t unicorn_tsc_aux(struct engine_vcpu *vcpu)
{
	uc_x86_msr msr = { .rid = MSR_TSC_AUX };

	return uc_reg_read(vcpu->uc, UC_X86_REG_MSR, &msr) == UC_ERR_OK ? msr.value : 0;
}

/* ---- interception ---- */

static bool is_trapped(const struct engine_vm *vm, uint32_t index, bool write)
{
	unsigned int i;

	for (i = 0; i < vm->nr_msrs; i++)
		if (vm->msrs[i] == index)
			return true;
	for (i = 0; i < vm->nr_msr_traps; i++) {
		const struct msr_traps *traps = &vm->msr_traps[i];
		const uint32_t nr = index - traps->base;

		if (nr < traps->nr)
			return (write ? traps->write : traps->read)[nr / 8] & (1U << nr % 8);
	}
	return vm->trap_other_msrs;
}

int engine_unicorn_trap_msr(struct engine_vm *vm, uint32_t index)
{
	if (vm->nr_msrs == MAX_TRAPPED_MSRS)
		return -ENOSPC;
	vm->msrs[vm->nr_msrs++] = index;
	return 0;
}

static void copy_bits(uint8_t *to, const uint8_t *bits, uint32_t nr)
{
	if (bits)
		memcpy(to, bits, (nr + 7) / 8);
}

int engine_unicorn_trap_msrs(struct engine_vm *vm, const struct engine_msr_range *ranges,
			     unsigned int nr, bool others)
{
	struct msr_traps *traps;
	unsigned int i;

	if (nr > ENGINE_MAX_MSR_RANGES)
		return -E2BIG;
	traps = calloc(nr ? nr : 1, sizeof(*traps));
	if (!traps)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		if (!ranges[i].nr || ranges[i].nr > ENGINE_MAX_MSRS) {
			free(traps);
			return -EINVAL;
		}
		traps[i].base = ranges[i].base;
		traps[i].nr = ranges[i].nr;
		copy_bits(traps[i].read, ranges[i].read, ranges[i].nr);
		copy_bits(traps[i].write, ranges[i].write, ranges[i].nr);
	}
	gate_pause(&vm->gate);
	free(vm->msr_traps);
	vm->msr_traps = traps;
	vm->nr_msr_traps = nr;
	vm->nr_msrs = 0;
	vm->trap_other_msrs = others;
	gate_resume(&vm->gate);
	return 0;
}

/* ---- RDMSR, WRMSR ---- */

bool unicorn_msr_insn(struct engine_vcpu *vcpu, struct engine_exit *exit, bool write, uint8_t len)
{
	const uint32_t index = (uint32_t)unicorn_reg(vcpu, UC_X86_REG_RCX);
	uint64_t data = (uint32_t)unicorn_reg(vcpu, UC_X86_REG_RAX) |
			unicorn_reg(vcpu, UC_X86_REG_RDX) << 32;
	uint64_t *field, tsc;

	if (is_trapped(vcpu->vm, index, write)) {
		memset(&exit->msr, 0, sizeof(exit->msr));
		exit->reason = ENGINE_EXIT_MSR;
		exit->msr.write = write;
		exit->msr.index = index;
		exit->msr.data = write ? data : 0;
		unicorn_open(vcpu, len);
		return true;
	}
	if (cpu_has_msr(index)) {
		vcpu->native_rip = vcpu->rip;
		vcpu->has_native = true;
		return false;
	}
	if (index == MSR_TSC) {
		tsc = unicorn_tsc(vcpu);
		field = &tsc;
		if (write)
			vcpu->tsc_offset += data - tsc;
	} else {
		field = own_msr(vcpu, index);
	}
	if (!field)
		return unicorn_exception(vcpu, exit, VECTOR_GP, 0);

	if (write) {
		*field = data;
		unicorn_flush(vcpu);
	} else {
		unicorn_set_reg(vcpu, UC_X86_REG_RAX, (uint32_t)*field);
		unicorn_set_reg(vcpu, UC_X86_REG_RDX, *field >> 32);
	}
	vcpu->rip += len;
	return false;
}

bool unicorn_complete_msr(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	if (vcpu->rip != vcpu->io.rip)
		return false;
	if (exit->msr.error)
		return unicorn_exception(vcpu, exit, VECTOR_GP, 0);
	if (!exit->msr.write) {
		unicorn_set_reg(vcpu, UC_X86_REG_RAX, (uint32_t)exit->msr.data);
		unicorn_set_reg(vcpu, UC_X86_REG_RDX, exit->msr.data >> 32);
	}
	vcpu->rip += vcpu->io.len;
	return false;
}

/* ---- values ---- */

/* The register that is the MSR, or UC_X86_REG_INVALID. */
static int base_reg(uint32_t index)
{
	switch (index) {
	case MSR_FS_BASE:
		return UC_X86_REG_FS_BASE;
	case MSR_GS_BASE:
		return UC_X86_REG_GS_BASE;
	}
	return UC_X86_REG_INVALID;
}

static bool access_msr(struct engine_vcpu *vcpu, uint32_t index, __u64 *data, bool write)
{
	uint64_t *own = own_msr(vcpu, index);
	uc_x86_msr msr = { .rid = index, .value = *data };
	const int reg = base_reg(index);

	if (index == MSR_TSC && write) {
		vcpu->tsc_offset = *data - __builtin_ia32_rdtsc();
	} else if (index == MSR_TSC) {
		*data = unicorn_tsc(vcpu);
	} else if (own && write) {
		*own = *data;
		unicorn_flush(vcpu);
	} else if (own) {
		*data = *own;
	} else if (reg != UC_X86_REG_INVALID && write) {
		unicorn_set_reg(vcpu, reg, *data);
	} else if (reg != UC_X86_REG_INVALID) {
		*data = unicorn_reg(vcpu, reg);
	} else if (!cpu_has_msr(index)) {
		return false;
	} else if (write) {
		return uc_reg_write(vcpu->uc, UC_X86_REG_MSR, &msr) == UC_ERR_OK;
	} else {
		if (uc_reg_read(vcpu->uc, UC_X86_REG_MSR, &msr) != UC_ERR_OK)
			return false;
		*data = msr.value;
	}
	return true;
}

int engine_unicorn_get_msrs(struct engine_vcpu *vcpu, struct kvm_msrs *msrs)
{
	uint32_t i;

	for (i = 0; i < msrs->nmsrs; i++)
		if (!access_msr(vcpu, msrs->entries[i].index, &msrs->entries[i].data, false))
			break;
	return (int)i;
}

int engine_unicorn_set_msrs(struct engine_vcpu *vcpu, const struct kvm_msrs *msrs)
{
	uint32_t i;
	__u64 data;

	for (i = 0; i < msrs->nmsrs; i++) {
		data = msrs->entries[i].data;
		if (!access_msr(vcpu, msrs->entries[i].index, &data, true))
			break;
	}
	return (int)i;
}
