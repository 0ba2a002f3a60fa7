// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSR ioctls.  An engine has no MSRs of its own in its interface; the few that
 * are kvm_sregs under another name are served from there, and a list stops at
 * the first other one, as KVM's does.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "device.h"

#define MSR_IA32_APICBASE	0x0000001b
#define MSR_EFER		0xc0000080
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101

#define MAX_IO_MSRS	256		/* KVM's own limit for one ioctl: E2BIG above */

static const uint32_t msrs[] = {
	MSR_IA32_APICBASE,
	MSR_EFER,
	MSR_FS_BASE,
	MSR_GS_BASE,
};

#define NR_MSRS	(sizeof(msrs) / sizeof(msrs[0]))

static __u64 *sregs_field(struct kvm_sregs *sregs, uint32_t index)
{
	switch (index) {
	case MSR_IA32_APICBASE:
		return &sregs->apic_base;
	case MSR_EFER:
		return &sregs->efer;
	case MSR_FS_BASE:
		return &sregs->fs.base;
	case MSR_GS_BASE:
		return &sregs->gs.base;
	}
	return NULL;
}

static long put_list(unsigned long arg, const uint32_t *indices, uint32_t nr)
{
	struct kvm_msr_list *user = (void *)arg;
	uint32_t room;

	if (copy_from_user(&room, &user->nmsrs, sizeof(room)) ||
	    copy_to_user(&user->nmsrs, &nr, sizeof(nr)))
		return -EFAULT;
	if (room < nr)
		return -E2BIG;
	return nr ? copy_to_user(user->indices, indices, nr * sizeof(*indices)) : 0;
}

long msr_index_list(unsigned long arg)
{
	return put_list(arg, msrs, NR_MSRS);
}

long msr_feature_index_list(unsigned long arg)
{
	return put_list(arg, NULL, 0);
}

long msr_system_get(unsigned long arg)
{
	const struct kvm_msrs *user = (void *)arg;
	struct kvm_msrs head;

	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (head.nmsrs >= MAX_IO_MSRS)
		return -E2BIG;
	/* No feature MSRs: none of the list could be read. */
	return 0;
}

long msr_vcpu_access(struct inproc_vcpu *vcpu, unsigned long arg, bool write)
{
	struct kvm_msrs *user = (void *)arg, head;
	struct kvm_msr_entry entry;
	struct kvm_sregs sregs;
	__u64 *field;
	uint32_t i;
	long r;

	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (head.nmsrs >= MAX_IO_MSRS)
		return -E2BIG;
	r = engine->get_sregs(vcpu->engine, &sregs);
	if (r)
		return r;

	for (i = 0; i < head.nmsrs; i++) {
		if (copy_from_user(&entry, &user->entries[i], sizeof(entry)))
			return -EFAULT;
		field = sregs_field(&sregs, entry.index);
		if (!field) {
			inproc_diag("%s: MSR 0x%x is not implemented",
				    write ? "KVM_SET_MSRS" : "KVM_GET_MSRS", entry.index);
			break;
		}
		if (write) {
			*field = entry.data;
			continue;
		}
		entry.data = *field;
		if (copy_to_user(&user->entries[i], &entry, sizeof(entry)))
			return -EFAULT;
	}
	if (write && i) {
		r = engine->set_sregs(vcpu->engine, &sregs);
		if (r)
			return r;
	}
	return i;
}
