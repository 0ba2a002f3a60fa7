// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a thread of any VMM can call about a VM and its vCPU, see pair_calls.h.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"

#include "cases/interleave.h"
#include "cases/pair_calls.h"
#include "control.h"

/* As the APIC's page has it, of all processors with ID 0. */
#define MSI_ADDRESS	0xfee00000
#define MSI_VECTOR	64

int pair_vm_ioctl(struct raw_vm *vm, unsigned long cmd, const void *arg)
{
	return raw_errno(ioctl(vm->vm, cmd, arg));
}

int pair_vcpu_ioctl(struct raw_vm *vm, unsigned long cmd, const void *arg)
{
	return raw_errno(ioctl(vm->vcpu, cmd, arg));
}

int pair_run(struct raw_vm *vm)
{
	return pair_vcpu_ioctl(vm, KVM_RUN, NULL);
}

int pair_halt(struct raw_vm *vm)
{
	const struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_HALTED };

	return pair_vcpu_ioctl(vm, KVM_SET_MP_STATE, &state);
}

int pair_set_lapic(struct raw_vm *vm)
{
	struct kvm_lapic_state lapic;

	return pair_vcpu_ioctl(vm, KVM_GET_LAPIC, &lapic) ?:
	       pair_vcpu_ioctl(vm, KVM_SET_LAPIC, &lapic);
}

int pair_signal_msi(struct raw_vm *vm)
{
	const struct kvm_msi msi = { .address_lo = MSI_ADDRESS, .data = MSI_VECTOR };

	return pair_vm_ioctl(vm, KVM_SIGNAL_MSI, &msi);
}

int pair_pre_fault(struct raw_vm *vm, uint64_t gpa)
{
	struct kvm_pre_fault_memory range = { .gpa = gpa, .size = RAW_VM_PAGE };

	return pair_vcpu_ioctl(vm, KVM_PRE_FAULT_MEMORY, &range);
}

int pair_delete_slot(struct raw_vm *vm)
{
	const struct kvm_userspace_memory_region2 none = {};

	return pair_vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION2, &none);
}

int pair_second_slot(struct raw_vm *vm, uint64_t gpa)
{
	const struct kvm_userspace_memory_region2 slot = {
		.slot = 1, .flags = KVM_MEM_GUEST_MEMFD, .guest_phys_addr = gpa,
		.memory_size = RAW_VM_PAGE, .userspace_addr = (uint64_t)vm->mem,
		.guest_memfd = vm->gmem,
	};

	return pair_vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION2, &slot);
}

int pair_make_shared(struct raw_vm *vm, uint64_t gpa)
{
	const struct kvm_memory_attributes attrs = { .address = gpa, .size = RAW_VM_PAGE };

	return pair_vm_ioctl(vm, KVM_SET_MEMORY_ATTRIBUTES, &attrs);
}

int pair_punch_hole(struct raw_vm *vm, uint64_t offset)
{
	return raw_errno(fallocate(vm->gmem, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
				   RAW_VM_PAGE));
}

int pair_discard(struct raw_vm *vm, uint64_t gpa)
{
	return raw_errno(madvise(vm->mem + gpa, RAW_VM_PAGE, MADV_DONTNEED));
}

int pair_create_vcpu(struct raw_vm *vm, unsigned long id, int *fd)
{
	*fd = ioctl(vm->vm, KVM_CREATE_VCPU, id);
	return raw_errno(*fd);
}

int pair_close(int *fd)
{
	const int old = *fd;

	*fd = -1;
	return raw_errno(close(old));
}

void pair_close_all(const int *fds, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void pair_tell_vmsas(char *text, size_t size)
{
	const struct control_fw_launch *fw = control()->fw_launch();
	unsigned int i, j;
	uint32_t sum;

	for (i = 0; fw && i < fw->nr_vmsas && i < CONTROL_MAX_VMSAS; i++) {
		for (j = sum = 0; j < CONTROL_PAGE; j++)
			sum = sum * 31 + fw->vmsa[i][j];
		interleave_tell(text, size, ", VMSA %u %08x", i, sum);
	}
}
