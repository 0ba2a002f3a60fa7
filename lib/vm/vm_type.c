// SPDX-License-Identifier: GPL-2.0-only
/* Types of VMs that KVM has. */
#include <fcntl.h>
#include <string.h>

#include "kvm_util.h"

#include "vm/vm_type.h"

const char *vm_type_missing(int type, const char *name)
{
	static char why[160];
	long types;
	int fd;

	fd = open(KVM_DEV_PATH, O_RDWR);
	if (fd < 0) {
		snprintf(why, sizeof(why), "cannot open %s: %s", KVM_DEV_PATH, strerror(errno));
		return why;
	}
	types = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES);
	close(fd);
	/* libkvm's assertions take a stale EACCES for a reason to skip. */
	errno = 0;
	if (types >= 0 && types & (1 << type))
		return NULL;
	snprintf(why, sizeof(why), "no %s on this machine: KVM_CAP_VM_TYPES is 0x%lx, without bit %d",
		 name, types < 0 ? 0 : types, type);
	return why;
}
