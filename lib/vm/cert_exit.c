// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find, enable, read and answer certificate exits of any revision.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"

#include "cert_exit.h"
#include "cert_revisions.h"
#include "snp_vm.h"

_Static_assert(offsetof(struct kvm_run, hw) == KVM_RUN_EXIT_OFFSET, "exit union of kvm_run");

/* Little endian both, so that a field of any width reads into a u64. */
static uint64_t field_read(struct cert_field field, const struct kvm_run *run)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)run + KVM_RUN_EXIT_OFFSET + field.offset, field.width);
	return value;
}

static void field_write(struct cert_field field, struct kvm_run *run, uint64_t value)
{
	memcpy((char *)run + KVM_RUN_EXIT_OFFSET + field.offset, &value, field.width);
}

struct cert_exit cert_exit_read(const struct cert_revision *rev, const struct kvm_run *run)
{
	return (struct cert_exit) {
		.nr = field_read(rev->nr, run),
		.pad = { field_read(rev->pad[0], run), field_read(rev->pad[1], run) },
		.addr = field_read(rev->addr, run),
		.npages = field_read(rev->npages, run),
		.ret = field_read(rev->ret, run),
	};
}

void cert_exit_answer(const struct cert_revision *rev, struct kvm_run *run, uint64_t ret,
		      const uint64_t *npages)
{
	field_write(rev->ret, run, ret);
	if (npages)
		field_write(rev->npages, run, *npages);
}

static int enable_cap(struct kvm_vm *vm, uint32_t cap, uint64_t arg, uint32_t flags)
{
	struct kvm_enable_cap enable = { .cap = cap, .flags = flags, .args = { arg } };
	int ret = __vm_ioctl(vm, KVM_ENABLE_CAP, &enable) ? -errno : 0;

	errno = 0;
	return ret;
}

/* KVM's device attributes and SEV command of revision certs-v6 and on. */
#define KVM_X86_GRP_SEV			1
#define KVM_SEV_SNP_ENABLE_REQ_CERTS	103

/* Does device attribute @attr of /dev/kvm, group SEV, read 1? */
static bool attr_is_one(uint32_t attr)
{
	uint64_t value = 0;
	struct kvm_device_attr get = {
		.group = KVM_X86_GRP_SEV, .attr = attr, .addr = (uintptr_t)&value,
	};
	int fd = open_kvm_dev_path_or_exit();
	int ret = ioctl(fd, KVM_GET_DEVICE_ATTR, &get);

	close(fd);
	errno = 0;
	return !ret && value == 1;
}

static int enable_sev(struct kvm_vm *vm)
{
	struct kvm_sev_cmd cmd = { .id = KVM_SEV_SNP_ENABLE_REQ_CERTS };
	int ret = __vm_ioctl(vm, KVM_MEMORY_ENCRYPT_OP, (unsigned long *)&cmd) ? -errno : 0;

	errno = 0;
	return ret;
}

static bool speaks(const struct cert_revision *rev, uint32_t cap)
{
	struct vm_shape shape = { .mode = VM_MODE_DEFAULT, .type = KVM_X86_SNP_VM };
	struct kvm_vm *vm;
	bool zero, one;

	if (!cap)
		return false;
	/* A revision without a fixed exit reason can't be told from its successor. */
	if (rev->enable == CERT_DEVICE_ATTR)
		return rev->exit_reason && attr_is_one(cap);

	/*
	 * A mask may be empty; whatever else has the number, no other
	 * capability takes 0 (the APIC's bus cycles don't).  KVM_CHECK_EXTENSION
	 * has no say, since that is under test.
	 */
	vm = ____vm_create(shape);
	zero = !enable_cap(vm, cap, 0, 0);
	one = !enable_cap(vm, cap, 1, 0);
	kvm_vm_free(vm);
	/* Such a number is our patches' alone: one of them may be wrong about 0. */
	if (cap == rev->cap_ported)
		return zero || one;
	return rev->enable == CERT_CAP_MASK ? zero : one && !zero;
}

uint32_t cert_revision_cap(const struct cert_revision *rev)
{
	static struct {
		bool asked;
		uint32_t cap;
	} known[NR_CERT_REVISIONS];
	unsigned int i = rev - cert_revisions;

	if (i >= NR_CERT_REVISIONS)
		return 0;
	if (!known[i].asked) {
		known[i].asked = true;
		if (speaks(rev, rev->cap))
			known[i].cap = rev->cap;
		else if (speaks(rev, rev->cap_ported))
			known[i].cap = rev->cap_ported;
	}
	return known[i].cap;
}

int __cert_exit_enable(struct kvm_vm *vm, const struct cert_revision *rev, uint64_t arg,
		       uint32_t flags)
{
	if (rev->enable == CERT_DEVICE_ATTR)
		return enable_sev(vm);
	return enable_cap(vm, cert_revision_cap(rev), arg, flags);
}
