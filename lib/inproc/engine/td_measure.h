/* SPDX-License-Identifier: GPL-2.0-only */
/* The measurement of a TD, and its report, whoever stands for the TDX module. */
#ifndef INPROC_TD_MEASURE_H
#define INPROC_TD_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "tdx_report.h"

struct td_measure {
	struct tdx_td_info info;	/* MRTD: td_measure_mrtd() */
	unsigned char *hashed;		/* what goes into MRTD, until somebody asks for it */
	size_t nr, max;
};

/* As TDH.MNG.INIT leaves it; @ids: MRCONFIGID, MROWNER, MROWNERCONFIG. */
void td_measure_init(struct td_measure *m, uint64_t attributes, uint64_t xfam, const void *ids);
/* TDH.MEM.PAGE.ADD and TDH.MR.EXTEND, which end with the launch. */
void td_measure_page(struct td_measure *m, uint64_t gpa);
void td_measure_chunk(struct td_measure *m, uint64_t gpa, const void *chunk);
const uint8_t *td_measure_mrtd(struct td_measure *m);
/* TDG.MR.RTMR.EXTEND, TDG.MR.REPORT */
void td_measure_rtmr(struct td_measure *m, unsigned int nr, const void *data);
void td_measure_report(struct td_measure *m, const void *data, struct tdx_report *report);
void td_measure_free(struct td_measure *m);

/* The CPU, and the TDX module on it. */
extern const uint8_t td_cpusvn[TDX_SVNS];
extern const struct tdx_tcb_info td_tcb;

enum td_verified { TD_REPORT_GOOD, TD_REPORT_BAD_CPUSVN, TD_REPORT_BAD_MAC };
enum td_verified td_report_verify(const struct tdx_report_mac *mac);

#endif
