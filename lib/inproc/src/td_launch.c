// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs as the TDX module measures them: MRTD is a SHA-384 of what TDH.MEM.PAGE.ADD and
 * TDH.MR.EXTEND do, in their order, RTMRs are what the guest makes of them, and
 * TDREPORT_STRUCT shows both ("Intel TDX Module ABI", "TD Measurement" and TDG.MR.REPORT).
 * One TD at a time, and only when a test asks for it: hashing takes time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "control.h"
#include "src.h"

#define NR_RTMRS	4
#define CHUNK		256

/* 128 bytes go into MRTD for each call: its name, where it is about, and zeroes. */
struct mr_header {
	char name[16];
	unsigned long long gpa;
	unsigned char zero[104];
};
_Static_assert(sizeof(struct mr_header) == 128, "of TDH.MEM.PAGE.ADD and TDH.MR.EXTEND");

/* TD_PARAMS, as far as a report shows it. */
struct td_params {
	unsigned long long attributes, xfam;
	unsigned char others[64];
	unsigned char ids[3][CONTROL_DIGEST];	/* MRCONFIGID, MROWNER, MROWNERCONFIG */
};

struct td_info {
	unsigned long long attributes, xfam;
	unsigned char mrtd[CONTROL_DIGEST], ids[3][CONTROL_DIGEST];
	unsigned char rtmr[NR_RTMRS][CONTROL_DIGEST], servtd_hash[CONTROL_DIGEST], zero[64];
};
_Static_assert(sizeof(struct td_info) == 512, "TDINFO_STRUCT");

/* The MAC is 0: there is no CPU whose EVERIFYREPORT would look at it. */
struct td_report {
	unsigned char type, subtype, version, zero0[13], cpusvn[16];
	unsigned char tcb_hash[CONTROL_DIGEST], info_hash[CONTROL_DIGEST];
	unsigned char data[64], zero1[32], mac[32];
	unsigned char tcb_info[239], zero2[17];
	struct td_info info;
};
_Static_assert(sizeof(struct td_report) == 1024, "TDREPORT_STRUCT");

#define REPORT_TYPE_TDX	0x81

static unsigned char *(*sha384)(const void *data, size_t len, unsigned char *digest);

static bool measuring, known;
static const void *td;			/* whose launch it is, once it is initialized */
static struct control_td_launch launch;
static struct td_info info;
static unsigned char *hashed;		/* what goes into MRTD */
static size_t nr_hashed, max_hashed;

void src_td_launch_measure(int on)
{
	measuring = on;
	if (!on) {
		known = false;
		td = NULL;
	} else if (!sha384) {
		sha384 = src_crypto("SHA384", "a TDX module that measures");
	}
}

const struct control_td_launch *src_td_launch(void)
{
	return known ? &launch : NULL;
}

static void init(const struct image_td_measure *m)
{
	const struct td_params *params = m->data;

	memset(&launch, 0, sizeof(launch));
	memcpy(launch.params, m->data, sizeof(launch.params));
	launch.status = m->status;
	known = true;
	td = m->status ? NULL : m->td;
	info = (struct td_info){ .attributes = params->attributes, .xfam = params->xfam };
	memcpy(info.ids, params->ids, sizeof(info.ids));
	nr_hashed = 0;
}

static void hash(const void *data, size_t len)
{
	if (nr_hashed + len > max_hashed) {
		max_hashed = 2 * (nr_hashed + len);
		hashed = realloc(hashed, max_hashed);
		if (!hashed)
			abort();
	}
	memcpy(hashed + nr_hashed, data, len);
	nr_hashed += len;
}

static void extend_mrtd(const char *name, unsigned long long gpa)
{
	struct mr_header header = { .gpa = gpa };

	memcpy(header.name, name, strlen(name));
	hash(&header, sizeof(header));
}

static void extend_rtmr(unsigned char *rtmr, const void *data)
{
	unsigned char both[2 * CONTROL_DIGEST];

	memcpy(both, rtmr, CONTROL_DIGEST);
	memcpy(both + CONTROL_DIGEST, data, CONTROL_DIGEST);
	sha384(both, sizeof(both), rtmr);
}

static void fill_report(struct td_report *report, const void *data)
{
	*report = (struct td_report){ .type = REPORT_TYPE_TDX, .info = info };
	memcpy(report->data, data, sizeof(report->data));
	sha384(report->tcb_info, sizeof(report->tcb_info), report->tcb_hash);
	sha384(&info, sizeof(info), report->info_hash);
}

IMAGE_CALL int src_td_measure(const struct image_td_measure *m)
{
	if (measuring && m->op == IMAGE_TD_INIT)
		init(m);
	if (!td || m->td != td)
		return -1;
	switch (m->op) {
	case IMAGE_TD_INIT:
		break;
	case IMAGE_TD_ADD:
		extend_mrtd("MEM.PAGE.ADD", m->gpa);
		launch.nr_added++;
		break;
	case IMAGE_TD_EXTEND:
		extend_mrtd("MR.EXTEND", m->gpa);
		hash(m->data, CHUNK);
		launch.nr_extended++;
		break;
	case IMAGE_TD_FINALIZE:
		sha384(hashed, nr_hashed, info.mrtd);
		memcpy(launch.mrtd, info.mrtd, sizeof(launch.mrtd));
		launch.finalized = true;
		break;
	case IMAGE_TD_VCPU:
		if (launch.nr_vcpus < CONTROL_TD_VCPUS)
			launch.x2apic_ids[launch.nr_vcpus] = m->nr;
		launch.nr_vcpus++;
		break;
	case IMAGE_TD_RTMR:
		extend_rtmr(info.rtmr[m->nr], m->data);
		break;
	case IMAGE_TD_REPORT:
		fill_report(m->report, m->data);
		break;
	}
	return 0;
}
