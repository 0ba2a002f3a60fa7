// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs as the TDX module measures them (engine/td_measure.c), for a TDX module that lies in the
 * image, and what of their launches a test is told.  Only when it asks for it: hashing takes time.
 * A TDR's page that is used again is another TD's.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "control.h"
#include "engine/td_measure.h"
#include "src.h"

/* TD_PARAMS, as far as a report shows it. */
struct td_params {
	unsigned long long attributes, xfam;
	unsigned char others[64];
	unsigned char ids[3][CONTROL_DIGEST];	/* MRCONFIGID, MROWNER, MROWNERCONFIG */
};

struct measured {
	struct measured *next;
	const void *td;			/* NULL: it was not initialized */
	struct control_td_launch launch;
	struct td_measure measure;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool measuring;
static struct measured *tds;		/* the newest first */

void src_td_launch_measure(int on)
{
	struct measured *t;

	pthread_mutex_lock(&lock);
	measuring = on;
	while (!on && (t = tds)) {
		tds = t->next;
		td_measure_free(&t->measure);
		free(t);
	}
	pthread_mutex_unlock(&lock);
}

const struct control_td_launch *src_td_launch(void)
{
	return tds ? &tds->launch : NULL;
}

const struct control_td_cpu *src_td_cpu(void)
{
	static struct control_td_cpu cpu;

	memcpy(cpu.cpusvn, td_cpusvn, sizeof(cpu.cpusvn));
	memcpy(cpu.tee_tcb_svn, td_tcb.tee_tcb_svn, sizeof(cpu.tee_tcb_svn));
	return &cpu;
}

bool src_td_verify(const void *report_mac)
{
	return td_report_verify(report_mac) == TD_REPORT_GOOD;
}

static struct measured *find(const void *td)
{
	struct measured *t = tds;

	while (t && t->td != td)
		t = t->next;
	return t;
}

static void init(const struct image_td_measure *m)
{
	const struct td_params *params = m->data;
	struct measured *before = find(m->td), *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	if (before)
		before->td = NULL;
	memcpy(t->launch.params, m->data, sizeof(t->launch.params));
	t->launch.status = m->status;
	t->launch.tsc_offset = m->tsc_offset;
	t->td = m->status ? NULL : m->td;
	td_measure_init(&t->measure, params->attributes, params->xfam, params->ids);
	t->next = tds;
	tds = t;
}

static void measure(struct measured *t, const struct image_td_measure *m)
{
	struct control_td_launch *launch = &t->launch;

	switch (m->op) {
	case IMAGE_TD_INIT:
	case IMAGE_TD_VERIFY:
		break;
	case IMAGE_TD_ADD:
		td_measure_page(&t->measure, m->gpa);
		launch->nr_added++;
		break;
	case IMAGE_TD_EXTEND:
		td_measure_chunk(&t->measure, m->gpa, m->data);
		launch->nr_extended++;
		break;
	case IMAGE_TD_FINALIZE:
		memcpy(launch->mrtd, td_measure_mrtd(&t->measure), sizeof(launch->mrtd));
		launch->finalized = true;
		break;
	case IMAGE_TD_VCPU:
		if (launch->nr_vcpus < CONTROL_TD_VCPUS)
			launch->x2apic_ids[launch->nr_vcpus] = m->nr;
		launch->nr_vcpus++;
		break;
	case IMAGE_TD_RTMR:
		td_measure_rtmr(&t->measure, m->nr, m->data);
		break;
	case IMAGE_TD_REPORT:
		td_measure_report(&t->measure, m->data, m->report);
		break;
	}
}

IMAGE_CALL int src_td_measure(const struct image_td_measure *m)
{
	struct measured *t;

	if (m->op == IMAGE_TD_VERIFY)
		return td_report_verify(m->data);
	pthread_mutex_lock(&lock);
	if (measuring && m->op == IMAGE_TD_INIT)
		init(m);
	t = m->td ? find(m->td) : NULL;
	if (t)
		measure(t, m);
	pthread_mutex_unlock(&lock);
	return t ? 0 : -1;
}

_Static_assert((int)IMAGE_TD_GOOD == TD_REPORT_GOOD &&
	       (int)IMAGE_TD_BAD_CPUSVN == TD_REPORT_BAD_CPUSVN &&
	       (int)IMAGE_TD_BAD_MAC == TD_REPORT_BAD_MAC, "of a report");
