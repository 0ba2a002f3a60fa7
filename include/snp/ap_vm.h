/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SNP VM whose vCPU 0 makes the VMGEXITs that the host writes down for it (ghcb_vm.h), AP
 * creation among them, and whose last vCPU is the AP that they are about.
 */
#ifndef AP_VM_H
#define AP_VM_H

#include <pthread.h>

#include "guest/vmsa.h"
#include "snp/ghcb_vm.h"

#define AP_VMSAS	2
/* VMSA 0 is all that this slot has. */
#define AP_VMSA_SLOT	1

/*
 * What the AP has in RSI, in KVM's VMSA and in those that the guest makes, and of the latter
 * in CR2 and GDTR, of which a CPU may keep a copy.
 */
#define AP_TAG_KVM	0x1000
#define AP_TAG(i)	(0x1001 + (i))
#define AP_CR2(i)	(0x7f0000 + ((i) << 4))
#define AP_GDT_LIMIT(i)	(0xfff - ((i) << 3))

struct ap_vm {
	struct ghcb_vm g;
	struct kvm_vcpu *ap;
	struct ap_seen *seen;		/* the host's view */
	struct {
		uint64_t gva, gpa;	/* a private page */
		uint64_t from;		/* GVA of what the guest fills it with, shared */
		struct vmsa *hva;	/* the same, the host's view */
	} vmsa[AP_VMSAS];
	uint64_t sev_features;
	pthread_t thread;
	int ended;
};

/*
 * A VM with vCPU 0 and the AP, @ap_id, which start at guest_ghcb_loop() and guest_ap(); not
 * launched yet.  Its end is snp_vm_free(v->g.snp).
 */
void ap_vm_create(struct ap_vm *v);
/* The same, launched, with vCPU 0 waiting for its script.  False: failed. */
bool ap_vm_start(struct ap_vm *v);
/* The AP runs from KVM's VMSA, as after a SIPI, until AP_STAGE_STARTED. */
bool ap_vm_start_ap(struct ap_vm *v, enum requirement_nr req);

/*
 * KVM_RUN of the AP in a thread of its own, which waits for it to be in the guest; and its
 * end, errno or 0: with a signal, if it does not end by itself.
 */
void ap_thread_start(struct ap_vm *v);
int ap_thread_end(struct ap_vm *v);
/* The same with a signal at once. */
int ap_thread_stop(struct ap_vm *v);

/* The next step of vCPU 0's: AP creation, @request (AP_*) for the AP with VMSA @i. */
struct ghcb_step *ap_add(struct ap_vm *v, uint64_t request, unsigned int i);
/* Before or after its VMGEXIT the guest fills VMSA @i and makes it one, or makes it none. */
void ap_make_vmsa(struct ap_vm *v, struct vmsa_op *op, unsigned int i);
void ap_drop_vmsa(struct ap_vm *v, struct vmsa_op *op, unsigned int i);
/* The next step: INIT, or SIPI, by vCPU 0's local APIC. */
void ap_add_init(struct ap_vm *v);
void ap_add_sipi(struct ap_vm *v);

/*
 * vCPU 0 runs its script, which is forgotten then: each step is answered with success, or
 * with invalid input.  What RMPADJUST returned is 0.
 */
#define EXPECT_AP_DONE(req, v)		check_ap_events(__FILE__, __LINE__, req, v, false)
#define EXPECT_AP_REFUSED(req, v)	check_ap_events(__FILE__, __LINE__, req, v, true)

/* KVM_RUN of the AP: it starts anew, from VMSA @i. */
#define EXPECT_AP_STARTS(req, v, i)	check_ap_starts(__FILE__, __LINE__, req, v, i)
/* KVM_RUN of the AP: it cannot be entered, and KVM_RUN says so. */
#define EXPECT_AP_NOT_RUN(req, v)	check_ap_not_run(__FILE__, __LINE__, req, v)
/* KVM_RUN of the AP: it goes on where it was, without a start. */
#define EXPECT_AP_GOES_ON(req, v)	check_ap_goes_on(__FILE__, __LINE__, req, v)

bool check_ap_events(const char *file, int line, enum requirement_nr req, struct ap_vm *v,
		     bool refused);
bool check_ap_starts(const char *file, int line, enum requirement_nr req, struct ap_vm *v,
		     unsigned int i);
bool check_ap_not_run(const char *file, int line, enum requirement_nr req, struct ap_vm *v);
bool check_ap_goes_on(const char *file, int line, enum requirement_nr req, struct ap_vm *v);

#endif
