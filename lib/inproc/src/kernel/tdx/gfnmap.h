/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small map from frame numbers to two words, as the models of page tables and
 * of page metadata keep them.  Not locked.
 */
#ifndef INPROC_GFNMAP_H
#define INPROC_GFNMAP_H

#include <linux/types.h>

#define GLUE_GFNMAP_BUCKETS	256

struct glue_gfn {
	struct glue_gfn *next;
	u64 gfn;
	u64 pfn;
	u64 state;
};

/* All zeroes: empty. */
struct glue_gfnmap {
	struct glue_gfn *buckets[GLUE_GFNMAP_BUCKETS];
};

struct glue_gfn *glue_gfn_find(struct glue_gfnmap *map, u64 gfn);
/* A new entry; @gfn must not have one. */
struct glue_gfn *glue_gfn_add(struct glue_gfnmap *map, u64 gfn, u64 pfn, u64 state);
/* NULL allowed. */
void glue_gfn_del(struct glue_gfnmap *map, struct glue_gfn *entry);
/* Any of the entries, NULL if there is none. */
struct glue_gfn *glue_gfn_first(struct glue_gfnmap *map);

#endif
