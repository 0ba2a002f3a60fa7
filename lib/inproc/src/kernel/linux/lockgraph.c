// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the graph in kernel/locking/lockdep.c: which class of locks was taken with
 * which one held, and whether tasks that do so can wait for each other in a circle.  A
 * fake that is exact in what a circle is (Documentation/locking/lockdep-design.rst,
 * "Deadlock detection": readers that may recurse do not wait for readers), but for orders
 * that only interrupts make.
 */
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "lockgraph.h"
#include "task.h"

struct glue_class glue_classes[GLUE_MAX_CLASSES];

/* A bit for each way: shared and recursive, as numbers. */
#define GLUE_WAY(shared, recursive)	(1U << ((shared) << 1 | (recursive)))
#define GLUE_SHARED_WAYS		(GLUE_WAY(1, 0) | GLUE_WAY(1, 1))
#define GLUE_PLAIN_WAYS			(GLUE_WAY(0, 0) | GLUE_WAY(1, 0))

/*
 * In the order in which they were seen first, from 1 on: a process touches few pages for them.
 * Addresses in the image are below 4 GiB.
 */
#define GLUE_MAX_EDGES			8192

static struct glue_edge {
	u32 held_ip, taken_ip;
	u16 taken;
	u16 next;			/* of the same class that was held; 0: none */
	u8 ways;
} glue_edges[GLUE_MAX_EDGES];

static unsigned int glue_nr_edges = 1;
/* By the class that was held. */
static u16 glue_first[GLUE_MAX_CLASSES];
static int glue_graph_lock;

/* Readers need no lock: an edge is whole before it is linked. */
static struct glue_edge *glue_edge_find(u16 held, u16 taken)
{
	u16 i;

	for (i = smp_load_acquire(&glue_first[held]); i; i = glue_edges[i].next)
		if (glue_edges[i].taken == taken)
			return &glue_edges[i];
	return NULL;
}

static struct glue_edge *glue_edge_new(const struct glue_order *order)
{
	struct glue_edge *edge = &glue_edges[glue_nr_edges];

	if (glue_nr_edges == GLUE_MAX_EDGES)
		glue_die("more than %d orders of locks", GLUE_MAX_EDGES);
	*edge = (struct glue_edge){
		.held_ip = order->held_ip, .taken_ip = order->taken_ip, .taken = order->taken,
		.next = glue_first[order->held],
	};
	smp_store_release(&glue_first[order->held], glue_nr_edges++);
	return edge;
}

/* The search: a class is reached by a reader that may recurse alone, or otherwise, too. */
static struct glue_visit {
	bool seen[2];
	u16 from[2];
	u8 from_state[2];
} glue_visits[GLUE_MAX_CLASSES];

struct glue_step {
	u16 class;
	u8 recursive;
};

static struct glue_step glue_queue[2 * GLUE_MAX_CLASSES];

/* A path from what @order takes to what it holds; true with the last step in @end. */
static bool glue_find_path(const struct glue_order *order, struct glue_step *end)
{
	unsigned int head = 0, tail = 0, i;

	memset(glue_visits, 0, sizeof(glue_visits));
	glue_queue[tail++] = (struct glue_step){ order->taken, order->recursive };
	glue_visits[order->taken].seen[order->recursive] = true;
	while (head < tail) {
		struct glue_step at = glue_queue[head++];

		if (at.class == order->held) {
			/* Where one reads and the other may recurse, nobody waits. */
			if (at.recursive && order->shared)
				continue;
			*end = at;
			return true;
		}
		for (i = glue_first[at.class]; i; i = glue_edges[i].next) {
			u16 class = glue_edges[i].taken;
			u8 ways = glue_edges[i].ways, recursive;

			if (at.recursive)
				ways &= ~GLUE_SHARED_WAYS;
			if (!ways)
				continue;
			recursive = !(ways & GLUE_PLAIN_WAYS);
			if (glue_visits[class].seen[recursive])
				continue;
			glue_visits[class].seen[recursive] = true;
			glue_visits[class].from[recursive] = at.class;
			glue_visits[class].from_state[recursive] = at.recursive;
			glue_queue[tail++] = (struct glue_step){ class, recursive };
		}
	}
	return false;
}

static void glue_report_edge(u16 held, u16 taken, unsigned long held_ip, unsigned long taken_ip)
{
	char held_at[GLUE_PLACE], taken_at[GLUE_PLACE];

	printk(KERN_WARNING "lockdep: %s is taken in %s with %s held, taken in %s\n",
	       glue_classes[taken].name, glue_place(taken_ip, taken_at),
	       glue_classes[held].name, glue_place(held_ip, held_at));
}

static void glue_report_circle(const struct glue_order *order, struct glue_step at)
{
	const struct glue_edge *edge;
	char held_at[GLUE_PLACE], taken_at[GLUE_PLACE], other_at[GLUE_PLACE];
	u16 last = at.class, via = order->taken;

	glue_report_edge(order->held, order->taken, order->held_ip, order->taken_ip);
	while (at.class != order->taken || !glue_visits[at.class].seen[at.recursive] ||
	       at.recursive != order->recursive) {
		struct glue_visit *v = &glue_visits[at.class];
		u16 from = v->from[at.recursive];

		edge = glue_edge_find(from, at.class);
		glue_report_edge(from, at.class, edge->held_ip, edge->taken_ip);
		if (at.class == last)
			via = from;
		at.recursive = v->from_state[at.recursive];
		at.class = from;
	}
	edge = glue_edge_find(via, last);
	glue_splat("WARNING: possible circular locking dependency: %s is taken in %s with %s held (%s), but %s in %s with %s held",
		   glue_classes[order->taken].name, glue_place(order->taken_ip, taken_at),
		   glue_classes[order->held].name, glue_place(order->held_ip, held_at),
		   glue_classes[last].name, glue_place(edge->taken_ip, other_at),
		   glue_classes[via].name);
}

void glue_order_add(const struct glue_order *order)
{
	struct glue_edge *edge = glue_edge_find(order->held, order->taken);
	const u8 way = GLUE_WAY(order->shared, order->recursive);
	struct glue_step end;
	bool circle;

	if (edge && READ_ONCE(edge->ways) & way)
		return;
	glue_word_lock(&glue_graph_lock);
	edge = glue_edge_find(order->held, order->taken);
	circle = !(edge && edge->ways & way) && glue_find_path(order, &end);
	if (circle)
		glue_report_circle(order, end);
	edge = edge ?: glue_edge_new(order);
	/* Once reported it is known, and not reported again. */
	WRITE_ONCE(edge->ways, edge->ways | way);
	glue_word_unlock(&glue_graph_lock);
}
