// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP VMs by the bare uAPI, see include/snp/raw_snp.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest/ghcb.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

void raw_snp_open(struct raw_snp *snp)
{
	raw_vm_open(&snp->raw);
	snp->fw_error = 0;
	snp->sev = open("/dev/sev", O_RDWR);
	TEST_ASSERT(snp->sev >= 0, "cannot open /dev/sev");
}

void raw_snp_close(struct raw_snp *snp)
{
	raw_vm_close(&snp->raw);
	close(snp->sev);
}

int raw_snp_cmd_on(struct raw_snp *snp, int sev, uint32_t id, void *data)
{
	struct kvm_sev_cmd cmd = { .id = id, .data = (uint64_t)data, .sev_fd = sev };
	int ret = raw_errno(ioctl(snp->raw.vm, KVM_MEMORY_ENCRYPT_OP, &cmd));

	snp->fw_error = cmd.error;
	return ret;
}

int raw_snp_cmd(struct raw_snp *snp, uint32_t id, void *data)
{
	return raw_snp_cmd_on(snp, snp->sev, id, data);
}

int raw_snp_init2(struct raw_snp *snp, uint32_t flags, uint16_t ghcb_version)
{
	struct kvm_sev_init init = { .flags = flags, .ghcb_version = ghcb_version };

	return raw_snp_cmd(snp, KVM_SEV_INIT2, &init);
}

int raw_snp_start(struct raw_snp *snp, uint64_t policy, uint16_t flags)
{
	struct kvm_sev_snp_launch_start args = { .policy = policy, .flags = flags };

	return raw_snp_cmd(snp, KVM_SEV_SNP_LAUNCH_START, &args);
}

int raw_snp_update_args(struct raw_snp *snp, struct kvm_sev_snp_launch_update args)
{
	int ret = raw_snp_cmd(snp, KVM_SEV_SNP_LAUNCH_UPDATE, &args);

	/* What is left is the VMM's to ask for again; here there is no reason for any. */
	return ret ?: args.len ? EAGAIN : 0;
}

int raw_snp_update(struct raw_snp *snp, uint64_t gfn, const void *from, uint64_t pages)
{
	return raw_snp_update_args(snp, (struct kvm_sev_snp_launch_update){
		.gfn_start = gfn, .uaddr = (uint64_t)from, .len = pages * RAW_VM_PAGE,
		.type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	});
}

int raw_snp_finish(struct raw_snp *snp)
{
	struct kvm_sev_snp_launch_finish args = {};

	return raw_snp_cmd(snp, KVM_SEV_SNP_LAUNCH_FINISH, &args);
}

int raw_snp_region(struct raw_snp *snp, unsigned long cmd, const void *addr, uint64_t size)
{
	struct kvm_enc_region args = { .addr = (uint64_t)addr, .size = size };

	return raw_errno(ioctl(snp->raw.vm, cmd, &args));
}

static int advance(struct raw_snp *snp, enum raw_snp_stage stage)
{
	switch (stage) {
	case RAW_SNP_CREATED:
		return raw_vm_create(&snp->raw, KVM_X86_SNP_VM);
	case RAW_SNP_INITED:
		return raw_snp_init2(snp, 0, GHCB_PROTOCOL_VERSION);
	case RAW_SNP_MEMORY:
		return raw_vm_add_memory(&snp->raw, 0, 0);
	case RAW_SNP_VCPU:
		if (ioctl(snp->raw.vm, KVM_CREATE_IRQCHIP))
			return errno;
		return raw_vm_add_vcpu(&snp->raw);
	case RAW_SNP_STARTED:
		return raw_snp_start(snp, RAW_SNP_POLICY, 0);
	case RAW_SNP_UPDATED:
		return raw_snp_update(snp, 0, snp->raw.mem, RAW_SNP_PAGES);
	case RAW_SNP_FINISHED:
		return raw_snp_finish(snp);
	case RAW_SNP_NOTHING:
		break;
	}
	return 0;
}

int raw_snp_go(struct raw_snp *snp, enum raw_snp_stage from, enum raw_snp_stage to)
{
	int ret = 0;

	while (!ret && from < to)
		ret = advance(snp, ++from);
	return ret;
}
