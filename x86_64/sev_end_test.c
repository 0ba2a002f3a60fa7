// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes after a guest of SEV or SEV-ES has run: its memory goes back to the host, or it shuts
 * down.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "cases/pair_guest.h"
#include "control.h"
#include "snp/sev_guest.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE

/* ---- memory that is given back ---- */

enum how { DROPPED, UNMAPPED, SLOT_DELETED, UNREGISTERED };

COCO_FIXTURE(memory);
FIXTURE_VARIANT(memory)
{
	struct check_row row;
	enum sev_kind kind;
	enum how how;
};

#define MEMORY(kind_, how_)								\
	FIXTURE_VARIANT_ADD(memory, kind_##_##how_)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_MOVE_CACHES), .kind = SEV_KIND_##kind_, .how = how_	\
	}
#define MEMORY_OF(kind)									\
	MEMORY(kind, DROPPED); MEMORY(kind, UNMAPPED); MEMORY(kind, SLOT_DELETED);	\
	MEMORY(kind, UNREGISTERED)

MEMORY_OF(SEV);
MEMORY_OF(ES);
MEMORY_OF(OLD_SEV);
MEMORY_OF(OLD_ES);

static int give_back(struct sev_guest *g, enum how how)
{
	const size_t size = RAW_VM_PAGES * PAGE;
	struct kvm_userspace_memory_region none = {};

	switch (how) {
	case DROPPED:
		return raw_errno(madvise(g->snp.raw.mem, size, MADV_DONTNEED));
	case UNMAPPED:
		/* As it is unmapped again at the end. */
		return mmap(g->snp.raw.mem, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? errno : 0;
	case SLOT_DELETED:
		return raw_errno(ioctl(g->snp.raw.vm, KVM_SET_USER_MEMORY_REGION, &none));
	case UNREGISTERED:
		return raw_snp_region(&g->snp, KVM_MEMORY_ENCRYPT_UNREG_REGION, g->snp.raw.mem, size);
	}
	return EINVAL;
}

COCO_TEST_F(memory, written_back)
{
	const enum requirement_nr req = REQ_SEV_MOVE_CACHES;
	struct sev_guest g;

	if (!control()) {
		check_skip("no control of the kernel here: caches are not seen");
		return;
	}
	if (EXPECT_REQ_EQ(req, "a guest", 0, sev_guest_make(&g, variant->kind, 1), &names_errno) &&
	    (variant->how != UNREGISTERED ||
	     EXPECT_REQ_EQ(req, "KVM_MEMORY_ENCRYPT_REG_REGION", 0,
			   raw_snp_region(&g.snp, KVM_MEMORY_ENCRYPT_REG_REGION, g.snp.raw.mem,
					  RAW_VM_PAGES * PAGE), &names_errno)) &&
	    EXPECT_SEV_ROUND(req, &g, 0, 1, false)) {
		EXPECT_REQ_TRUE(req, "a CPU has run it", control()->caches_dirty());
		EXPECT_REQ_EQ(req, "the memory's end", 0, give_back(&g, variant->how), &names_errno);
		EXPECT_REQ_EQ(req, "CPUs whose caches have what the guest wrote", 0,
			      control()->caches_dirty(), &names_value);
	}
	sev_guest_close(&g);
}

/* ---- shutdown ---- */

COCO_FIXTURE(shutdown);
FIXTURE_VARIANT(shutdown) { struct check_row row; bool snp; };
FIXTURE_VARIANT_ADD(shutdown, es) { COCO_ROW(NULL, REQ_SEV_ES_SHUTDOWN) };
FIXTURE_VARIANT_ADD(shutdown, snp) { COCO_ROW(NULL, REQ_SEV_ES_SHUTDOWN), .snp = true };

/* Of a page of APIC registers: the spurious-interrupt vector register, with the APIC enabled. */
#define APIC_SVR	0xf0
#define SVR_SET		0x1a5

static uint32_t svr_of(struct raw_snp *sev)
{
	struct kvm_lapic_state lapic = {};
	uint32_t svr;

	TEST_ASSERT(!ioctl(sev->raw.vcpu, KVM_GET_LAPIC, &lapic), "KVM_GET_LAPIC");
	memcpy(&svr, lapic.regs + APIC_SVR, sizeof(svr));
	return svr;
}

static int set_svr(struct raw_snp *sev)
{
	const uint32_t svr = SVR_SET;
	struct kvm_lapic_state lapic;

	if (ioctl(sev->raw.vcpu, KVM_GET_LAPIC, &lapic))
		return errno;
	memcpy(lapic.regs + APIC_SVR, &svr, sizeof(svr));
	return raw_errno(ioctl(sev->raw.vcpu, KVM_SET_LAPIC, &lapic));
}

/* Long mode without an IDT, and a #UD. */
static int give_code(struct raw_snp *sev)
{
	static const uint8_t ud2[] = { 0x0f, 0x0b };

	pair_guest_map(sev->raw.mem + PAIR_GUEST_TABLE);
	memcpy(sev->raw.mem + PAIR_GUEST_CODE, ud2, sizeof(ud2));
	return pair_guest_start(sev->raw.vcpu, PAIR_GUEST_CODE);
}

static int launch_es(struct raw_snp *sev)
{
	struct kvm_sev_launch_update_data code = {
		.uaddr = (uint64_t)sev->raw.mem + PAIR_GUEST_CODE, .len = PAGE,
	};

	return raw_sev_create(sev, KVM_X86_SEV_ES_VM) ?: raw_sev_add_memory(sev) ?:
	       raw_errno(ioctl(sev->raw.vm, KVM_CREATE_IRQCHIP)) ?: raw_vm_add_vcpu(&sev->raw) ?:
	       set_svr(sev) ?: give_code(sev) ?: raw_sev_start(sev, RAW_SEV_ES) ?:
	       raw_snp_cmd(sev, KVM_SEV_LAUNCH_UPDATE_DATA, &code) ?: raw_sev_finish(sev, true);
}

static int launch_snp(struct raw_snp *snp)
{
	return raw_snp_go(snp, RAW_SNP_NOTHING, RAW_SNP_VCPU) ?: set_svr(snp) ?: give_code(snp) ?:
	       raw_snp_go(snp, RAW_SNP_VCPU, RAW_SNP_FINISHED);
}

COCO_TEST_F(shutdown, keeps_the_apic)
{
	const enum requirement_nr req = REQ_SEV_ES_SHUTDOWN;
	struct raw_snp sev;

	raw_snp_open(&sev);
	if (EXPECT_REQ_EQ(req, "the launch", 0, variant->snp ? launch_snp(&sev) : launch_es(&sev),
			  &names_errno) &&
	    EXPECT_REQ_EQ(req, "the vCPU's struct kvm_run", 0, raw_vm_map_run(&sev.raw),
			  &names_errno)) {
		EXPECT_REQ_EQ(req, "KVM_RUN", 0, raw_errno(ioctl(sev.raw.vcpu, KVM_RUN, NULL)),
			      &names_errno);
		EXPECT_REQ_EQ(req, "exit reason", KVM_EXIT_SHUTDOWN, sev.raw.run->exit_reason,
			      &names_exit_reason);
		EXPECT_REQ_EQ(req, "the APIC's spurious-interrupt vector register", SVR_SET,
			      svr_of(&sev), &names_value);
	}
	raw_snp_close(&sev);
}

COCO_MAIN(snp_vm_missing)
