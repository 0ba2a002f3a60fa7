// SPDX-License-Identifier: GPL-2.0-only
/*
 * File descriptors of the VMM that kernel code looks up: /dev/sev.  A fake:
 * one struct file stands for every open of it.  References are counted.
 */
#include <linux/file.h>
#include <linux/fs.h>

#include "glue.h"

/* Its address leaves room for flags. */
static struct file glue_sev_file __aligned(8);

static bool glue_get_file(unsigned int fd, const void *caller)
{
	return glue_host->fd_is_sev(fd) && glue_host->map(IMAGE_MAP_FILE, &glue_sev_file, 0, caller);
}

#ifdef HAVE_FD_WORD
struct fd fdget(unsigned int fd)
{
	bool found = glue_get_file(fd, GLUE_CALLER);

	return (struct fd){ found ? (unsigned long)&glue_sev_file | FDPUT_FPUT : 0 };
}
#else
struct fd fdget(unsigned int fd)
{
	bool found = glue_get_file(fd, GLUE_CALLER);

	return (struct fd){ found ? &glue_sev_file : NULL, found ? FDPUT_FPUT : 0 };
}
#endif

void fput(struct file *file)
{
	glue_host->unmap(IMAGE_MAP_FILE, file, GLUE_CALLER);
}

/* Asked of file descriptors that would be another VM's. */
bool file_is_kvm(struct file *file)
{
	return false;
}
