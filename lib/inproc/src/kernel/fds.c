// SPDX-License-Identifier: GPL-2.0-only
/*
 * File descriptors of the VMM that kernel code looks up: /dev/sev.  A fake:
 * one struct file stands for every open of it.
 */
#include <linux/file.h>
#include <linux/fs.h>

#include "glue.h"

static struct file glue_sev_file;

#ifdef HAVE_FD_WORD
struct fd fdget(unsigned int fd)
{
	/* The low two bits are flags; 0 means that there is nothing to put. */
	return (struct fd){ glue_host->fd_is_sev(fd) ? (unsigned long)&glue_sev_file : 0 };
}
#else
struct fd fdget(unsigned int fd)
{
	return (struct fd){ glue_host->fd_is_sev(fd) ? &glue_sev_file : NULL, 0 };
}
#endif

void fput(struct file *file)
{
}

/* Asked of file descriptors that would be another VM's. */
bool file_is_kvm(struct file *file)
{
	return false;
}
