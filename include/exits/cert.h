/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Certificate exits, whatever the revision: what there are, read an exit, answer it.
 */
#ifndef EXITS_CERT_H
#define EXITS_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exits/exit_union.h"

/* How it is enabled. */
enum cert_enable {
	CERT_CAP_MASK,		/* VM capability, args[0] = mask of events */
	CERT_CAP_ONE,		/* VM capability, args[0] = 1 */
	CERT_COMMAND,		/* announced by a device attribute, then KVM_MEMORY_ENCRYPT_OP */
};

/* The VMM's answers that cases go through. */
enum cert_answer_nr {
	CERT_ANSWER_OK,		/* the table is there (or there is none) */
	CERT_ANSWER_LEN,	/* more pages needed; npages says how many */
	CERT_ANSWER_BUSY,
	CERT_ANSWER_ERROR,	/* an error the revision has a name for */
	CERT_ANSWER_OTHER,	/* a value it doesn't define */
	NR_CERT_ANSWERS
};

struct cert_answer {
	bool defined;		/* the revision has it */
	uint64_t ret;		/* OTHER: an example */
	int run_errno;		/* KVM_RUN fails with it, 0: the guest goes on */
	uint64_t exit_info_2;	/* what the guest sees then */
	bool rbx_is_npages;
};

struct cert_revision {
	const char *name, *source;
	uint32_t exit_reason;
	const char *exit_name;	/* in the tree's headers */
	uint64_t event;		/* nr, where there is such a field */
	enum cert_enable enable;
	uint32_t cap;		/* capability or device attribute, as in the source */
	uint32_t cap_ported;	/* capability in tools/patches, where @cap was taken */
	const char *cap_name;
	uint64_t cap_mask;	/* what KVM_CHECK_EXTENSION answers */
	bool until_run;		/* the command is taken until a vCPU runs, not until there is one */
	struct exit_field nr, pad[2], addr, npages, ret;
	unsigned int addr_shift;	/* 12: GFN, 0: GPA */
	struct cert_answer answer[NR_CERT_ANSWERS];
};

enum cert_revision_nr {
	CERT_COCO_V1,
	CERT_COCO_V2,
	CERT_CERTS_V3,
	CERT_CERTS_V6,
	CERT_CERTS_V7,
	NR_CERT_REVISIONS
};

extern const struct cert_revision cert_revisions[NR_CERT_REVISIONS];

/* The revision with that name, or NULL. */
const struct cert_revision *cert_revision_named(const char *name);

/* An exit as the VMM found it in kvm_run. */
struct cert_exit {
	uint64_t nr, pad[2], addr, npages, ret;
};

/* Every field of the exit in @run; fields that the revision lacks read 0. */
struct cert_exit cert_exit_read(const struct cert_revision *rev, const struct kvm_run *run);

/* The VMM's answer: ret, and npages (pages) where @npages is not NULL. */
void cert_exit_answer(const struct cert_revision *rev, struct kvm_run *run, uint64_t ret,
		      const uint64_t *npages);

#endif
