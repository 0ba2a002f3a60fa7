// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for what KVM asks of parts of the kernel that this machine does not have:
 * nobody listens to uevents.  Stubs: they say that there is none.
 */
#include <linux/kernel.h>
#include <linux/kobject.h>

#include "glue.h"

int add_uevent_var(struct kobj_uevent_env *env, const char *format, ...)
{
	return 0;
}

int kobject_uevent_env(struct kobject *kobj, enum kobject_action action, char *envp[])
{
	return 0;
}
