// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMSAs of SEV-ES and SNP guests: what VMRUN asks of one (AMD APM 2, section 15.36.12), that a
 * CPU has it while the guest runs, and RMPADJUST, by which SNP guests make theirs (APM 3).  A
 * model: what RMPADJUST says of permissions is not kept.
 */
#include <pthread.h>
#include <unistd.h>

#include "base/base.h"
#include "gwalk.h"
#include "hw_svm.h"
#include "src/image/loader.h"
#include "src/watch/memory.h"
#include "vmcb.h"
#include "vmsa.h"

/* RMPADJUST: RDX, and what it returns in EAX */
#define RMPADJUST_VMPL		0xffu
#define RMPADJUST_VMSA		(1u << 16)
#define RMPADJUST_OK		0
#define RMPADJUST_INPUT		1
#define RMPADJUST_PERMISSION	2
#define RMPADJUST_SIZE		6
/* On hardware a nested page fault, over and over until the page is free. */
#define RMPADJUST_IN_USE	3

unsigned int svm_leave_delay;

/* ---- which CPU runs with which ---- */

static uint64_t in_use[IMAGE_MAX_CPUS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_in_use(uint64_t pa)
{
	for (unsigned int i = 0; i < IMAGE_MAX_CPUS; i++)
		if (in_use[i] == pa)
			return true;
	return false;
}

IMAGE_CALL int svm_vmsa_in_use(unsigned long long pfn)
{
	bool ret;

	pthread_mutex_lock(&lock);
	ret = pfn && is_in_use(pfn << 12);
	pthread_mutex_unlock(&lock);
	return ret;
}

static bool is_address(uint64_t pa)
{
	return pa && !(pa & 0xfff) && !(pa >> HW_PHYS_BITS);
}

static bool is_guest_page(uint64_t pa)
{
	unsigned long long gpa;

	return is_address(pa) && image->rmp_guest_page(pa >> 12, &gpa);
}

/* An SNP guest stays one when its VMSA is taken away. */
bool svm_is_snp(struct world *w)
{
	if (!w->vcpu->vm->snp)
		w->vcpu->vm->snp = is_guest_page(get_u64(w->vmcb, VMCB_VMSA_PA));
	return w->vcpu->vm->snp;
}

/*
 * An SNP guest's VMSA is its own page, marked as one in the RMP: which one, 0: it is not.  The
 * guest may give a page that is none, but KVM no address that is none, nor a page that the
 * guest has no more.  Without SNP, and before the launch of an SNP guest has given its page
 * away: what firmware has not encrypted decrypts to no state that a CPU takes.
 */
static unsigned int number_of(const struct world *w, uint64_t pa)
{
	const bool address = is_address(pa);
	unsigned int nr;

	if (address && !w->snp)
		return image->sev_vmsa(pa >> 12, get_u32(w->vmcb, VMCB_ASID));
	if (!address || (pa == w->vcpu->vmsa_pa && !is_guest_page(pa))) {
		memory_lock();
		memory_report(address ? CONTROL_MEM_VMSA : CONTROL_MEM_NO_VMSA,
			      "VMRUN with a VMSA at 0x%llx, which %s", (unsigned long long)pa,
			      address ? "was taken from the guest" : "is no page");
		memory_unlock();
		return 0;
	}
	nr = image->rmp_vmsa(pa >> 12, get_u32(w->vmcb, VMCB_ASID));
	return nr && (get_u64((const void *)pa, SAVE_SEV_FEATURES) & SEV_FEATURES_SNP) ? nr : 0;
}

/* Has the VMSA no SEV_FEATURES that the VMCB, on a CPU that looks at it, does not allow? */
static bool is_allowed(const struct world *w, uint64_t pa)
{
	const uint64_t allowed = get_u64(w->vmcb, VMCB_ALLOWED_SEV_FEATURES);

	return !hw_allows_sev_features || !(allowed & ALLOWED_SEV_FEATURES_EN) ||
	       !(get_u64((const void *)pa, SAVE_SEV_FEATURES) & ~allowed & ALLOWED_SEV_FEATURES);
}

uint64_t svm_vmsa_enter(struct world *w)
{
	const uint64_t pa = get_u64(w->vmcb, VMCB_VMSA_PA);
	struct src_vcpu *vcpu = w->vcpu;
	unsigned int nr = number_of(w, pa);
	uint64_t code = 0;
	int ret;

	if (!nr || !is_allowed(w, pa)) {
		vcpu->vmsa_nr = 0;
		return EXIT_INVALID;
	}
	pthread_mutex_lock(&lock);
	if (is_in_use(pa))
		code = EXIT_BUSY;
	else
		in_use[image_this_cpu()] = pa;
	pthread_mutex_unlock(&lock);
	if (code || (vcpu->vmsa_pa == pa && vcpu->vmsa_nr == nr))
		return code;
	ret = vmsa_load(vcpu, (const void *)pa, vcpu->vmsa_nr ? get_u32(w->vmcb, VMCB_CLEAN) : 0);
	if (ret) {
		inproc_diag("engine %s cannot take the state of the VMSA: %s", engine->name,
			    strerror(-ret));
		svm_vmsa_leave();
		return EXIT_INVALID;
	}
	vcpu->vmsa_pa = pa;
	vcpu->vmsa_nr = nr;
	vcpu->written = (struct svm_written){};
	vcpu->sev_features = get_u64((const void *)pa, SAVE_SEV_FEATURES);
	/* Which the launch has made, whatever a guest makes later.  Bit 63 says that it is there. */
	if (!vcpu->vm->sev_features)
		vcpu->vm->sev_features = vcpu->sev_features | 1ULL << 63;
	return 0;
}

void svm_vmsa_leave(void)
{
	pthread_mutex_lock(&lock);
	in_use[image_this_cpu()] = 0;
	pthread_mutex_unlock(&lock);
}

/* ---- RMPADJUST ---- */

static uint32_t adjust(struct world *w, const struct kvm_regs *regs)
{
	struct gwalk_cpu cpu;
	struct kvm_sregs sregs;
	struct npt_entry e;
	uint64_t gpa;

	if (regs->rax & 0xfff || regs->rcx > 1 ||
	    engine->get_sregs(w->vcpu->engine, &sregs))
		return RMPADJUST_INPUT;
	/* Guests run at VMPL 0, and may change what is above that. */
	if (!(regs->rdx & RMPADJUST_VMPL))
		return RMPADJUST_PERMISSION;
	cpu = (struct gwalk_cpu){ sregs.cr0, sregs.cr3, sregs.cr4, sregs.efer };
	if (!gwalk_gpa(&w->npt, &cpu, regs->rax, &gpa) ||
	    !(gpa & w->npt.view_bit) || npt_walk(&w->npt, gpa, &e)) {
		inproc_not_driven("RMPADJUST of a page that the guest has not accessed as its own");
		return RMPADJUST_INPUT;
	}
	if (regs->rcx)
		return RMPADJUST_SIZE;
	if (svm_vmsa_in_use(e.pa >> 12))
		return RMPADJUST_IN_USE;
	image->rmp_set_vmsa(e.pa >> 12, !!(regs->rdx & RMPADJUST_VMSA));
	return RMPADJUST_OK;
}

bool svm_rmpadjust(struct world *w)
{
	struct kvm_regs regs;

	if (!w->snp || engine->get_regs(w->vcpu->engine, &regs))
		return false;
	regs.rax = adjust(w, &regs);
	return !engine->set_regs(w->vcpu->engine, &regs);
}
