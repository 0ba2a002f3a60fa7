// SPDX-License-Identifier: GPL-2.0-only
/*
 * Glue: numbers of the tree's own uAPI headers, for tests that are built without them.
 */
#include <linux/kvm.h>

#include "glue.h"
#include "glue_uapi.h"

#define UAPI_NUMBER(name)	{ #name, name },

/* Those that tools/image/probe.sh has found: a version may lack any of them. */
const struct image_number glue_numbers[] = {
	UAPI_NUMBERS(UAPI_NUMBER)
	{}
};
