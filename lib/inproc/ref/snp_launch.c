// SPDX-License-Identifier: GPL-2.0-only
/*
 * The launch of an SNP VM: KVM_MEMORY_ENCRYPT_OP (amd-memory-encryption.rst), and what firmware
 * says to it (56860).
 */
#include <errno.h>

#include "snp.h"

/* A command of 7.0, and types of pages */
#define ENABLE_REQ_CERTS	103
#define PAGE_NORMAL		1
#define PAGE_ZERO		3
#define PAGE_UNMEASURED		4
#define PAGE_SECRETS		5
#define PAGE_CPUID		6

/* 56860, "Guest Policy": the ABI's version, bits that are defined, one that is always set */
#define POLICY_ABI(policy)	((policy) & 0xffff)
#define POLICY_DEFINED		((1ull << 26) - 1)
#define POLICY_ALWAYS		(1ull << 17)
#define FW_ABI			0x0137

/* "Status Codes" */
#define FW_POLICY_FAILURE	0x07

#define GHCB_VERSION		2
#define FEATURE_SNP		1ull

/* ---- commands ---- */

static long init2(struct ref_vm *vm, struct kvm_sev_cmd *cmd)
{
	struct kvm_sev_init init;

	if (vm->snp.initialized || vm->host->nr_vcpus)
		return -EINVAL;
	if (copy_from_user(&init, (void *)cmd->data, sizeof(init)))
		return -EFAULT;
	/* Version 0: KVM chooses.  The first one has no SNP guests. */
	if (init.flags || init.vmsa_features ||
	    (init.ghcb_version && init.ghcb_version != GHCB_VERSION))
		return -EINVAL;
	vm->snp.features = FEATURE_SNP;
	vm->snp.initialized = true;
	return 0;
}

static long launch_start(struct ref_vm *vm, struct kvm_sev_cmd *cmd)
{
	struct kvm_sev_snp_launch_start start;

	if (copy_from_user(&start, (void *)cmd->data, sizeof(start)))
		return -EFAULT;
	if (vm->snp.started || start.flags || (start.policy & ~POLICY_DEFINED) ||
	    !(start.policy & POLICY_ALWAYS))
		return -EINVAL;
	if (!snp_is_dev(cmd->sev_fd))
		return -EBADF;
	if (POLICY_ABI(start.policy) > FW_ABI) {
		cmd->error = FW_POLICY_FAILURE;
		return -EIO;
	}
	snp_fw_start(vm, start.policy);
	vm->snp.started = true;
	return 0;
}

/* "SNP_LAUNCH_UPDATE": what the guest finds in a page of @type. */
static void load_page(struct ref_vm *vm, void *to, const void *from, unsigned int type)
{
	switch (type) {
	case PAGE_ZERO:
		memset(to, 0, PAGE_SIZE);
		break;
	case PAGE_SECRETS:
		fw_guest_secrets(&vm->snp.fw, to);
		break;
	default:
		memcpy(to, from, PAGE_SIZE);
	}
}

static long update_page(struct ref_vm *vm, const struct kvm_sev_snp_launch_update *update)
{
	const uint64_t gpa = update->gfn_start << PAGE_SHIFT;
	void *to = inproc_gpa_to_hva(vm->host, gpa, true, NULL);
	char page[PAGE_SIZE];
	long r;

	if (!to || !inproc_gpa_is_private(vm->host, gpa))
		return -EINVAL;
	if (update->type != PAGE_ZERO &&
	    copy_from_user(page, (void *)update->uaddr, PAGE_SIZE))
		return -EFAULT;
	r = ref_sept_add(vm, gpa, REF_SEPT_PRESENT) ?: snp_fw_add(vm, gpa, update->type);
	if (!r)
		load_page(vm, to, page, update->type);
	return r;
}

static bool is_page_type(unsigned int type)
{
	return type == PAGE_NORMAL || type == PAGE_ZERO || type == PAGE_UNMEASURED ||
	       type == PAGE_SECRETS || type == PAGE_CPUID;
}

/* As far as it gets; the struct says how far that is. */
static long launch_update(struct ref_vm *vm, struct kvm_sev_cmd *cmd)
{
	struct kvm_sev_snp_launch_update update;
	long r = 0;

	if (!vm->snp.started)
		return -EINVAL;
	if (copy_from_user(&update, (void *)cmd->data, sizeof(update)))
		return -EFAULT;
	if (update.flags || !update.len || !PAGE_ALIGNED(update.len) ||
	    !is_page_type(update.type) || update.gfn_start >> (64 - PAGE_SHIFT) ||
	    (update.type != PAGE_ZERO && (!update.uaddr || !PAGE_ALIGNED(update.uaddr))))
		return -EINVAL;
	if (!snp_is_dev(cmd->sev_fd))
		return -EBADF;

	while (update.len) {
		r = update_page(vm, &update);
		if (r)
			break;
		update.gfn_start++;
		update.len -= PAGE_SIZE;
		if (update.type != PAGE_ZERO)
			update.uaddr += PAGE_SIZE;
	}
	if (copy_to_user((void *)cmd->data, &update, sizeof(update)))
		return -EFAULT;
	return r;
}

/* Trap sites, for the engine: when nothing of the launch is measured any more. */
static int patch_sites(struct ref_vm *vm)
{
	const struct ref_snp_page *pages = vm->snp.pages;
	size_t i, next;

	for (i = 0; i < vm->snp.nr_pages; i = next) {
		for (next = i + 1; next < vm->snp.nr_pages; next++)
			if (pages[next].gpa != pages[next - 1].gpa + PAGE_SIZE)
				break;
		if (inproc_patch_sites(vm->host, pages[i].gpa, (next - i) * PAGE_SIZE) < 0)
			return -EIO;
	}
	return 0;
}

/* The vCPUs' registers are those of their VMSAs from now on. */
static long launch_finish(struct ref_vm *vm, struct kvm_sev_cmd *cmd)
{
	struct kvm_sev_snp_launch_finish finish;
	struct fw_finish operands = { 0 };
	struct snp_id_block block;
	struct snp_id_auth auth;
	unsigned int i;
	long r;

	if (!vm->snp.started)
		return -EINVAL;
	if (copy_from_user(&finish, (void *)cmd->data, sizeof(finish)))
		return -EFAULT;
	if (finish.flags)
		return -EINVAL;
	if (!snp_is_dev(cmd->sev_fd))
		return -EBADF;
	operands.host_data = finish.host_data;
	operands.vcek_disabled = finish.vcek_disabled;
	if (finish.id_block_en) {
		if (copy_from_user(&block, (void *)finish.id_block_uaddr, sizeof(block)) ||
		    copy_from_user(&auth, (void *)finish.id_auth_uaddr, sizeof(auth)))
			return -EFAULT;
		operands.id_block = &block;
		operands.id_auth = &auth;
		operands.author_key = finish.auth_key_en;
	}
	/* Breakpoints are not the VMM's to set in a guest that it cannot see into. */
	for (i = 0; i < vm->host->nr_vcpus; i++)
		if (((struct ref_vcpu *)vm->host->vcpus[i]->priv)->snp.debugged)
			return -EINVAL;
	r = snp_fw_finish(vm, &operands, &cmd->error) ?: patch_sites(vm);
	if (r)
		return r;
	for (i = 0; i < vm->host->nr_vcpus; i++) {
		struct ref_vcpu *vcpu = vm->host->vcpus[i]->priv;

		if (engine->set_table_bits)
			engine->set_table_bits(vcpu->host->engine, vm->host->view_bit);
		vcpu->snp.vmsa = vcpu->snp.loaded = SNP_KVMS_VMSA;
		ghcb_msr_reset(vcpu);
		vcpu->initialized = true;
	}
	vm->state = REF_VM_RUNNABLE;
	return 0;
}

static long enable_req_certs(struct ref_vm *vm, struct kvm_sev_cmd *cmd)
{
	(void)cmd;
	return certs_enable_command(vm);
}

/* When a command is taken: before KVM_SEV_INIT2, after it, or until the launch is finished. */
static const struct {
	uint32_t id;
	enum { BEFORE_INIT, AFTER_INIT, BEFORE_FINISH } when;
	long (*give)(struct ref_vm *vm, struct kvm_sev_cmd *cmd);
} commands[] = {
	{ KVM_SEV_INIT2, BEFORE_INIT, init2 },
	{ KVM_SEV_SNP_LAUNCH_START, BEFORE_FINISH, launch_start },
	{ KVM_SEV_SNP_LAUNCH_UPDATE, BEFORE_FINISH, launch_update },
	{ KVM_SEV_SNP_LAUNCH_FINISH, BEFORE_FINISH, launch_finish },
	{ ENABLE_REQ_CERTS, AFTER_INIT, enable_req_certs },
};

static long give(struct ref_vm *vm, struct kvm_sev_cmd *cmd)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].id != cmd->id)
			continue;
		if (vm->snp.initialized == (commands[i].when == BEFORE_INIT) ||
		    (commands[i].when == BEFORE_FINISH && vm->state == REF_VM_RUNNABLE))
			return -EINVAL;
		return commands[i].give(vm, cmd);
	}
	/* Of SEV guests, whose memory and registers are no affair of firmware's commands here. */
	return -EINVAL;
}

long snp_encrypt_op(struct ref_vm *vm, unsigned long arg)
{
	struct kvm_sev_cmd cmd;
	long r;

	/* Is there SEV?  There is. */
	if (!arg)
		return 0;
	if (copy_from_user(&cmd, (void *)arg, sizeof(cmd)))
		return -EFAULT;
	r = give(vm, &cmd);
	if (copy_to_user((void *)arg, &cmd, sizeof(cmd)))
		return -EFAULT;
	return r;
}
