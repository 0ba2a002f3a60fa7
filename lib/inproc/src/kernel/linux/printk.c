// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/printk/, the kernel's log.  A fake: formatting is the tree's own
 * vsprintf.c, and lines go to the process, which prints and keeps them.
 */
#include <linux/kern_levels.h>
#include <linux/dev_printk.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string.h>
#include <linux/bug.h>

#include "glue.h"

#define GLUE_LINE	1024

static void glue_vprintk(const char *fmt, va_list args)
{
	int level = LOGLEVEL_DEFAULT;
	char line[GLUE_LINE];
	const char *text = line;
	size_t len;

	vscnprintf(line, sizeof(line), fmt, args);
	while (text[0] == KERN_SOH_ASCII && text[1]) {
		if (text[1] >= '0' && text[1] <= '7')
			level = text[1] - '0';
		text += 2;
	}
	len = strlen(text);
	if (len && text[len - 1] == '\n')
		line[text - line + len - 1] = '\0';
	glue_host->log(level, text);
}

#undef _printk
int _printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	glue_vprintk(fmt, args);
	va_end(args);
	return 0;
}

/* drivers/base/core.c: the same of a device's driver */
#define GLUE_DEV_PRINTK(name)					\
	void name(const struct device *dev, const char *fmt, ...)	\
	{								\
		va_list args;						\
									\
		va_start(args, fmt);					\
		glue_vprintk(fmt, args);				\
		va_end(args);						\
	}

GLUE_DEV_PRINTK(_dev_err)
GLUE_DEV_PRINTK(_dev_warn)
GLUE_DEV_PRINTK(_dev_notice)
GLUE_DEV_PRINTK(_dev_info)

/* The text of a WARN(); the trap behind it tells function, file and line. */
void __warn_printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	glue_vprintk(fmt, args);
	va_end(args);
}

void glue_die(const char *fmt, ...)
{
	char text[GLUE_LINE];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	glue_host->die(text);
}

void glue_not_driven(const char *fmt, ...)
{
	char text[GLUE_LINE];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	glue_host->not_driven(text);
}

/* Every line counts: a test waits for some of them. */
int ___ratelimit(struct ratelimit_state *rs, const char *func)
{
	return 1;
}
