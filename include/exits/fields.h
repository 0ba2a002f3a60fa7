/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXIT_FIELDS_H
#define EXIT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kvm_run;

/* What kvm_run's exit union held at some time; as much of it as any exit of ours fills. */
struct exit_union {
	uint8_t bytes[144];
};

void exit_union_read(struct exit_union *exit, const struct kvm_run *run);

/* The exit's name, for which its number is not enough. */
const char *exit_name(unsigned long vm_type, uint32_t reason);

/* The exit's fields in words; with @answer only those in which the VMM answers. */
void exit_fields(char *text, size_t size, unsigned long vm_type, uint32_t reason,
		 const struct exit_union *exit, bool answer);

#endif
