/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/sev by the bare uAPI (include/uapi/linux/psp-sev.h). */
#ifndef SEV_DEV_H
#define SEV_DEV_H

#include <stdint.h>

/* Fails an assertion if it cannot be opened. */
int sev_dev_open(int flags);
/* SEV_ISSUE_CMD: 0 or an errno; @error becomes firmware's status. */
int sev_dev_issue(int fd, uint32_t cmd, void *data, uint32_t *error);

#endif
