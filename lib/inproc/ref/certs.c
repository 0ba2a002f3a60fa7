// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exit for certificates, in each revision that has been posted: how it is enabled, where
 * kvm_run has what, and which answers there are.
 */
#include <errno.h>

#include "snp.h"

/* Attributes of /dev/kvm's group KVM_X86_GRP_SEV: the command can be used. */
enum enable { BY_MASK, BY_ONE, BY_COMMAND };

struct field {
	unsigned char at, size;		/* in the exit's union, bytes */
};

/* coco-v1's answers; later ones are errnos */
#define COCO_INVALID_LEN	1

static const struct revision {
	const char *name;
	uint32_t exit_reason, cap;
	enum enable enable;
	struct field addr, npages, ret;
	unsigned int addr_shift;
	bool own_answers;		/* COCO_INVALID_LEN, and any other is an error */
	bool until_run;			/* the command is taken until a vCPU runs */
	uint64_t failed;		/* SW_EXITINFO2 */
} revisions[] = {
	{
		.name = "snp", .exit_reason = 43, .enable = BY_COMMAND,
		.addr = { 0, 8 }, .npages = { 8, 8 }, .ret = { 16, 8 },
		.failed = 0xffffffff00000000,
	}, {
		.name = "certs-v6", .exit_reason = 40, .enable = BY_COMMAND, .until_run = true,
		.addr = { 0, 8 }, .npages = { 8, 8 }, .ret = { 16, 8 }, .addr_shift = 12,
		.failed = 0xffffffff00000000,
	}, {
		.name = "certs-v3", .exit_reason = 40, .enable = BY_ONE, .cap = 239,
		.addr = { 0, 8 }, .npages = { 8, 4 }, .ret = { 12, 4 }, .addr_shift = 12,
		.failed = 0xffffffff00000000,
	}, {
		.name = "coco-v2", .exit_reason = 40, .enable = BY_MASK, .cap = 239,
		.addr = { 16, 8 }, .npages = { 24, 4 }, .ret = { 8, 4 }, .addr_shift = 12,
		.failed = 0xffffffff00000000,
	}, {
		/* 237 in the patch, which mainline gave to another capability. */
		.name = "coco-v1", .exit_reason = 40, .enable = BY_MASK, .cap = 240,
		.addr = { 8, 8 }, .npages = { 16, 4 }, .ret = { 20, 4 }, .addr_shift = 12,
		.own_answers = true, .failed = 0x8000000000000000,
	},
};

#define NR_REVISIONS	(sizeof(revisions) / sizeof(revisions[0]))
/* The union's first bytes, which hold each revision's exit */
#define EXIT_BYTES	32

static const struct revision *rev = &revisions[0];

bool certs_set_revision(const char *name)
{
	size_t i;

	for (i = 0; i < NR_REVISIONS; i++)
		if (!strcmp(revisions[i].name, name)) {
			rev = &revisions[i];
			return true;
		}
	return false;
}

uint64_t certs_failed_status(void)
{
	return rev->failed;
}

/* ---- enabling it ---- */

bool certs_has_attribute(void)
{
	return rev->enable == BY_COMMAND;
}

/* Of a mask the one bit that is defined; of a flag 1. */
long certs_extension(long cap)
{
	return rev->cap && cap == rev->cap;
}

long certs_enable_cap(struct ref_vm *vm, const struct kvm_enable_cap *cap)
{
	if (!rev->cap || cap->cap != rev->cap || cap->args[0] > 1 ||
	    (rev->enable == BY_ONE && !cap->args[0]))
		return -EINVAL;
	vm->snp.certs = cap->args[0];
	return 0;
}

long certs_enable_command(struct ref_vm *vm)
{
	if (rev->enable != BY_COMMAND ||
	    (rev->until_run ? vm->snp.ran : vm->host->nr_vcpus))
		return -EINVAL;
	vm->snp.certs = true;
	return 0;
}

/* ---- the exit ---- */

static void *exit_union(const struct kvm_run *run)
{
	return (void *)&run->hw;
}

static void set_field(struct kvm_run *run, struct field field, uint64_t value)
{
	memcpy((char *)exit_union(run) + field.at, &value, field.size);
}

static uint64_t get_field(const struct kvm_run *run, struct field field)
{
	uint64_t value = 0;

	memcpy(&value, (char *)exit_union(run) + field.at, field.size);
	return value;
}

void certs_fill_exit(struct kvm_run *run, uint64_t gpa, uint64_t npages)
{
	run->exit_reason = rev->exit_reason;
	memset(exit_union(run), 0, EXIT_BYTES);
	set_field(run, rev->addr, gpa >> rev->addr_shift);
	set_field(run, rev->npages, npages);
}

enum certs_answer certs_read_answer(const struct kvm_run *run, uint64_t *npages)
{
	const uint64_t ret = get_field(run, rev->ret);

	*npages = get_field(run, rev->npages);
	if (!ret)
		return CERTS_OK;
	if (rev->own_answers)
		return ret == COCO_INVALID_LEN ? CERTS_TOO_SHORT : CERTS_FAILED;
	if (ret == ENOSPC)
		return CERTS_TOO_SHORT;
	if (ret == EAGAIN)
		return CERTS_BUSY;
	return ret == EIO || rev->enable != BY_COMMAND ? CERTS_FAILED : CERTS_UNDEFINED;
}
