// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read and write fields of kvm_run's exit union.
 */
#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>

#include "exits/exit_union.h"

_Static_assert(offsetof(struct kvm_run, hw) == KVM_RUN_EXIT_OFFSET, "exit union of kvm_run");

/* Little endian both, so that a field of any width reads into a u64. */
uint64_t exit_field_get(const struct kvm_run *run, struct exit_field field)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)run + KVM_RUN_EXIT_OFFSET + field.offset, field.width);
	return value;
}

void exit_field_set(struct kvm_run *run, struct exit_field field, uint64_t value)
{
	memcpy((char *)run + KVM_RUN_EXIT_OFFSET + field.offset, &value, field.width);
}

void exit_union_read(struct exit_union *exit, const struct kvm_run *run)
{
	memcpy(exit->bytes, (const char *)run + KVM_RUN_EXIT_OFFSET, sizeof(exit->bytes));
}

uint64_t exit_union_get(const struct exit_union *exit, struct exit_field field)
{
	uint64_t value = 0;

	memcpy(&value, exit->bytes + field.offset, field.width);
	return value;
}
