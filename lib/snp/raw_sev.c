// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs of SEV and SEV-ES by the bare uAPI, see include/snp/raw_sev.h.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "snp/raw_sev.h"
#include "vm/vm_type.h"

const char *raw_sev_missing(void)
{
	return vm_type_missing(KVM_X86_SEV_VM, "SEV VMs");
}

int raw_sev_create(struct raw_snp *sev, unsigned long type)
{
	struct kvm_sev_init init = {};
	int ret = raw_vm_create(&sev->raw, type);

	return ret || type < KVM_X86_SEV_VM ? ret : raw_snp_cmd(sev, KVM_SEV_INIT2, &init);
}

int raw_sev_add_memory(struct raw_snp *sev)
{
	struct kvm_userspace_memory_region slot = {
		.memory_size = RAW_VM_PAGES * RAW_VM_PAGE, .userspace_addr = (uint64_t)sev->raw.mem,
	};

	return raw_errno(ioctl(sev->raw.vm, KVM_SET_USER_MEMORY_REGION, &slot));
}

int raw_sev_start(struct raw_snp *sev, uint32_t policy)
{
	struct kvm_sev_launch_start args = { .policy = policy };

	return raw_snp_cmd(sev, KVM_SEV_LAUNCH_START, &args);
}

int raw_sev_finish(struct raw_snp *sev, bool es)
{
	struct kvm_sev_launch_update_data update = {
		.uaddr = (uint64_t)sev->raw.mem, .len = RAW_VM_PAGE,
	};
	char measurement[256];
	struct kvm_sev_launch_measure measure = {
		.uaddr = (uint64_t)measurement, .len = sizeof(measurement),
	};

	return raw_snp_cmd(sev, KVM_SEV_LAUNCH_UPDATE_DATA, &update) ?:
	       (es ? raw_snp_cmd(sev, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL) : 0) ?:
	       raw_snp_cmd(sev, KVM_SEV_LAUNCH_MEASURE, &measure) ?:
	       raw_snp_cmd(sev, KVM_SEV_LAUNCH_FINISH, NULL);
}
