// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM offers of SEV, SEV-ES and SEV-SNP on machines, with firmware and with module parameters
 * that have less than others, or more.
 */
#include "check/harness.h"

#include <linux/kvm.h>

#include "kvm_util.h"

#include "cases/machine.h"
#include "snp/raw_sev.h"
#include "snp/sev_attr.h"
#include "snp/snp_vm.h"

#define SEV	(1u << KVM_X86_SEV_VM)
#define ES	(1u << KVM_X86_SEV_ES_VM)
#define SNP	(1u << KVM_X86_SNP_VM)
#define KNOWN	(SEV | ES | SNP)

/* CPUID leaf 8000_001fh, EAX */
#define CPUID_SEV	(1u << 1)
#define CPUID_SEV_ES	(1u << 3)
#define CPUID_SNP	(1u << 4)

/* Of the usual CPU (lib/inproc/src/hw/hw_cpuid.c): ASIDs up to 55 are for SEV-ES and SNP. */
#define NR_SEV	8
#define NR_ES	55

/* More than there are. */
#define VMS	80

/* How many VMs can be initialized, and launched as far as firmware has the ASID. */
static void count_type(struct machine_offers *o, unsigned long type)
{
	const uint32_t policy = type == KVM_X86_SEV_ES_VM ? RAW_SEV_ES : 0;
	static struct raw_snp vms[VMS];
	unsigned int i, nr;

	for (nr = 0; nr < VMS; nr++) {
		raw_snp_open(&vms[nr]);
		if (raw_sev_create(&vms[nr], type))
			break;
		o->activate[type] |= type == KVM_X86_SNP_VM ?
				     raw_snp_start(&vms[nr], RAW_SNP_POLICY, 0) :
				     raw_sev_start(&vms[nr], policy);
	}
	o->nr[type] = nr;
	for (i = 0; i <= nr && i < VMS; i++)
		raw_snp_close(&vms[i]);
}

static void count(struct machine_offers *o)
{
	unsigned long type;

	for (type = KVM_X86_SEV_VM; type <= KVM_X86_SNP_VM; type++)
		if (!o->create[type])
			count_type(o, type);
}

/* ---- types, and how many VMs of each ---- */

COCO_FIXTURE(types);
FIXTURE_VARIANT(types)
{
	struct check_row row;
	struct machine machine;
	uint64_t known, want;		/* bits of types */
	unsigned int nr[MACHINE_VM_TYPES];
};

#define NR(sev, es, snp)								\
	{ [KVM_X86_SEV_VM] = sev, [KVM_X86_SEV_ES_VM] = es, [KVM_X86_SNP_VM] = snp }

#define TYPES(name, known_, want_, nr_, ...)						\
	FIXTURE_VARIANT_ADD(types, name)						\
	{										\
		COCO_ROW(NULL, REQ_MACHINE_TYPES, REQ_MACHINE_ORDINARY, REQ_MACHINE_ASIDS,	\
			 REQ_MACHINE_CPUID, REQ_KERNEL_NO_SPLAT),			\
		.machine = { __VA_ARGS__ }, .known = known_, .want = want_, .nr = nr_,	\
	}

TYPES(usual, KNOWN, KNOWN, NR(NR_SEV, NR_ES, NR_ES));

/* The CPU */
TYPES(no_snp, KNOWN, SEV | ES, NR(NR_SEV, NR_ES, 0), .cpu = "-sev_snp");
TYPES(no_es, KNOWN, SEV, NR(NR_SEV, 0, 0), .cpu = "-sev_es,-sev_snp");
TYPES(no_sev, KNOWN, 0, NR(0, 0, 0), .cpu = "-sev,-sev_es,-sev_snp");
TYPES(no_asids, KNOWN, 0, NR(0, 0, 0), .cpu = "-asids");
TYPES(no_es_asids, KNOWN, SEV, NR(NR_SEV + NR_ES, 0, 0), .cpu = "-es_asids");
TYPES(only_es_asids, KNOWN, ES | SNP, NR(0, NR_SEV + NR_ES, NR_SEV + NR_ES), .cpu = "-not_es_asids");

/* Parameters */
TYPES(sev_off, KNOWN, 0, NR(0, 0, 0), .params = "kvm_amd.sev=0");
TYPES(es_off, KNOWN, SEV, NR(NR_SEV, 0, 0), .params = "kvm_amd.sev_es=0");
TYPES(snp_off, KNOWN, SEV | ES, NR(NR_SEV, NR_ES, 0), .params = "kvm_amd.sev_snp=0");
TYPES(npt_off, KNOWN, 0, NR(0, 0, 0), .params = "kvm_amd.npt=0");
TYPES(nrips_off, KNOWN, 0, NR(0, 0, 0), .params = "kvm_amd.nrips=0");
TYPES(lbrv_off, KNOWN, SEV, NR(NR_SEV, 0, 0), .params = "kvm_amd.lbrv=0");
/* Without it KVM would have to emulate accesses to what is no memory. */
TYPES(mmio_caching_off, KNOWN, SEV, NR(NR_SEV, 0, 0), .params = "kvm.mmio_caching=0");

/* Firmware; what else it takes with it is the driver's affair. */
TYPES(snp_init_fails, SNP, 0, NR(0, 0, 0), .firmware = "snp_init_fails");
TYPES(snp_old, SNP, 0, NR(0, 0, 0), .firmware = "snp_old");

/* Ciphertext hiding parts the ASIDs of SEV-ES and SNP. */
TYPES(hiding, KNOWN, KNOWN, NR(NR_SEV, NR_ES - 8, 8),
      .firmware = "ciphertext_hiding", .params = "kvm_amd.ciphertext_hiding_asids=8");
TYPES(hiding_one, KNOWN, KNOWN, NR(NR_SEV, NR_ES - 1, 1),
      .firmware = "ciphertext_hiding", .params = "kvm_amd.ciphertext_hiding_asids=1");
TYPES(hiding_all, KNOWN, SEV | SNP, NR(NR_SEV, 0, NR_ES),
      .firmware = "ciphertext_hiding", .params = "kvm_amd.ciphertext_hiding_asids=55");
TYPES(hiding_more, KNOWN, SEV | SNP, NR(NR_SEV, 0, NR_ES),
      .firmware = "ciphertext_hiding", .params = "kvm_amd.ciphertext_hiding_asids=1000");
TYPES(hiding_unused, KNOWN, KNOWN, NR(NR_SEV, NR_ES, NR_ES),
      .firmware = "ciphertext_hiding", .params = "kvm_amd.ciphertext_hiding_asids=0");
TYPES(hiding_missing, KNOWN, KNOWN, NR(NR_SEV, NR_ES, NR_ES),
      .params = "kvm_amd.ciphertext_hiding_asids=8");
TYPES(hiding_off, KNOWN, KNOWN, NR(NR_SEV, NR_ES, NR_ES),
      .firmware = "ciphertext_hiding,ciphertext_hiding_off",
      .params = "kvm_amd.ciphertext_hiding_asids=8");

/* SEV-ES needs SEV, and SNP both, even where they have no ASIDs. */
static void check_cpuid(const struct machine_offers *o, uint64_t want)
{
	EXPECT_REQ_EQ(REQ_MACHINE_CPUID, "leaf 8000_001fh, EAX, bits of SEV, SEV-ES and SEV-SNP",
		      (want ? CPUID_SEV : 0) | (want & (ES | SNP) ? CPUID_SEV_ES : 0) |
		      (want & SNP ? CPUID_SNP : 0),
		      o->sev_eax & (CPUID_SEV | CPUID_SEV_ES | CPUID_SNP), &names_value);
	EXPECT_REQ_EQ(REQ_MACHINE_CPUID, "leaf 8000_001fh, EBX, bits 31:6", 0, o->sev_ebx >> 6,
		      &names_value);
}

COCO_TEST_F(types, offered)
{
	struct machine_offers offers;
	unsigned int type;
	char what[64];

	if (!machine_ask(&variant->machine, &offers))
		return;
	machine_check_types(&offers, variant->known, variant->want);
	if (variant->known == KNOWN)
		check_cpuid(&offers, variant->want);
	for (type = 0; type < MACHINE_VM_TYPES; type++) {
		if (!(variant->known & 1u << type))
			continue;
		snprintf(what, sizeof(what), "VMs of type %u (%s) at once", type,
			 machine_type_name(type));
		EXPECT_REQ_EQ(REQ_MACHINE_ASIDS, what, variant->nr[type], offers.nr[type],
			      &names_value);
		snprintf(what, sizeof(what), "LAUNCH_START of VMs of type %u (%s)", type,
			 machine_type_name(type));
		EXPECT_REQ_EQ(REQ_MACHINE_ASIDS, what, 0, offers.activate[type], &names_errno);
	}
}

/* ---- policy bits of SNP guests ---- */

/*
 * SEV-SNP firmware ABI, Guest Policy: ABI version, SMT, the bit that is 1, debug, single socket; KVM
 * knows no migration agents.
 */
#define POLICY		0x1b0000ull
#define POLICY_ABI	0xffffull
#define CXL_ALLOW	(1ull << 21)
#define AES_256_XTS	(1ull << 22)
#define RAPL_DIS	(1ull << 23)
#define HIDING_DRAM	(1ull << 24)
#define ANY_FIRMWARE	(CXL_ALLOW | AES_256_XTS | RAPL_DIS | HIDING_DRAM)

COCO_FIXTURE(policy);
FIXTURE_VARIANT(policy)
{
	struct check_row row;
	struct machine machine;
	uint64_t want;
};

#define POLICY_ROW(name, want_, firmware_)						\
	FIXTURE_VARIANT_ADD(policy, name)						\
	{										\
		COCO_ROW(NULL, REQ_MACHINE_POLICY), .machine.firmware = firmware_,	\
		.want = want_,								\
	}

POLICY_ROW(usual, 0, "");
POLICY_ROW(cxl_allow, CXL_ALLOW, "cxl_allow");
POLICY_ROW(aes_256_xts, AES_256_XTS, "aes_256_xts");
POLICY_ROW(rapl_disable, RAPL_DIS, "rapl_disable");
POLICY_ROW(ciphertext_hiding, HIDING_DRAM, "ciphertext_hiding");
POLICY_ROW(all, ANY_FIRMWARE, "cxl_allow,aes_256_xts,rapl_disable,ciphertext_hiding");

COCO_TEST_F(policy, as_firmware_has)
{
	struct machine_offers offers;

	if (!machine_ask(&variant->machine, &offers))
		return;
	if (!offers.has_policy) {
		check_skip("this KVM does not tell which bits a policy can have");
		return;
	}
	EXPECT_REQ_EQ(REQ_MACHINE_POLICY, "KVM_X86_SNP_POLICY_BITS, those of firmware's features",
		      variant->want, offers.policy & ANY_FIRMWARE, &names_value);
	EXPECT_REQ_EQ(REQ_MACHINE_POLICY, "KVM_X86_SNP_POLICY_BITS, those of all firmware",
		      POLICY | POLICY_ABI, offers.policy & (POLICY | POLICY_ABI), &names_value);
}

/* ---- features of VMSAs ---- */

COCO_FIXTURE(features);
FIXTURE_VARIANT(features)
{
	struct check_row row;
	struct machine machine;
	uint64_t want;
};

#define FEATURES(name, want_, ...)							\
	FIXTURE_VARIANT_ADD(features, name)						\
	{										\
		COCO_ROW(NULL, REQ_MACHINE_FEATURES), .machine = { __VA_ARGS__ },	\
		.want = want_,								\
	}

FEATURES(usual, SEV_FEATURE_DEBUG_SWAP, .cpu = "");
FEATURES(no_debug_swap, 0, .cpu = "-debug_swap");
FEATURES(secure_tsc, SEV_FEATURE_DEBUG_SWAP | SEV_FEATURE_SECURE_TSC, .cpu = "secure_tsc");
FEATURES(without_snp, SEV_FEATURE_DEBUG_SWAP, .cpu = "secure_tsc", .params = "kvm_amd.sev_snp=0");
FEATURES(without_es, 0, .cpu = "secure_tsc", .params = "kvm_amd.sev_es=0");

COCO_TEST_F(features, as_the_cpu_has)
{
	struct machine_offers offers;

	if (!machine_ask(&variant->machine, &offers))
		return;
	if (!offers.has_features) {
		check_skip("this KVM does not tell which features a VMSA can have");
		return;
	}
	EXPECT_REQ_EQ(REQ_MACHINE_FEATURES, "KVM_X86_SEV_VMSA_FEATURES", variant->want,
		      offers.features, &names_value);
}

COCO_MAIN_ASKED(count, snp_vm_missing)
