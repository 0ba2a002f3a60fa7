/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Certificate exits, whatever the revision: find and enable them, read an exit,
 * answer it.
 */
#ifndef CERT_EXIT_H
#define CERT_EXIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kvm_run;
struct kvm_vm;

/* kvm_run's exit union */
#define KVM_RUN_EXIT_OFFSET	32

/* How it is enabled. */
enum cert_enable {
	CERT_CAP_MASK,		/* VM capability, args[0] = mask of events */
	CERT_CAP_ONE,		/* VM capability, args[0] = 1 */
	CERT_COMMAND,		/* announced by a device attribute, then KVM_MEMORY_ENCRYPT_OP */
};

/* A field of the exit struct: bytes from the start of the union; width 0: not there. */
struct cert_field {
	uint8_t offset, width;
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
	struct cert_field nr, pad[2], addr, npages, ret;
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

/* High halves of SW_EXITINFO2: the VMM's status of a guest request (GHCB 2.0) */
#define GHCB_VMM_ERR(err)		((uint64_t)(err) << 32)
#define GHCB_VMM_ERR_INVALID_LEN	GHCB_VMM_ERR(1)
#define GHCB_VMM_ERR_BUSY		GHCB_VMM_ERR(2)
#define GHCB_VMM_ERR_GENERIC_V1		GHCB_VMM_ERR(1u << 31)
#define GHCB_VMM_ERR_GENERIC		GHCB_VMM_ERR(~0u)

/* The descriptions are in exits/cert_revisions.h. */
extern const struct cert_revision cert_revisions[NR_CERT_REVISIONS];

/* An exit as the VMM found it in kvm_run. */
struct cert_exit {
	uint64_t nr, pad[2], addr, npages, ret;
};

/* Every field of the exit in @run; fields that the revision lacks read 0. */
struct cert_exit cert_exit_read(const struct cert_revision *rev, const struct kvm_run *run);

/* The VMM's answer: ret, and npages (pages) where @npages is not NULL. */
void cert_exit_answer(const struct cert_revision *rev, struct kvm_run *run, uint64_t ret,
		      const uint64_t *npages);

/*
 * The number (capability, or device attribute) under which the KVM under test
 * speaks @rev, or 0 when it does not.  Found once per process, on scratch VMs in
 * a child; see cert_probe.c for what is asked.
 */
uint32_t cert_revision_cap(const struct cert_revision *rev);

/*
 * Enable the exit on @vm: 0 or -errno.  @arg and @flags are KVM_ENABLE_CAP's; the
 * command of certs-v6 and on has neither.
 */
int __cert_exit_enable(struct kvm_vm *vm, const struct cert_revision *rev, uint64_t arg,
		       uint32_t flags);

/* ---- its parts: each 0 or -errno ---- */

#define KVM_X86_GRP_SEV			1
#define KVM_SEV_SNP_ENABLE_REQ_CERTS	103

int __cert_enable_cap(struct kvm_vm *vm, uint32_t cap, uint64_t arg, uint32_t flags);
int __cert_enable_command(struct kvm_vm *vm);
/* KVM_GET_DEVICE_ATTR of /dev/kvm. */
int __cert_attr_get(uint32_t group, uint64_t attr, uint64_t *value);

#endif
