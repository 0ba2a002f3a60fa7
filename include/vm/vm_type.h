/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of VMs, by KVM_CAP_VM_TYPES. */
#ifndef VM_TYPE_H
#define VM_TYPE_H

/* NULL: KVM has @type, VMs that are called @name; or why not, until the next call. */
const char *vm_type_missing(int type, const char *name);

#endif
