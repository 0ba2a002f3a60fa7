// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMM's eventfds for the image: which one a descriptor is, and who has written to it.
 * Every function is entered on the kernel's 8-byte aligned stack (IMAGE_CALL).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/base.h"
#include "services.h"
#include "src/image/image.h"

static int epoll_fd = -1;
static pid_t epoll_pid;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The kernel's number of the eventfd, which duplicates share; 0 if it is something else. */
static unsigned int eventfd_id(int fd)
{
	char path[64], line[128];
	unsigned int id, found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		/* The first is 0. */
		if (sscanf(line, "eventfd-id: %u", &id) == 1)
			found = id + 1;
	fclose(f);
	return found;
}

IMAGE_CALL int kevent_open(int fd, unsigned int *id)
{
	/* What one thread opens here for a moment, another must not take for the VMM's. */
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	int dup;

	pthread_mutex_lock(&one_at_a_time);
	dup = fd_dup_up(fd);
	*id = dup < 0 ? 0 : eventfd_id(dup);
	if (dup < 0) {
		dup = -errno;
	} else if (!*id) {
		real_close(dup);
		dup = -EINVAL;
	}
	pthread_mutex_unlock(&one_at_a_time);
	return dup;
}

IMAGE_CALL int kevent_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

/* It may be a blocking one; nobody else reads in between but the VMM. */
IMAGE_CALL unsigned long long kevent_read(int fd)
{
	uint64_t value;

	if (!kevent_readable(fd) || real_read(fd, &value, sizeof(value)) != sizeof(value))
		return 0;
	return value;
}

/* A child of fork() watches for itself. */
static int watched(void)
{
	pthread_mutex_lock(&lock);
	if (epoll_fd < 0 || epoll_pid != getpid()) {
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		if (epoll_fd < 0)
			abort();
		epoll_fd = fd_move_up(epoll_fd);
		epoll_pid = getpid();
	}
	pthread_mutex_unlock(&lock);
	return epoll_fd;
}

IMAGE_CALL int kevent_watch(int fd, unsigned int id)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u32 = id };

	return epoll_ctl(watched(), EPOLL_CTL_ADD, fd, &event) && errno != EEXIST ? -errno : 0;
}

IMAGE_CALL void kevent_close(int fd)
{
	epoll_ctl(watched(), EPOLL_CTL_DEL, fd, NULL);
	real_close(fd);
}

IMAGE_CALL unsigned int kevent_next(void)
{
	struct epoll_event event;

	while (epoll_wait(watched(), &event, 1, -1) != 1)
		;
	return event.data.u32;
}
