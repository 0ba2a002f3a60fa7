// SPDX-License-Identifier: GPL-2.0-only
/* Which engine runs the guests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "engine/engine.h"

/* In order of preference: what is closest to the machine comes first. */
static const struct engine_ops *const engines[] = {
	&engine_kvm,
#ifdef HAVE_UNICORN
	&engine_unicorn,
#endif
};

#define NR_ENGINES	(sizeof(engines) / sizeof(engines[0]))

static const struct engine_ops *by_name(const char *name, char *reasons, size_t room)
{
	const char *why = NULL;
	size_t i;

	for (i = 0; i < NR_ENGINES; i++) {
		if (strcmp(engines[i]->name, name))
			continue;
		if (engines[i]->usable(&why))
			return engines[i];
		snprintf(reasons, room, "COCO_ENGINE=%s: %s", name, why);
		return NULL;
	}
	if (!strcmp(name, "unicorn"))
		snprintf(reasons, room, "COCO_ENGINE=unicorn: built without it; "
			 "install libunicorn-dev and build again");
	else
		snprintf(reasons, room, "COCO_ENGINE=%s: no such engine; kvm or unicorn", name);
	return NULL;
}

const struct engine_ops *engine_select(const char **why)
{
	static char reasons[512];
	const char *name = getenv("COCO_ENGINE"), *reason = NULL;
	size_t i, len = 0;

	*why = reasons;
	if (name && *name)
		return by_name(name, reasons, sizeof(reasons));

	for (i = 0; i < NR_ENGINES; i++) {
		if (engines[i]->usable(&reason))
			return engines[i];
		if (len < sizeof(reasons))
			len += snprintf(reasons + len, sizeof(reasons) - len, "%s%s: %s",
					i ? "; " : "", engines[i]->name, reason);
	}
#ifndef HAVE_UNICORN
	if (len < sizeof(reasons))
		snprintf(reasons + len, sizeof(reasons) - len, "; unicorn: built without it");
#endif
	return NULL;
}
