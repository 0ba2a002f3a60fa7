// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for do_initcalls() of init/main.c: the initcalls of what is linked in, in the order
 * of their levels, which image.lds sorts.  Exact, but that a failure is not passed over.
 */
#include <linux/errno.h>
#include <linux/init.h>

#include "glue.h"

extern initcall_entry_t glue_initcall_start[], glue_initcall_end[];

int glue_initcalls(void)
{
	initcall_entry_t *call;
	int ret;

	for (call = glue_initcall_start; call < glue_initcall_end; call++) {
		ret = initcall_from_entry(call)();
		if (ret && ret != -ENODEV)
			return ret;
	}
	return 0;
}
