// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for lib/idr.c, small ids: TDs' KeyIDs.  A fake: one table for each of the few
 * pools there are, which says whose an id is.
 */
#include <linux/idr.h>

#include "glue.h"

#define GLUE_MAX_IDAS	4
#define GLUE_MAX_IDS	1024

struct glue_id {
	bool used;
	void *owner;
	const void *by;
};

static struct glue_ida {
	struct ida *ida;
	unsigned int nr_used;
	unsigned int end;		/* behind the last id that was ever used */
	struct glue_id ids[GLUE_MAX_IDS];
} glue_idas[GLUE_MAX_IDAS];

static int glue_ida_lock;

static struct glue_ida *glue_ida(struct ida *ida)
{
	unsigned int i;

	for (i = 0; i < GLUE_MAX_IDAS; i++) {
		if (glue_idas[i].ida && glue_idas[i].ida != ida)
			continue;
		glue_idas[i].ida = ida;
		return &glue_idas[i];
	}
	glue_die("more than %d pools of ids", GLUE_MAX_IDAS);
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	struct glue_ida *pool;
	struct glue_id *ids;
	unsigned int id;

	glue_word_lock(&glue_ida_lock);
	pool = glue_ida(ida);
	ids = pool->ids;
	for (id = min; id <= max && id < GLUE_MAX_IDS && ids[id].used; id++)
		;
	if (id > max || id == GLUE_MAX_IDS) {
		glue_word_unlock(&glue_ida_lock);
		return -ENOSPC;
	}
	pool->end = max(pool->end, id + 1);
	pool->nr_used++;
	/* Not empty, as ida_is_empty() finds out. */
	WRITE_ONCE(ida->xa.xa_head, pool);
	ids[id] = (struct glue_id){ true, glue_host->mem_owner(), GLUE_CALLER };
	glue_word_unlock(&glue_ida_lock);
	return id;
}

void ida_free(struct ida *ida, unsigned int id)
{
	glue_word_lock(&glue_ida_lock);
	if (id >= GLUE_MAX_IDS || !glue_ida(ida)->ids[id].used)
		glue_die("ida_free() of %u, which is not allocated", id);
	if (&glue_id_in_use && glue_id_in_use(id))
		glue_host->mem_bug(CONTROL_MEM_KEYID,
				   "gave back a KeyID that the TDX module has in use",
				   GLUE_CALLER);
	glue_ida(ida)->ids[id].used = false;
	if (!--glue_ida(ida)->nr_used)
		WRITE_ONCE(ida->xa.xa_head, NULL);
	glue_word_unlock(&glue_ida_lock);
}

void glue_ids_left(void *owner)
{
	unsigned int i, id, used = 0;

	glue_word_lock(&glue_ida_lock);
	for (i = 0; i < GLUE_MAX_IDAS; i++) {
		for (id = 0; id < glue_idas[i].end; id++) {
			struct glue_id *e = &glue_idas[i].ids[id];

			used += e->used;
			if (!e->used || e->owner != owner)
				continue;
			glue_host->mem_bug(CONTROL_MEM_KEYID,
					   "got a KeyID that is not given back with its VM", e->by);
			e->owner = NULL;
		}
	}
	glue_word_unlock(&glue_ida_lock);
	if (boot_cpu_data.x86_vendor == X86_VENDOR_INTEL && glue_keyids_overcharged(used))
		glue_host->mem_bug(CONTROL_MEM_KEYID,
				   "charged a cgroup for a KeyID, or got one, and not back with its VM",
				   NULL);
}
