// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/params.c: parameters of modules, as they are set at boot.  A fake that
 * knows numbers and bools; sysfs is not there to change them later.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "glue.h"

extern const struct kernel_param __start___param[], __stop___param[];

int glue_set_param(const struct module *mod, const char *name, const char *value)
{
	const struct kernel_param *kp;

	for (kp = __start___param; kp < __stop___param; kp++)
		if (kp->mod == mod && !strcmp(kp->name, name))
			return kp->ops->set(value, kp);
	return -ENOENT;
}

int glue_param(const char *module, const char *name, char *value)
{
	const struct kernel_param *kp;
	int ret;

	for (kp = __start___param; kp < __stop___param; kp++) {
		if (!kp->mod || strcmp(kp->mod->name, module) || strcmp(kp->name, name) ||
		    kp->mod->state != MODULE_STATE_LIVE || !(kp->perm & 0444) || !kp->ops->get)
			continue;
		ret = kp->ops->get(value, kp);
		return ret < 0 ? ret : 0;
	}
	return -ENOENT;
}

#define GLUE_PARAM(name, type, kstrto, format)						\
	int param_set_##name(const char *value, const struct kernel_param *kp)		\
	{										\
		return kstrto(value, 0, (type *)kp->arg);				\
	}										\
	int param_get_##name(char *to, const struct kernel_param *kp)			\
	{										\
		return scnprintf(to, PAGE_SIZE, format "\n", *(type *)kp->arg);		\
	}										\
	const struct kernel_param_ops param_ops_##name = {				\
		.set = param_set_##name, .get = param_get_##name,			\
	}

GLUE_PARAM(ushort, unsigned short, kstrtou16, "%hu");
GLUE_PARAM(int, int, kstrtoint, "%i");
GLUE_PARAM(uint, unsigned int, kstrtouint, "%u");

int param_set_bool(const char *value, const struct kernel_param *kp)
{
	return kstrtobool(value ?: "1", kp->arg);
}

int param_get_bool(char *to, const struct kernel_param *kp)
{
	return sprintf(to, "%c\n", *(bool *)kp->arg ? 'Y' : 'N');
}

const struct kernel_param_ops param_ops_bool = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = param_set_bool,
	.get = param_get_bool,
};

/* A bool that is kept in an int. */
int param_set_bint(const char *value, const struct kernel_param *kp)
{
	bool on;
	int ret = kstrtobool(value ?: "1", &on);

	if (!ret)
		*(int *)kp->arg = on;
	return ret;
}

const struct kernel_param_ops param_ops_bint = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = param_set_bint,
	.get = param_get_int,
};
