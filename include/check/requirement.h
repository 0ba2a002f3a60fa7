/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every requirement that a case can name, a list for each subject.  One wrong
 * kernel should point at one of them, so each says one thing.
 *
 * REQUIREMENT(symbol, id, document, section, text); sections go by their
 * title, because the numbers moved between revisions of the documents.
 */
#ifndef REQUIREMENTS_H
#define REQUIREMENTS_H

#include "requirements/ap.h"
#include "requirements/attestation.h"
#include "requirements/certs.h"
#include "requirements/ghcb.h"
#include "requirements/guest_request.h"
#include "requirements/machine.h"
#include "requirements/mmio.h"
#include "requirements/nae.h"
#include "requirements/order.h"
#include "requirements/proposed.h"
#include "requirements/psc.h"
#include "requirements/race.h"
#include "requirements/sev.h"
#include "requirements/sev_dev.h"
#include "requirements/sev_life.h"
#include "requirements/snp_launch.h"
#include "requirements/snp_run.h"
#include "requirements/snp_served.h"
#include "requirements/snp_vcpu.h"
#include "requirements/suite.h"
#include "requirements/tdx.h"
#include "requirements/tdx_attestation.h"
#include "requirements/tdx_errno.h"
#include "requirements/tdx_instr.h"
#include "requirements/tdx_launch.h"
#include "requirements/tdx_vcpu.h"
#include "requirements/tdx_view.h"
#include "requirements/vmm.h"

#define DOC_GHCB	"AMD 56421 GHCB 2.0"
#define DOC_GHCB_1	"AMD 56421 GHCB 1.0"
#define DOC_WORLDS	"AMD APM 2; Intel TDX Module ABI"
#define DOC_API		"Documentation/virt/kvm/api.rst"
#define DOC_APM		"AMD APM 2"
#define DOC_CGROUP	"Documentation/admin-guide/cgroup-v2.rst"
#define DOC_GUP		"Documentation/core-api/pin_user_pages.rst"
#define DOC_HC		"Documentation/virt/kvm/x86/hypercalls.rst"
#define DOC_MMU		"Documentation/virt/kvm/x86/mmu.rst"
#define DOC_MSR		"Documentation/virt/kvm/x86/msr.rst"
#define DOC_LOCKING	"Documentation/virt/kvm/locking.rst"
#define DOC_SEV_C	"arch/x86/kvm/svm/sev.c"
#define DOC_SEV_RST	"Documentation/virt/kvm/x86/amd-memory-encryption.rst"
#define DOC_HIGHMEM	"Documentation/mm/highmem.rst"
#define DOC_KASAN	"Documentation/dev-tools/kasan.rst"
#define DOC_KCSAN	"Documentation/dev-tools/kcsan.rst"
#define DOC_KMEMLEAK	"Documentation/dev-tools/kmemleak.rst"
#define DOC_KVM_HOST	"include/linux/kvm_host.h"
#define DOC_SNP_FW	"AMD 56860 SNP firmware ABI"
#define DOC_SVM		"AMD 24593 APM 2"
#define DOC_SVM_C	"arch/x86/kvm/svm/svm.c"
#define DOC_STYLE	"Documentation/process/coding-style.rst"
#define DOC_TDX_C	"arch/x86/kvm/vmx/tdx.c"
#define DOC_UBSAN	"Documentation/dev-tools/ubsan.rst"

#define REQUIREMENTS(REQUIREMENT)		\
	REQUIREMENTS_SUITE(REQUIREMENT)		\
	REQUIREMENTS_GHCB(REQUIREMENT)		\
	REQUIREMENTS_NAE(REQUIREMENT)		\
	REQUIREMENTS_AP(REQUIREMENT)		\
	REQUIREMENTS_GUEST_REQUEST(REQUIREMENT)	\
	REQUIREMENTS_ATTESTATION(REQUIREMENT)	\
	REQUIREMENTS_PSC(REQUIREMENT)		\
	REQUIREMENTS_ORDER(REQUIREMENT)		\
	REQUIREMENTS_RACE(REQUIREMENT)		\
	REQUIREMENTS_VMM(REQUIREMENT)		\
	REQUIREMENTS_MMIO(REQUIREMENT)		\
	REQUIREMENTS_MACHINE(REQUIREMENT)	\
	REQUIREMENTS_CERTS(REQUIREMENT)		\
	REQUIREMENTS_SNP_LAUNCH(REQUIREMENT)	\
	REQUIREMENTS_SNP_RUN(REQUIREMENT)	\
	REQUIREMENTS_SNP_SERVED(REQUIREMENT)	\
	REQUIREMENTS_SNP_VCPU(REQUIREMENT)	\
	REQUIREMENTS_SEV(REQUIREMENT)		\
	REQUIREMENTS_SEV_DEV(REQUIREMENT)	\
	REQUIREMENTS_SEV_LIFE(REQUIREMENT)	\
	REQUIREMENTS_TDX(REQUIREMENT)		\
	REQUIREMENTS_TDX_ERRNO(REQUIREMENT)	\
	REQUIREMENTS_TDX_INSTR(REQUIREMENT)	\
	REQUIREMENTS_TDX_LAUNCH(REQUIREMENT)	\
	REQUIREMENTS_TDX_VCPU(REQUIREMENT)	\
	REQUIREMENTS_TDX_VIEW(REQUIREMENT)	\
	REQUIREMENTS_TDX_ATTESTATION(REQUIREMENT)	\
	REQUIREMENTS_PROPOSED(REQUIREMENT)

#define REQUIREMENT_ENUM(symbol, id, document, section, text) REQ_##symbol,
enum requirement_nr {
	REQ_NONE,
	REQUIREMENTS(REQUIREMENT_ENUM)
	NR_REQUIREMENTS
};
#undef REQUIREMENT_ENUM

struct requirement {
	const char *id, *document, *section, *text;
};

/* The list's entry for @nr; never NULL (REQ_NONE: an entry that says so). */
const struct requirement *requirement(enum requirement_nr nr);

#endif
