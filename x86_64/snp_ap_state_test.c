// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP AP creation and what the VMM has to do with it: the state that it sets before the next
 * KVM_RUN, and two vCPUs that the guest gives one VMSA.
 */
#include <linux/kvm_para.h>

#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"

#include "snp/ap_vm.h"
#include "snp/ghcb_check.h"
#include "vm/mp_state.h"

#define AGAIN		3

#define ROW_END		REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY

/* ---- KVM_SET_MP_STATE between the event and KVM_RUN ---- */

COCO_FIXTURE(vmm);
FIXTURE_VARIANT(vmm)
{
	struct check_row row;
	uint64_t request;
	uint32_t state;			/* KVM_MP_STATE_*, while the request is pending */
};

#define VMM_ROW(name, request_, state_)							\
	FIXTURE_VARIANT_ADD(vmm, name)							\
	{										\
		COCO_ROW(NULL, REQ_SNP_AP_VMM_STATE, REQ_SNP_AP_STATE, ROW_END),	\
		.request = request_, .state = KVM_MP_STATE_##state_,			\
	};

VMM_ROW(create_runnable, AP_CREATE, RUNNABLE)
VMM_ROW(create_halted, AP_CREATE, HALTED)
VMM_ROW(create_held, AP_CREATE, AP_RESET_HOLD)
VMM_ROW(create_sipi, AP_CREATE, SIPI_RECEIVED)
VMM_ROW(destroy_halted, AP_DESTROY, HALTED)
VMM_ROW(destroy_runnable, AP_DESTROY, RUNNABLE)
VMM_ROW(destroy_held, AP_DESTROY, AP_RESET_HOLD)
VMM_ROW(destroy_sipi, AP_DESTROY, SIPI_RECEIVED)
VMM_ROW(on_init_halted, AP_CREATE_ON_INIT, HALTED)
VMM_ROW(on_init_runnable, AP_CREATE_ON_INIT, RUNNABLE)

COCO_TEST_F(vmm, sets_state)
{
	enum requirement_nr req = REQ_SNP_AP_VMM_STATE;
	struct ap_vm v;

	if (!ap_vm_start(&v) || !ap_vm_start_ap(&v, req))
		return;
	ap_make_vmsa(&v, &ap_add(&v, variant->request, 0)->before, 0);
	if (!EXPECT_AP_DONE(req, &v))
		return;
	mp_state_set(v.ap, variant->state);
	switch (variant->request) {
	case AP_CREATE:
		if (!EXPECT_AP_STARTS(req, &v, 0))
			return;
		break;
	case AP_DESTROY:
		if (!EXPECT_REQ_STAYS(req, v.ap, KVM_MP_STATE_HALTED, AGAIN))
			return;
		break;
	case AP_CREATE_ON_INIT:
		if (variant->state == KVM_MP_STATE_HALTED) {
			if (!EXPECT_REQ_STAYS(req, v.ap, KVM_MP_STATE_HALTED, AGAIN))
				return;
			mp_state_set(v.ap, KVM_MP_STATE_RUNNABLE);
		}
		if (!EXPECT_AP_GOES_ON(req, &v))
			return;
		break;
	}
	snp_vm_free(v.g.snp);
}

/* ---- what is left of an AP that was destroyed ---- */

COCO_FIXTURE(destroyed);
FIXTURE_VARIANT(destroyed)
{
	struct check_row row;
	bool kicked;			/* by KVM_HC_KICK_CPU, before */
	bool untaken;			/* it has not run since its creation */
	/* Its VMSA's page, after: to shared and back, or out of guest_memfd and made anew. */
	bool converted, punched;
};

#define DESTROYED_ROW(name, ...)							\
	FIXTURE_VARIANT_ADD(destroyed, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_AP_DESTROY, REQ_SNP_AP_NO_VMSA, ROW_END), __VA_ARGS__	\
	};

DESTROYED_ROW(kicked, .kicked = true)
DESTROYED_ROW(untaken, .untaken = true)
DESTROYED_ROW(page_converted, .converted = true)
DESTROYED_ROW(page_made_anew, .punched = true)

COCO_TEST_F(destroyed, stays)
{
	enum requirement_nr req = REQ_SNP_AP_DESTROY;
	struct ghcb_step *kick;
	struct kvm_vm *vm;
	struct ap_vm v;

	if (!ap_vm_start(&v))
		return;
	mp_state_set(v.ap, KVM_MP_STATE_RUNNABLE);
	vm = v.g.snp->vm;
	ap_make_vmsa(&v, &ap_add(&v, AP_CREATE, 0)->before, 0);
	if (!EXPECT_AP_DONE(req, &v) || (!variant->untaken && !EXPECT_AP_STARTS(req, &v, 0)))
		return;
	if (variant->kicked) {
		kick = ghcb_add_event(&v.g, 0, GHCB_NAE_VMMCALL, 0, 0);
		ghcb_set(&kick->in, rax, KVM_HC_KICK_CPU);
		ghcb_set(&kick->in, cpl, 0);
		ghcb_set(&kick->in, rbx, 0);
		ghcb_set(&kick->in, rcx, v.ap->id);
	}
	ap_add(&v, AP_DESTROY, 0);
	if (!EXPECT_AP_DONE(req, &v) ||
	    !EXPECT_REQ_STAYS(req, v.ap, KVM_MP_STATE_HALTED, AGAIN))
		return;
	if (variant->converted) {
		vm_mem_set_shared(vm, v.vmsa[0].gpa, vm->page_size);
		vm_mem_set_private(vm, v.vmsa[0].gpa, vm->page_size);
	}
	if (variant->punched) {
		vm_guest_mem_punch_hole(vm, v.vmsa[0].gpa, vm->page_size);
		ap_make_vmsa(&v, &ghcb_add_event(&v.g, 0, GHCB_NAE_WBINVD, 0, 0)->before, 0);
		if (!EXPECT_AP_DONE(req, &v))
			return;
	}
	mp_state_set(v.ap, KVM_MP_STATE_RUNNABLE);
	if (EXPECT_AP_NOT_RUN(REQ_SNP_AP_NO_VMSA, &v))
		snp_vm_free(v.g.snp);
}

/* ---- one VMSA, two vCPUs ---- */

/* It is made after the launch, or cannot be. */
#define THIRD		3

COCO_FIXTURE(shared);
FIXTURE_VARIANT(shared)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(shared, in_turn)
{
	COCO_ROW(NULL, REQ_SNP_AP_SHARED, ROW_END),
};

COCO_TEST_F(shared, run)
{
	enum requirement_nr req = REQ_SNP_AP_SHARED;
	struct kvm_vcpu *first, *second;
	struct ghcb_step *step;
	struct ap_vm v;
	int fd;

	(void)variant;
	if (!ap_vm_start(&v))
		return;
	fd = __vm_ioctl(v.g.snp->vm, KVM_CREATE_VCPU, (void *)2ul);
	if (fd < 0) {
		check_skip("no vCPU can be made after the launch: %s", strerror(errno));
		return;
	}
	close(fd);
	first = v.ap;
	second = __vm_vcpu_add(v.g.snp->vm, THIRD);
	vcpu_init_cpuid(second, kvm_get_supported_cpuid());
	mp_state_set(second, KVM_MP_STATE_RUNNABLE);

	ap_make_vmsa(&v, &ap_add(&v, AP_CREATE, 0)->before, 0);
	step = ap_add(&v, AP_CREATE, 0);
	step->in.sw_exit_info_1 = AP_INFO_1(AP_CREATE, THIRD);
	mp_state_set(first, KVM_MP_STATE_RUNNABLE);
	if (!EXPECT_AP_DONE(req, &v) || !EXPECT_AP_STARTS(req, &v, 0))
		return;
	/*
	 * Run at the same time, one of them would be told that the VMSA is busy, or both would run
	 * on one stack: no case can tell what comes of that.  Where the second starts is the CPU's affair: in a
	 * model the VMSA stays as the guest made it.
	 */
	v.seen->stop = 1;
	if (!EXPECT_REQ_EXIT(req, second, KVM_EXIT_IO))
		return;
	v.ap = first;
	if (EXPECT_AP_GOES_ON(req, &v))
		snp_vm_free(v.g.snp);
}

COCO_MAIN(snp_vm_missing)
