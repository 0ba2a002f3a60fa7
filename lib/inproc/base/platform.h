/* SPDX-License-Identifier: GPL-2.0-only */
/* Who answers behind our paths: exactly one platform is linked into a preloaded object. */
#ifndef INPROC_PLATFORM_H
#define INPROC_PLATFORM_H

struct platform_ops {
	const char *name;
	/* Once, at the first open(), before anything else. */
	int (*init)(void);
	/*
	 * In @value, of 4096 bytes, what /sys has of a parameter of @module: 0, or -errno.  NULL:
	 * there is none.
	 */
	int (*param)(const char *module, const char *name, char *value);
	/* One of the paths of device_is_path() but module parameters: an fd, or -errno. */
	long (*open)(const char *path, int flags);
};

extern const struct platform_ops *const platform;

#endif
