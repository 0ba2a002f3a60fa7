// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/sev by the bare uAPI, see include/snp/sev_dev.h.
 */
#include <fcntl.h>
#include <linux/psp-sev.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "snp/sev_dev.h"
#include "vm/raw_vm.h"

int sev_dev_open(int flags)
{
	int fd = open("/dev/sev", flags);

	TEST_ASSERT(fd >= 0, "cannot open /dev/sev");
	return fd;
}

int sev_dev_issue(int fd, uint32_t cmd, void *data, uint32_t *error)
{
	struct sev_issue_cmd arg = { .cmd = cmd, .data = (uint64_t)data };
	int ret = raw_errno(ioctl(fd, SEV_ISSUE_CMD, &arg));

	*error = arg.error;
	return ret;
}
