// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's x87 and SSE registers: the kernel has them while the guest does not run, in the
 * area of its XSAVE, and the engine while it does.  They are moved when they changed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "hw.h"

#define LEGACY_SIZE	512
#define AREA_SIZE	(LEGACY_SIZE + 64)
#define XSTATE_X87_SSE	3ULL

struct guest_fpu {
	uint8_t area[AREA_SIZE];	/* what the engine has */
};

/* Other components are the engine's own. */
IMAGE_CALL void hw_fpu_load(const void *area, unsigned int size)
{
	struct src_vcpu *vcpu = src_now.vcpu;
	struct kvm_xsave xsave;
	uint64_t features;

	if (!vcpu || size < LEGACY_SIZE || guest_vcpu_init(vcpu))
		return;
	if (vcpu->fpu && !memcmp(vcpu->fpu->area, area, LEGACY_SIZE))
		return;
	if (engine->get_xsave(vcpu->engine, &xsave))
		goto failed;
	memcpy(xsave.region, area, LEGACY_SIZE);
	memcpy(&features, (char *)xsave.region + LEGACY_SIZE, sizeof(features));
	features |= XSTATE_X87_SSE;
	memcpy((char *)xsave.region + LEGACY_SIZE, &features, sizeof(features));
	if (!engine->set_xsave(vcpu->engine, &xsave))
		return;
failed:
	inproc_diag("engine %s does not take the guest's FPU state", engine->name);
}

IMAGE_CALL void hw_fpu_save(void *area, unsigned int size)
{
	struct src_vcpu *vcpu = src_now.vcpu;
	struct kvm_xsave xsave;

	if (!vcpu || !vcpu->engine || size < LEGACY_SIZE ||
	    engine->get_xsave(vcpu->engine, &xsave))
		return;
	if (!vcpu->fpu)
		vcpu->fpu = calloc(1, sizeof(*vcpu->fpu));
	if (vcpu->fpu)
		memcpy(vcpu->fpu->area, xsave.region, AREA_SIZE);
	memcpy(area, xsave.region, LEGACY_SIZE);
}
