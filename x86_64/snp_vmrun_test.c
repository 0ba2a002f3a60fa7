// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a CPU has of an SNP guest from when it ran it before, and what it intercepts of it.  What
 * else VMRUN must be given the in-process KVM's CPU looks at in every case
 * (lib/inproc/src/hw/hw_svm_rules.c).
 */
#include <pthread.h>

#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "snp/snp_vm.h"

/* ---- a vCPU that goes from one CPU to another and back ---- */

#define ROUNDS	4

COCO_FIXTURE(moves);
FIXTURE_VARIANT(moves)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(moves, and_back)
{
	COCO_ROW(NULL, REQ_SEV_TLB, REQ_SVM_CLEAN),
};

/* Of an in-process KVM each thread is a CPU; on hardware they may be any. */
struct mover {
	struct kvm_vcpu *vcpu;
	pthread_barrier_t turn;
	uint64_t stage;
	bool good;
};

static void guest_syncs(void)
{
	ghcb_register();
	for (unsigned int i = 1;; i++)
		GUEST_SYNC(i);
}

static void *run_there(void *arg)
{
	struct mover *m = arg;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&m->turn);
		m->good = m->good && EXPECT_REQ_SYNC(REQ_SEV_TLB, m->vcpu, ++m->stage);
		pthread_barrier_wait(&m->turn);
	}
	return NULL;
}

COCO_TEST_F(moves, runs)
{
	struct mover m = { .good = true };
	struct snp_vm *snp;
	pthread_t thread;
	unsigned int i;

	(void)variant;
	snp = snp_vm_create(1, guest_syncs);
	snp_vm_launch(snp);
	m.vcpu = snp->cpu[0].vcpu;
	TEST_ASSERT(!pthread_barrier_init(&m.turn, NULL, 2), "no barrier");
	TEST_ASSERT(!pthread_create(&thread, NULL, run_there, &m), "no thread");
	for (i = 0; i < ROUNDS; i++) {
		m.good = m.good && EXPECT_REQ_SYNC(REQ_SEV_TLB, m.vcpu, ++m.stage);
		pthread_barrier_wait(&m.turn);
		pthread_barrier_wait(&m.turn);
	}
	pthread_join(thread, NULL);
	if (m.good)
		snp_vm_free(snp);
}

/* ---- an interrupt below the task priority: KVM has CR8 of other guests intercepted for it ---- */

#define LAPIC_TPR	0x80
#define LAPIC_SVR	0xf0
#define SVR_ENABLED	0x1ff
#define VECTOR		64

COCO_FIXTURE(priority);
FIXTURE_VARIANT(priority)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(priority, above_interrupt)
{
	COCO_ROW(NULL, REQ_SEV_INTERCEPT),
};

COCO_TEST_F(priority, runs)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000, .data = VECTOR };
	struct kvm_lapic_state lapic;
	struct kvm_vcpu *vcpu;
	struct snp_vm *snp;

	(void)variant;
	snp = snp_vm_create(1, guest_syncs);
	snp_vm_launch(snp);
	vcpu = snp->cpu[0].vcpu;
	vcpu_ioctl(vcpu, KVM_GET_LAPIC, &lapic);
	*(uint32_t *)(lapic.regs + LAPIC_TPR) = 0xf0;
	*(uint32_t *)(lapic.regs + LAPIC_SVR) = SVR_ENABLED;
	vcpu_ioctl(vcpu, KVM_SET_LAPIC, &lapic);
	EXPECT_REQ_EQ(REQ_SEV_INTERCEPT, "KVM_SIGNAL_MSI has found a vCPU", 1,
		      __vm_ioctl(snp->vm, KVM_SIGNAL_MSI, &msi), &names_count);
	if (EXPECT_REQ_SYNC(REQ_SEV_INTERCEPT, vcpu, 1))
		snp_vm_free(snp);
}

/* ---- MSRs that the CPU exchanges ---- */

COCO_FIXTURE(exchanged);
FIXTURE_VARIANT(exchanged)
{
	struct check_row row;
	bool es, rdtscp, rdpid, xsaves;
};

#define EXCHANGED(name, ...)								\
	FIXTURE_VARIANT_ADD(exchanged, name)						\
	{										\
		COCO_ROW(NULL, REQ_SEV_INTERCEPT), __VA_ARGS__				\
	}

EXCHANGED(none, .es = false);
EXCHANGED(rdtscp, .rdtscp = true);
EXCHANGED(rdpid, .rdpid = true);
EXCHANGED(xsaves, .xsaves = true);
EXCHANGED(all, .rdtscp = true, .rdpid = true, .xsaves = true);
EXCHANGED(es_none, .es = true);
EXCHANGED(es_rdtscp_xsaves, .es = true, .rdtscp = true, .xsaves = true);
EXCHANGED(es_rdpid, .es = true, .rdpid = true);

COCO_TEST_F(exchanged, runs)
{
	struct kvm_vcpu *vcpu;
	struct snp_vm *snp;

	snp = variant->es ? es_vm_create(1, guest_syncs, GHCB_PROTOCOL_VERSION) :
			    snp_vm_create(1, guest_syncs);
	vcpu = snp->cpu[0].vcpu;
	vcpu_set_or_clear_cpuid_feature(vcpu, X86_FEATURE_RDTSCP,
					variant->rdtscp && kvm_cpu_has(X86_FEATURE_RDTSCP));
	vcpu_set_or_clear_cpuid_feature(vcpu, X86_FEATURE_RDPID,
					variant->rdpid && kvm_cpu_has(X86_FEATURE_RDPID));
	vcpu_set_or_clear_cpuid_feature(vcpu, X86_FEATURE_XSAVES,
					variant->xsaves && kvm_cpu_has(X86_FEATURE_XSAVES));
	snp_vm_launch(snp);
	if (EXPECT_REQ_SYNC(REQ_SEV_INTERCEPT, vcpu, 1))
		snp_vm_free(snp);
}

COCO_MAIN_ON("xsaves,rdtscp,rdpid", snp_vm_missing)
