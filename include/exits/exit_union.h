/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The union of kvm_run that says more of an exit, and fields in it.
 */
#ifndef EXIT_UNION_H
#define EXIT_UNION_H

#include <stdint.h>

struct kvm_run;

/* Where it lies in kvm_run. */
#define KVM_RUN_EXIT_OFFSET	32

/* A field of an exit: bytes from the start of the union; width 0: the exit is without it. */
struct exit_field {
	uint8_t offset, width;
};

/* Fields of any width up to 8 bytes; a field that the exit is without reads as 0. */
uint64_t exit_field_get(const struct kvm_run *run, struct exit_field field);
void exit_field_set(struct kvm_run *run, struct exit_field field, uint64_t value);

/* What the union held at some time; as much of it as any exit of ours fills. */
struct exit_union {
	uint8_t bytes[144];
};

void exit_union_read(struct exit_union *exit, const struct kvm_run *run);
uint64_t exit_union_get(const struct exit_union *exit, struct exit_field field);

#endif
