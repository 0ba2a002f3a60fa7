/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classes of locks and the orders in which they are taken.
 */
#ifndef INPROC_GLUE_LOCKGRAPH_H
#define INPROC_GLUE_LOCKGRAPH_H

#include <linux/types.h>

#define GLUE_MAX_CLASSES	512

struct glue_class {
	const void *key;
	unsigned int subclass;
	const char *name;
	/* Where it was taken in an interrupt, and with interrupts on; to write and to read. */
	unsigned long in_irq[2], irqs_on[2];
	bool irq_reported;
};

extern struct glue_class glue_classes[GLUE_MAX_CLASSES];

/* How one is taken with another held. */
struct glue_order {
	u16 held, taken;		/* classes */
	bool shared;			/* the first is held to read */
	bool recursive;			/* the second may be read by who reads it already */
	unsigned long held_ip, taken_ip;
};

/* Note the order; if that closes a circle, report it. */
void glue_order_add(const struct glue_order *order);

#endif
