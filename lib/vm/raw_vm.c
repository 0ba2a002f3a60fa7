// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs by the bare uAPI, see include/vm/raw_vm.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"

#include "vm/raw_vm.h"

int raw_errno(long ret)
{
	return ret < 0 ? errno : 0;
}

void raw_vm_open(struct raw_vm *v)
{
	*v = (struct raw_vm){ .vm = -1, .gmem = -1, .vcpu = -1 };
	v->kvm = open(KVM_DEV_PATH, O_RDWR);
	TEST_ASSERT(v->kvm >= 0, "cannot open %s", KVM_DEV_PATH);
	v->mem = mmap(NULL, RAW_VM_PAGES * RAW_VM_PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	TEST_ASSERT(v->mem != MAP_FAILED, "out of memory");
}

void raw_vm_close(struct raw_vm *v)
{
	const int fds[] = { v->vcpu, v->gmem, v->vm, v->kvm };
	unsigned int i;

	if (v->run)
		munmap(v->run, v->run_size);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	munmap(v->mem, RAW_VM_PAGES * RAW_VM_PAGE);
	errno = 0;
}

int raw_vm_create(struct raw_vm *v, unsigned long type)
{
	v->vm = ioctl(v->kvm, KVM_CREATE_VM, type);
	return raw_errno(v->vm);
}

int raw_vm_add_memory(struct raw_vm *v, uint64_t gpa, uint64_t private_gpa)
{
	struct kvm_create_guest_memfd gmem = { .size = RAW_VM_PAGES * RAW_VM_PAGE };
	struct kvm_userspace_memory_region2 slot = {
		.flags = KVM_MEM_GUEST_MEMFD,
		.guest_phys_addr = gpa,
		.memory_size = RAW_VM_PAGES * RAW_VM_PAGE,
		.userspace_addr = (uint64_t)v->mem,
	};
	struct kvm_memory_attributes attrs = {
		.address = private_gpa,
		.size = RAW_VM_PRIVATE_PAGES * RAW_VM_PAGE,
		.attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE,
	};

	v->gmem = ioctl(v->vm, KVM_CREATE_GUEST_MEMFD, &gmem);
	if (v->gmem < 0)
		return errno;
	slot.guest_memfd = v->gmem;
	return raw_errno(ioctl(v->vm, KVM_SET_USER_MEMORY_REGION2, &slot)) ?:
	       raw_errno(ioctl(v->vm, KVM_SET_MEMORY_ATTRIBUTES, &attrs));
}

int raw_vm_add_vcpu(struct raw_vm *v)
{
	v->vcpu = ioctl(v->vm, KVM_CREATE_VCPU, 0);
	return raw_errno(v->vcpu);
}

int raw_vm_map_run(struct raw_vm *v)
{
	void *run;

	v->run_size = ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (v->run_size < 0)
		return errno;
	run = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->vcpu, 0);
	if (run == MAP_FAILED)
		return errno;
	v->run = run;
	return 0;
}
