// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM asks of firmware, of the TDX module and of the RMP, for who wants to read it:
 * COCO_COMMANDS names a file that gets a line for each,
 *
 *	PROCESS NAME STATUS OPERAND=VALUE...
 *
 * all numbers but the first in hexadecimal.  Operands that are 0 are left out.  Those of a command
 * of the PSP are the 8 bytes at an offset in its buffer, as its ABI's tables have them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "src.h"

#define LINE	1024

static int out = -1;

IMAGE_CALL static void command(enum image_commanded who, const char *name,
			       const unsigned long long *operands, unsigned int nr,
			       unsigned long long status)
{
	static const char *const names[][4] = {
		[IMAGE_SEAM] = { "rcx", "rdx", "r8", "r9" },
		[IMAGE_RMP] = { "page", "gpa", "flags", "asid" },
	};
	char line[LINE];
	int len = snprintf(line, sizeof(line), "%d %s %llx", getpid(), name, status);

	for (unsigned int i = 0; i < nr; i++) {
		if (!operands[i])
			continue;
		len += who == IMAGE_PSP ?
			snprintf(line + len, LINE - len, " +%x=%llx", i * 8, operands[i]) :
			snprintf(line + len, LINE - len, " %s=%llx", names[who][i], operands[i]);
	}
	line[len++] = '\n';
	/* As a whole, whoever else writes to the file. */
	if (write(out, line, len) < 0)
		inproc_diag("COCO_COMMANDS: cannot write: %s", strerror(errno));
}

int src_commands_init(void)
{
	const char *path = getenv("COCO_COMMANDS");

	if (!path)
		return 0;
	out = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (out < 0) {
		inproc_diag("COCO_COMMANDS: cannot write %s: %s", path, strerror(errno));
		return -errno;
	}
	src_host.command = command;
	return 0;
}
