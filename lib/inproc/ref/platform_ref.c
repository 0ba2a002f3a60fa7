// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platform ref: the reference model answers for TDs or, with COCO_VENDOR=amd, SNP guests.
 */
#include <errno.h>
#include <linux/kvm_para.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "engine/engine.h"
#include "ref/device/device.h"
#include "snp.h"

enum ref_revision ref_revision;
bool ref_map_errno, ref_own_quotes;

static bool ref_has_vm_type(unsigned long type)
{
	return type == TDX_VM_TYPE;
}

static long ref_check_extension(struct inproc_vm *vm, long cap)
{
	(void)vm;
	switch (cap) {
	case KVM_CAP_EXIT_HYPERCALL:
		return 1 << KVM_HC_MAP_GPA_RANGE;
	case KVM_CAP_X2APIC_API:
		return KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK;
	case KVM_CAP_SPLIT_IRQCHIP:
	case KVM_CAP_SIGNAL_MSI:
	case KVM_CAP_X86_USER_SPACE_MSR:
	case KVM_CAP_X86_MSR_FILTER:
	case KVM_CAP_MEMORY_FAULT_INFO:
		return 1;
	}
	return 0;
}

static const struct model_ops td_model = {
	.has_vm_type = ref_has_vm_type,
	.check_extension = ref_check_extension,
	.vm_create = ref_vm_create,
	.vm_destroy = ref_vm_destroy,
	.vm_ioctl = ref_vm_ioctl,
	.private_gone = ref_private_gone,
	.vcpu_create = ref_vcpu_create,
	.vcpu_destroy = ref_vcpu_destroy,
	.vcpu_ioctl = ref_vcpu_ioctl,
	.vcpu_run = ref_vcpu_run,
};

static int bad_revision(const char *name)
{
	inproc_diag("COCO_REF_REVISION=%s: no such revision; of TDs tdx, tdx-map-errno, "
		    "tdx-dedicated-v1, tdx-dedicated-v2, proposed-quotes or proposed-in-place, "
		    "of SNP guests snp, certs-v6, certs-v3, coco-v2 or coco-v1", name);
	return -EINVAL;
}

static int ref_init(void)
{
	static const struct {
		const char *name;
		enum ref_revision exits;
		bool map_errno, own_quotes, in_place;
	} revisions[] = {
		{ .name = "tdx" },
		{ .name = "tdx-map-errno", .map_errno = true },
		{ .name = "tdx-dedicated-v1", .exits = REF_TDX_DEDICATED_V1 },
		{ .name = "tdx-dedicated-v2", .exits = REF_TDX_DEDICATED_V2 },
		{ .name = "proposed-quotes", .own_quotes = true },
		{ .name = "proposed-in-place", .in_place = true },
	};
	const char *wanted = getenv("COCO_REF_REVISION");
	const char *vendor = getenv("COCO_VENDOR") ?: "amd";
	size_t i;

	if (!strcmp(vendor, "amd")) {
		model = &snp_model;
		return !wanted || !*wanted || snp_set_revision(wanted) ? 0 : bad_revision(wanted);
	}
	model = &td_model;
	if (engine->begins_mode32)
		engine->begins_mode32();
	if (!wanted || !*wanted)
		return 0;
	for (i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		if (strcmp(wanted, revisions[i].name))
			continue;
		ref_revision = revisions[i].exits;
		ref_map_errno = revisions[i].map_errno;
		ref_own_quotes = revisions[i].own_quotes;
		gmem_converts = revisions[i].in_place;
		return 0;
	}
	return bad_revision(wanted);
}

static long ref_open(const char *path, int flags)
{
	if (model == &snp_model && !strcmp(path, "/dev/sev"))
		return snp_dev_open(path, flags);
	return kvm_dev_open(path, flags);
}

static const struct platform_ops ref_platform = {
	.name = "ref",
	.init = ref_init,
	.open = ref_open,
};

const struct platform_ops *const platform = &ref_platform;
