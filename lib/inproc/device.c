// SPDX-License-Identifier: GPL-2.0-only
/* The paths that are ours, and who answers behind them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/platform.h"
#include "device.h"
#include "engine/engine.h"

/*
 * Module parameters that KVM's clients look up.  They are of the KVM that
 * answers, and that is not the machine's, which may have none loaded.  Some clients look
 * before they know whether they want a KVM at all: that is no reason to start the platform.
 */
static const struct {
	const char *path, *value;
} module_params[] = {
	{ "/sys/module/kvm/parameters/force_emulation_prefix", "0\n" },
};

static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;

/* Choose the engine and start the platform, once; 0, or -errno after a diagnostic. */
static int device_init(void)
{
	static bool tried;
	static int result;
	const char *why = NULL;

	pthread_mutex_lock(&init_lock);
	if (!tried) {
		tried = true;
		engine = engine_select(&why);
		if (!engine) {
			inproc_diag("no engine to run guests with: %s", why);
			result = -ENODEV;
		} else {
			result = platform->init ? platform->init() : 0;
			if (result)
				inproc_diag("platform %s does not start: %s", platform->name,
					    strerror(-result));
		}
	}
	pthread_mutex_unlock(&init_lock);
	return result;
}

static int param_index(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(module_params) / sizeof(module_params[0]); i++)
		if (!strcmp(path, module_params[i].path))
			return (int)i;
	return -1;
}

/* The name of a parameter of @module, or NULL. */
static const char *is_param_of(const char *path, const char *module)
{
	static const char dir[] = "/sys/module/", params[] = "/parameters/";
	const size_t len = strlen(module);

	if (strncmp(path, dir, sizeof(dir) - 1))
		return NULL;
	path += sizeof(dir) - 1;
	if (strncmp(path, module, len) || strncmp(path + len, params, sizeof(params) - 1))
		return NULL;
	return path + len + sizeof(params) - 1;
}

bool device_is_path(const char *path)
{
	if (!path || path[0] != '/')
		return false;
	return !strcmp(path, "/dev/kvm") || !strcmp(path, "/dev/sev") || param_index(path) >= 0 ||
	       is_param_of(path, "kvm") || is_param_of(path, "kvm_amd") ||
	       is_param_of(path, "kvm_intel");
}

static int open_param(const char *value, int flags)
{
	int fd;

	if ((flags & O_ACCMODE) != O_RDONLY)
		return -EACCES;
	fd = memfd_create("kvm-param", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
		real_close(fd);
		return -EIO;
	}
	return fd;
}

int device_open(const char *path, int flags)
{
	static const char *const modules[] = { "kvm", "kvm_amd", "kvm_intel" };
	int param = param_index(path);
	char value[4096];
	int r;

	if (param >= 0)
		return open_param(module_params[param].value, flags);
	r = device_init();
	if (r)
		return r;
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		const char *name = is_param_of(path, modules[i]);

		if (!name)
			continue;
		r = platform->param ? platform->param(modules[i], name, value) : -ENOENT;
		return r ? r : open_param(value, flags);
	}
	return platform->open(path, flags);
}
