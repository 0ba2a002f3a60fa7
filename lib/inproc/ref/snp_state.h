/* SPDX-License-Identifier: GPL-2.0-only */
/* What the model keeps of an SNP VM and its vCPUs, beside what TDs have, too. */
#ifndef REF_SNP_STATE_H
#define REF_SNP_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/fw.h"

/* Revisions of the certificate exit, by COCO_REF_REVISION; see snp/certs.c. */
struct ref_certs;

#define REF_MAX_VMSAS	128
#define SNP_NO_VMSA	(~0ull)
#define SNP_KVMS_VMSA	(~1ull)		/* the one of the launch */

/* A page of the launch, with its type. */
struct ref_snp_page {
	uint64_t gpa;
	unsigned int type;
};

struct ref_snp {
	bool initialized;		/* KVM_SEV_INIT2 */
	bool started;			/* KVM_SEV_SNP_LAUNCH_START */
	bool irqchip;			/* KVM_CREATE_IRQCHIP */
	bool certs;			/* the exit is enabled */
	bool ran;			/* a vCPU has been in KVM_RUN */
	uint64_t features;		/* SEV_FEATURES of its VMSAs */
	struct fw_guest fw;		/* under measure_lock once the guest runs */
	struct ref_snp_page *pages;	/* of the launch, in their order */
	size_t nr_pages, max_pages;
	bool secrets;			/* one of them is a secrets page */
	uint64_t jump_table;		/* GPA that guests have left here */
	/* Of VMSAs, which vCPUs take from each other; taken before host->lock. */
	pthread_mutex_t lock;
	uint64_t vmsas[REF_MAX_VMSAS];	/* GPAs of pages that are VMSAs; or SNP_NO_VMSA */
};

/* An event as its GHCB had it when VMGEXIT was executed; only what is marked valid, else 0. */
struct ref_nae {
	unsigned char *page;		/* the GHCB, in the shared view */
	uint64_t gpa;
	uint64_t code, info_1, info_2, scratch;
	uint64_t rax, rbx, rcx, rdx, rsi, xcr0;
	uint8_t cpl;
	bool has_rax, has_rbx;
};

#define SNP_DEBUG_VMM	(1u << 0)	/* KVM_SET_GUEST_DEBUG */
#define SNP_DEBUG_DR7	(1u << 1)

struct ref_snp_vcpu {
	uint64_t ghcb_msr;
	uint64_t registered;		/* GPA of the GHCB, ~0: none */
	struct ref_nae nae;		/* under way */
	struct {
		/* Entries: first that is not done, last, how many the VMM is asked for. */
		unsigned int at, end, nr;
	} psc;
	bool hold_by_msr;		/* AP reset hold: how it was asked for */
	uint64_t vmsa, on_init;		/* to run from: now, after the next INIT */
	uint64_t loaded;		/* whose registers the engine has */
	bool load;			/* the next entry has to look at @vmsa */
	uint32_t icr_high;
	unsigned int nmis;		/* that wait */
	bool nmi_masked;		/* until the guest has completed the last one */
	unsigned int debugged;		/* before the launch: SNP_DEBUG_* */
};

#endif
