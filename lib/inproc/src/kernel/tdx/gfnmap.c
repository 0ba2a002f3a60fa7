// SPDX-License-Identifier: GPL-2.0-only
/*
 * Glue: maps from frame numbers, see gfnmap.h.
 */
#include "glue.h"
#include "gfnmap.h"

static struct glue_gfn **glue_gfn_bucket(struct glue_gfnmap *map, u64 gfn)
{
	return &map->buckets[gfn % GLUE_GFNMAP_BUCKETS];
}

struct glue_gfn *glue_gfn_find(struct glue_gfnmap *map, u64 gfn)
{
	struct glue_gfn *e = *glue_gfn_bucket(map, gfn);

	while (e && e->gfn != gfn)
		e = e->next;
	return e;
}

struct glue_gfn *glue_gfn_add(struct glue_gfnmap *map, u64 gfn, u64 pfn, u64 state)
{
	struct glue_gfn **head = glue_gfn_bucket(map, gfn);
	struct glue_gfn *e = glue_note_alloc(sizeof(*e));

	if (!e)
		glue_die("no memory for the state of a page");
	*e = (struct glue_gfn){ .next = *head, .gfn = gfn, .pfn = pfn, .state = state };
	*head = e;
	return e;
}

void glue_gfn_del(struct glue_gfnmap *map, struct glue_gfn *entry)
{
	struct glue_gfn **link;

	if (!entry)
		return;
	for (link = glue_gfn_bucket(map, entry->gfn); *link != entry; link = &(*link)->next)
		;
	*link = entry->next;
	glue_note_free(entry);
}

struct glue_gfn *glue_gfn_first(struct glue_gfnmap *map)
{
	unsigned int i;

	for (i = 0; i < GLUE_GFNMAP_BUCKETS; i++)
		if (map->buckets[i])
			return map->buckets[i];
	return NULL;
}
