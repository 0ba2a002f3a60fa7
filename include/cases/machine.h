/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a KVM offers to a VMM on a machine that lacks something or has more than the usual one, and
 * with other module parameters.  It takes a process of its own, which loads KVM anew: the test
 * runs itself.  Only an in-process KVM has such machines.
 */
#ifndef CASES_MACHINE_H
#define CASES_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Lists with commas, or NULL */
struct machine {
	const char *cpu;		/* as for COCO_MAIN_ON() */
	const char *firmware;		/* names in lib/inproc/src/platform_src.c */
	const char *params;		/* "kvm_amd.sev=0"; a row whose parameter there is not is skipped */
};

#define MACHINE_VM_TYPES	8
#define MACHINE_SPLAT		160

struct machine_offers {
	int open;			/* errno of open("/dev/kvm"); if it is not 0 all else is 0 */
	uint64_t types;			/* KVM_CAP_VM_TYPES, a bit for each type */
	int create[MACHINE_VM_TYPES];	/* errno of KVM_CREATE_VM by type */
	unsigned int nr[MACHINE_VM_TYPES];	/* of an AMD type so many VMs get an ASID */
	int activate[MACHINE_VM_TYPES];	/* errno of the first that firmware does not activate */
	uint32_t sev_eax, sev_ebx;	/* of leaf 8000_001fh in KVM_GET_SUPPORTED_CPUID, or 0 */
	bool has_features, has_policy;	/* attributes of group KVM_X86_GRP_SEV */
	uint64_t features, policy;
	unsigned int splats;		/* WARNs and BUGs so far */
	char splat[MACHINE_SPLAT];	/* the last one */
};

/* "SNP" and the like, of a type for KVM_CREATE_VM */
const char *machine_type_name(unsigned int type);

/* False: the case is skipped, or has failed: by MACHINE-ORDINARY if there is no /dev/kvm at all. */
bool machine_ask(const struct machine *machine, struct machine_offers *offers);

/*
 * For main(): is this the process that machine_ask() has made?  Then it has answered.  @count,
 * which may be NULL, fills what is by type.
 */
bool machine_answered(int argc, char **argv, void (*count)(struct machine_offers *offers));

/*
 * By MACHINE-TYPES and MACHINE-ORDINARY: those with bits in @want are offered and can be made, those
 * in @known that are not in @want are not, and ordinary ones can.
 */
void machine_check_types(const struct machine_offers *offers, uint64_t known, uint64_t want);

#endif
