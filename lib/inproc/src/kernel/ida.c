// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small ids, as lib/idr.c hands them out: TDs' KeyIDs.  A fake: one bitmap for each of
 * the few pools there are.
 */
#include <linux/idr.h>

#include "glue.h"

#define GLUE_MAX_IDAS	4
#define GLUE_MAX_IDS	1024

static struct {
	struct ida *ida;
	unsigned char used[GLUE_MAX_IDS];
} glue_idas[GLUE_MAX_IDAS];

static DEFINE_MUTEX(glue_ida_lock);

static unsigned char *glue_ida(struct ida *ida)
{
	unsigned int i;

	for (i = 0; i < GLUE_MAX_IDAS; i++) {
		if (glue_idas[i].ida && glue_idas[i].ida != ida)
			continue;
		glue_idas[i].ida = ida;
		return glue_idas[i].used;
	}
	glue_die("more than %d pools of ids", GLUE_MAX_IDAS);
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	unsigned char *used;
	unsigned int id;

	mutex_lock(&glue_ida_lock);
	used = glue_ida(ida);
	for (id = min; id <= max && id < GLUE_MAX_IDS && used[id]; id++)
		;
	if (id > max || id == GLUE_MAX_IDS) {
		mutex_unlock(&glue_ida_lock);
		return -ENOSPC;
	}
	used[id] = 1;
	mutex_unlock(&glue_ida_lock);
	return id;
}

void ida_free(struct ida *ida, unsigned int id)
{
	mutex_lock(&glue_ida_lock);
	if (id >= GLUE_MAX_IDS || !glue_ida(ida)[id])
		glue_die("ida_free() of %u, which is not allocated", id);
	glue_ida(ida)[id] = 0;
	mutex_unlock(&glue_ida_lock);
}
