// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a run of threads one at a time has come by, and where each is: see sched.h.
 */
#include <stdio.h>
#include <string.h>

#include "access.h"
#include "base/base.h"
#include "control.h"
#include "run.h"
#include "sched.h"
#include "src/image/loader.h"

void sched_tell(void)
{
	char text[128] = "";

	if (!in_run())
		return;
	for (unsigned int i = 0; i < run.what->nr_switches; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u:%u",
			 i ? " " : "", run.what->switches[i].point, run.what->switches[i].thread);
	inproc_diag("thread %u, COCO_SCHEDULE=\"%s\"", run.current, text);
}

unsigned int sched_points(void)
{
	return run.nr_points;
}

const struct control_point *sched_get_point(unsigned int idx)
{
	return idx < run.nr_points ? &run.points[idx] : NULL;
}

const char *sched_thread_at(unsigned int thread, char *buf, unsigned long len)
{
	static const char *const states[] = {
		"", "can run", "has given way", "waits for a lock or another thread",
		"sleeps", "is done",
	};
	const struct sched_held *held;
	const struct sched_thread *t;
	unsigned int nr_held;
	unsigned long at;
	char place[160];

	if (thread >= run.nr)
		return NULL;
	t = run.threads[thread];
	at = snprintf(buf, len, "%s", states[t->state]);
	if (t->state != DONE && t->last.ip)
		at += snprintf(buf + at, at < len ? len - at : 0, ", %s in %s",
			       t->last.name ?: "", image_place(t->last.ip, place, sizeof(place)));
	nr_held = access_held(thread, &held);
	for (unsigned int i = 0; i < nr_held && at < len; i++)
		at += snprintf(buf + at, len - at, "%s%s (%s)",
			       i ? ", " : "; locks taken or waited for: ", held[i].name,
			       image_place(held[i].ip, place, sizeof(place)));
	return buf;
}
