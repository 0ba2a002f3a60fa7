/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exits in words.  Which exit a number stands for may depend on the VM's type, and on the
 * revision of the uAPI that is spoken: @revision is its name (a cert_revision's), or NULL.
 */
#ifndef EXIT_FIELDS_H
#define EXIT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exits/exit_union.h"

/* The name of exit number @reason, where it is no exit of the default tree's; else NULL. */
const char *exit_reason_name(uint32_t reason);
/* The exit's name, where its number is not enough; else NULL. */
const char *exit_name(unsigned long vm_type, const char *revision, uint32_t reason);

/* The exit's fields in words; with @answer only those in which the VMM answers. */
void exit_fields(char *text, size_t size, unsigned long vm_type, const char *revision,
		 uint32_t reason, const struct exit_union *exit, bool answer);

#endif
