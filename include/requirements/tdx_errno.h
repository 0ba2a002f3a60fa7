/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: how commands of TDs fail.  See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_TDX_ERRNO_H
#define REQUIREMENTS_TDX_ERRNO_H

#define REQUIREMENTS_TDX_ERRNO(REQUIREMENT)							\
	REQUIREMENT(KERNEL_TD_ERRNO, "KERNEL-TD-ERRNO", DOC_TDX_C, "tdx_vm_ioctl()",	\
		"a command whose SEAMCALL fails is EIO, or EAGAIN for want of entropy, EBUSY "	\
		"while something is busy for a moment, and EINVAL for an operand of the VMM's")	\
	REQUIREMENT(KERNEL_TD_ERRNO_STEP, "KERNEL-TD-ERRNO-STEP", DOC_TDX_C, "tdx_vm_ioctl()",		\
		"a command of a TD is ENOMEM for want of memory, EFAULT where it cannot read or "	\
		"write, and EBUSY or EAGAIN at a cgroup's limit")				\
	REQUIREMENT(TDX_ERRNO_ROOM, "TDX-ERRNO-ROOM", DOC_TDX, "KVM_TDX_CAPABILITIES",		\
		"a command that fills an array of CPUID entries is E2BIG if that has too few, "	\
		"fills one that has as many as there are, and is EFAULT if it is not there")

#endif
