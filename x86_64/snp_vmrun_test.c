// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a CPU has of an SNP guest: translations from when a vCPU was there before, and exceptions
 * that are the guest's own.  Of what VMRUN is given for it the in-process KVM's CPU looks at more
 * in every case (lib/inproc/src/hw/hw_svm_rules.c).
 */
#include <pthread.h>

#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "guest/ucall.h"
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
	COCO_ROW(NULL, REQ_SEV_TLB),
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

/* ---- the guest's exceptions ---- */

COCO_FIXTURE(fault);
FIXTURE_VARIANT(fault)
{
	struct check_row row;
	unsigned int vector;
	void (*guest)(void);
};

static void guest_ud(void)
{
	ghcb_register();
	asm volatile("ud2");
}

static void guest_gp(void)
{
	ghcb_register();
	/* An address that is not canonical. */
	asm volatile("mov (%0), %%al" : : "r" (1ull << 63) : "rax");
}

static void guest_de(void)
{
	ghcb_register();
	asm volatile("xor %%ecx, %%ecx; div %%ecx" : : : "rax", "rcx", "rdx", "cc");
}

static void guest_pf(void)
{
	ghcb_register();
	asm volatile("mov (%0), %%al" : : "r" (0x7000ull << 20) : "rax");
}

#define FAULT_ROW(name, vector_)							\
	FIXTURE_VARIANT_ADD(fault, name)						\
	{										\
		COCO_ROW(NULL, REQ_SEV_GUEST_FAULT),					\
		.vector = vector_, .guest = guest_##name,				\
	};

FAULT_ROW(ud, 6)
FAULT_ROW(gp, 13)
FAULT_ROW(de, 0)
FAULT_ROW(pf, 14)

COCO_TEST_F(fault, is_the_guests)
{
	struct snp_vm *snp = snp_vm_create(1, variant->guest);
	struct kvm_vcpu *vcpu = snp->cpu[0].vcpu;
	char wanted[48];
	struct ucall uc;

	snp_vm_launch(snp);
	/* Its handler, libkvm's, says which one it was, and gives up. */
	if (!EXPECT_REQ_EXIT(REQ_SEV_GUEST_FAULT, vcpu, KVM_EXIT_IO) ||
	    !EXPECT_REQ_EQ(REQ_SEV_GUEST_FAULT, "the guest's report", UCALL_ABORT,
			   get_ucall(vcpu, &uc), &names_value))
		return;
	snprintf(wanted, sizeof(wanted), "exception '0x%x'", variant->vector);
	if (!EXPECT_REQ_TRUE(REQ_SEV_GUEST_FAULT, "the guest had its own exception",
			     strstr(uc.buffer, wanted)))
		check_note("wanted %s, the guest said: %s", wanted, uc.buffer);
	snp_vm_free(snp);
}

COCO_MAIN(snp_vm_missing)
