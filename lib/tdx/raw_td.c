// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs by the bare uAPI, see include/tdx/raw_td.h.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "tdx/raw_td.h"
#include "tdx/td_vm.h"

#define NR_IOAPIC_PINS		24
#define XFAM			3ull	/* x87, SSE */
#define GPAW			48u
#define CPUID_1_ECX_X2APIC	(1u << 21)
#define BAD_LEAF		0x40000000u

static const uint8_t ud2[] = { 0x0f, 0x0b };

void raw_td_open(struct raw_td *td)
{
	unsigned int i;

	memset(td, 0, sizeof(*td));
	raw_vm_open(&td->raw);
	/* There is no IDT for a #UD. */
	for (i = 0; i < RAW_VM_PAGES * RAW_VM_PAGE; i += sizeof(ud2))
		memcpy(td->raw.mem + i, ud2, sizeof(ud2));
}

void raw_td_close(struct raw_td *td)
{
	raw_vm_close(&td->raw);
}

static int cmd(struct raw_td *td, int fd, uint32_t id, uint32_t flags, uint64_t data)
{
	struct tdx_cmd arg;
	int err;

	do {
		arg = (struct tdx_cmd){ .id = id, .flags = flags, .data = data };
		err = raw_errno(ioctl(fd, KVM_MEMORY_ENCRYPT_OP, &arg));
	} while (err == EINTR);
	td->hw_error = arg.hw_error;
	return err;
}

int raw_td_vm_cmd(struct raw_td *td, uint32_t id, uint64_t data)
{
	return cmd(td, td->raw.vm, id, 0, data);
}

int raw_td_vcpu_cmd(struct raw_td *td, uint32_t id, uint64_t data)
{
	return cmd(td, td->raw.vcpu, id, 0, data);
}

/* What of the address sizes may be configured: all of them 48, as far as that goes. */
static int get_address_sizes(struct raw_td *td, uint32_t *eax)
{
	struct tdx_capabilities *caps = td_vm_new_capabilities();
	uint32_t i;
	int err;

	err = raw_td_vm_cmd(td, TDX_CMD_CAPABILITIES, (uint64_t)caps);
	for (i = 0; !err && i < caps->cpuid.nent; i++)
		if (caps->cpuid.entries[i].function == TDX_CPUID_ADDRESS_SIZES)
			*eax = (GPAW << 16 | GPAW) & caps->cpuid.entries[i].eax;
	free(caps);
	return err;
}

int raw_td_init_vm(struct raw_td *td, uint32_t more)
{
	struct tdx_init_vm *init;
	uint32_t eax = 0, i;
	int err = get_address_sizes(td, &eax);

	if (err)
		return err;
	init = calloc(1, sizeof(*init) + (1 + more) * sizeof(init->cpuid.entries[0]));
	TEST_ASSERT(init, "out of memory");
	init->xfam = XFAM;
	init->cpuid.nent = 1 + more;
	init->cpuid.entries[0].function = TDX_CPUID_ADDRESS_SIZES;
	init->cpuid.entries[0].eax = eax;
	for (i = 1; i <= more; i++)
		init->cpuid.entries[i].function = BAD_LEAF + i;
	err = raw_td_vm_cmd(td, TDX_CMD_INIT_VM, (uint64_t)init);
	free(init);
	return err;
}

int raw_td_region(struct raw_td *td, const void *source, uint64_t gpa)
{
	struct tdx_mem_region region = { (uint64_t)source, gpa, 1 };

	return raw_td_vcpu_cmd(td, TDX_CMD_INIT_MEM_REGION, (uint64_t)&region);
}

/* KVM goes on where it stopped. */
static int add_pages(struct raw_td *td)
{
	if (!td->left.nr_pages)
		td->left = (struct tdx_mem_region){
			(uint64_t)td->raw.mem + RAW_TD_PAGES_GPA - RAW_TD_GPA, RAW_TD_PAGES_GPA,
			RAW_TD_PAGES
		};
	return cmd(td, td->raw.vcpu, TDX_CMD_INIT_MEM_REGION, TDX_MEASURE_MEMORY_REGION,
		   (uint64_t)&td->left);
}

int raw_td_set_cpuid(struct raw_td *td, int vcpu)
{
	struct kvm_cpuid2 *cpuid;
	uint32_t i;
	int err;

	cpuid = calloc(1, sizeof(*cpuid) + TDX_MAX_CPUID * sizeof(cpuid->entries[0]));
	TEST_ASSERT(cpuid, "out of memory");
	cpuid->nent = TDX_MAX_CPUID;
	err = cmd(td, vcpu, TDX_CMD_GET_CPUID, 0, (uint64_t)cpuid);
	for (i = 0; !err && i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 1)
			cpuid->entries[i].ecx |= CPUID_1_ECX_X2APIC;
	err = err ?: raw_errno(ioctl(vcpu, KVM_SET_CPUID2, cpuid));
	free(cpuid);
	return err;
}

static int create(struct raw_td *td)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_SPLIT_IRQCHIP, .args = { NR_IOAPIC_PINS },
	};

	return raw_vm_create(&td->raw, TDX_VM_TYPE) ?:
	       raw_errno(ioctl(td->raw.vm, KVM_ENABLE_CAP, &cap));
}

static int run(struct raw_td *td)
{
	int err = td->raw.run ? 0 : raw_vm_map_run(&td->raw);

	err = err ?: raw_errno(ioctl(td->raw.vcpu, KVM_RUN, NULL));
	if (err)
		return err;
	td->exit_reason = td->raw.run->exit_reason;
	return td->exit_reason == KVM_EXIT_SHUTDOWN ? 0 : ENOEXEC;
}

static int advance(struct raw_td *td, enum raw_td_stage stage)
{
	switch (stage) {
	case RAW_TD_CREATED:
		return create(td);
	case RAW_TD_INITED:
		return raw_td_init_vm(td, 0);
	case RAW_TD_MEMORY:
		return raw_vm_add_memory(&td->raw, RAW_TD_GPA, RAW_TD_PRIVATE_GPA);
	case RAW_TD_VCPU:
		return raw_vm_add_vcpu(&td->raw) ?: raw_td_set_cpuid(td, td->raw.vcpu);
	case RAW_TD_VCPU_INITED:
		return raw_td_vcpu_cmd(td, TDX_CMD_INIT_VCPU, 0);
	case RAW_TD_REGION:
		return add_pages(td);
	case RAW_TD_FINALIZED:
		return raw_td_vm_cmd(td, TDX_CMD_FINALIZE_VM, 0);
	case RAW_TD_RUN:
		return run(td);
	case RAW_TD_NOTHING:
		break;
	}
	return 0;
}

int raw_td_go(struct raw_td *td, enum raw_td_stage to)
{
	int err = 0;

	while (!err && td->stage < to) {
		err = advance(td, td->stage + 1);
		if (!err)
			td->stage++;
	}
	errno = 0;
	return err;
}
