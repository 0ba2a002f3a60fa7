/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests of SEV and SEV-ES, by the bare uAPI, that count: each KVM_RUN tells how often the
 * guest's loop went round, so that a test sees whether it goes on where it was.
 */
#ifndef SEV_GUEST_H
#define SEV_GUEST_H

#include <stdbool.h>

#include "check/requirement.h"
#include "snp/raw_sev.h"

#define SEV_GUEST_VCPUS		2

/* The VM's type, and which command initializes it (amd-memory-encryption.rst, "KVM_SEV_INIT2"). */
enum sev_kind {
	SEV_KIND_SEV, SEV_KIND_ES,		/* KVM_SEV_INIT2 */
	SEV_KIND_OLD_SEV, SEV_KIND_OLD_ES,	/* an ordinary VM; KVM_SEV_INIT, KVM_SEV_ES_INIT */
};

struct sev_guest {
	struct raw_snp snp;		/* vCPU 0 is not snp.raw.vcpu: */
	enum sev_kind kind;
	bool has_guest;			/* KVM_SEV_INIT2, or that it was taken */
	const void *code;		/* a test's own, of an SEV-ES guest; NULL: it counts */
	size_t code_len;
	unsigned int nr_vcpus;
	int vcpu[SEV_GUEST_VCPUS];
	struct kvm_run *run[SEV_GUEST_VCPUS];
};

bool sev_guest_is_es(const struct sev_guest *g);

/* KVM_CREATE_VM; each that gives an int gives 0 or an errno. */
int sev_guest_create(struct sev_guest *g, enum sev_kind kind);
void sev_guest_close(struct sev_guest *g);
int sev_guest_init(struct sev_guest *g, uint64_t vmsa_features);
/* vCPUs up to @nr; with a guest, in the state in which that begins. */
int sev_guest_add_vcpus(struct sev_guest *g, unsigned int nr);
/* The state in which it begins, for all of them. */
int sev_guest_begin(struct sev_guest *g);
/* All of a launch: LAUNCH_START, the guest's code, VMSAs, LAUNCH_FINISH. */
int sev_guest_launch(struct sev_guest *g);
/* All of the above, with a slot. */
int sev_guest_make(struct sev_guest *g, enum sev_kind kind, unsigned int vcpus);

/* KVM_ENABLE_CAP of @to with the descriptor of @from. */
int sev_guest_take(struct sev_guest *to, uint32_t cap, const struct sev_guest *from);
/* The memory of @from becomes that of @to, which closes it, and the other way round. */
void sev_guest_swap_memory(struct sev_guest *to, struct sev_guest *from);
/* That, and it is slot 0 of @to. */
int sev_guest_take_memory(struct sev_guest *to, struct sev_guest *from);
/* Slot 0 of @to is the memory of @from. */
int sev_guest_share_memory(struct sev_guest *to, const struct sev_guest *from);
/* The guest's code and page tables, the first pages of its memory. */
#define SEV_GUEST_PAGES	4
void sev_guest_load(struct sev_guest *g);
/* Of a launch what follows LAUNCH_START. */
int sev_guest_finish(struct sev_guest *g);

/* Commands of KVM_MEMORY_ENCRYPT_OP below those of SNP, and what is none; ended by name NULL. */
struct sev_command {
	uint32_t id;
	const char *name;
	bool none;			/* it is no command, or not made */
	bool of_mirror;			/* a mirror may give it */
};

extern const struct sev_command sev_commands[];

/*
 * KVM_RUN of vCPU @i tells that the guest is in round @round.  With SEV-ES it tells it twice,
 * the second time (@again) without having told the GHCB MSR anew.
 */
#define EXPECT_SEV_ROUND(req, g, i, round, again)	\
	check_sev_round(__FILE__, __LINE__, req, g, i, round, again)

bool check_sev_round(const char *file, int line, enum requirement_nr req, struct sev_guest *g,
		     unsigned int i, unsigned int round, bool again);

#endif
