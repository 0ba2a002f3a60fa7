// SPDX-License-Identifier: GPL-2.0-only
/*
 * A platform without confidential VMs: ordinary KVM clients on either engine,
 * to test the device layer and the engines by themselves.
 */
#include <errno.h>

#include "inproc.h"

static bool none_has_vm_type(unsigned long type)
{
	(void)type;
	return false;
}

static long none_check_extension(struct inproc_vm *vm, long cap)
{
	(void)vm;
	(void)cap;
	return 0;
}

static long none_ioctl(unsigned int cmd, unsigned long arg)
{
	(void)cmd;
	(void)arg;
	return -ENOTTY;
}

/* No VM is ever confidential, so the VM and vCPU callbacks are never called. */
static const struct platform_ops platform_none = {
	.name = "none",
	.has_vm_type = none_has_vm_type,
	.check_extension = none_check_extension,
	.dev_ioctl = none_ioctl,
	.sev_ioctl = none_ioctl,
};

const struct platform_ops *const platform = &platform_none;
