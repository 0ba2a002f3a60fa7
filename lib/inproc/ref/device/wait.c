// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleeping vCPUs: those that have halted, until somebody wakes them or the VMM has a signal.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "device.h"

int wait_init(struct inproc_vcpu *vcpu)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	vcpu->wake_fd = fd_move_up(fd);
	return 0;
}

void wait_destroy(struct inproc_vcpu *vcpu)
{
	real_close(vcpu->wake_fd);
}

/* signalfd, so that the signal stays pending for its handler. */
static int open_signals(const struct inproc_vcpu *vcpu)
{
	sigset_t open;
	int sig;

	sigemptyset(&open);
	for (sig = 1; sig < NSIG; sig++)
		if (!sigismember(&vcpu->sigmask, sig))
			sigaddset(&open, sig);
	return signalfd(-1, &open, SFD_CLOEXEC);
}

int inproc_wait(struct inproc_vcpu *vcpu)
{
	struct pollfd fds[] = {
		{ .fd = open_signals(vcpu), .events = POLLIN },
		{ .fd = vcpu->wake_fd, .events = POLLIN },
	};
	uint64_t times;
	int ret;

	if (fds[0].fd < 0)
		return -errno;
	/* A handler that is not kept for later, as at a time-out, ends poll(). */
	while (poll(fds, 2, -1) < 0)
		;
	ret = fds[0].revents ? INPROC_WAIT_SIGNAL : INPROC_WAIT_WOKEN;
	if (fds[1].revents && real_read(vcpu->wake_fd, &times, sizeof(times)) < 0)
		ret = -errno;
	real_close(fds[0].fd);
	return ret;
}

void inproc_wake(struct inproc_vcpu *vcpu)
{
	const uint64_t once = 1;

	/* It fails only when it was woken 2^64 times, which is often enough. */
	if (write(vcpu->wake_fd, &once, sizeof(once)) < 0)
		return;
}
