// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the process does for the image: guest memory, futexes, time; memory is in
 * memory.c.
 * Every function is entered on the kernel's 8-byte aligned stack (IMAGE_CALL).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "race.h"
#include "src.h"
#include "vmsa.h"

IMAGE_CALL __attribute__((noreturn)) static void host_die(const char *text)
{
	inproc_diag("%s", text);
	abort();
}

IMAGE_CALL static void host_futex_wait(int *word, int value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

IMAGE_CALL static void host_futex_wake(int *word, int nr)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nr, NULL, NULL, 0);
}

IMAGE_CALL static void host_yield(void)
{
	sched_yield();
}

IMAGE_CALL static unsigned long long host_time_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

IMAGE_CALL static void *host_gpa_to_hva(void *vm, unsigned long long gpa, int private,
					unsigned long *len)
{
	return inproc_gpa_to_hva(vm, gpa, private, len);
}

IMAGE_CALL static int host_gpa_is_private(void *vm, unsigned long long gpa)
{
	return inproc_gpa_is_private(vm, gpa);
}

IMAGE_CALL static int host_find_slot(void *vm, unsigned long long gpa, struct image_slot *to)
{
	const struct inproc_slot *slot = inproc_find_slot(vm, gpa);

	if (!slot)
		return 0;
	to->gpa = slot->gpa;
	to->size = slot->size;
	to->hva = slot->hva;
	to->gmem = slot->gmem_hva;
	to->flags = slot->flags;
	return 1;
}

IMAGE_CALL static int host_fd_is_sev(int fd)
{
	return inproc_fd_is_sev(fd);
}

int src_patch_sites(struct inproc_vm *v)
{
	for (unsigned int i = 0; i < INPROC_MAX_SLOTS; i++) {
		int ret;

		if (!v->slots[i].used || !v->slots[i].gmem_hva)
			continue;
		ret = inproc_patch_sites(v, v->slots[i].gpa, v->slots[i].size);
		if (ret < 0)
			return ret;
	}
	return 0;
}

IMAGE_CALL static int host_vmsa_ready(void *vcpu, const void *vmsa)
{
	struct inproc_vcpu *v = vcpu;

	return src_patch_sites(v->vm) ?: vmsa_load(v, vmsa);
}

IMAGE_CALL static int host_vcpu_wait(void *vcpu)
{
	int r = inproc_wait(vcpu);

	if (r < 0)
		host_die("a vCPU cannot sleep");
	return r == INPROC_WAIT_SIGNAL;
}

IMAGE_CALL static void host_vcpu_wake(void *vcpu)
{
	inproc_wake(vcpu);
}

struct image_host src_host = {
	.abi = IMAGE_ABI,
	.alloc = memory_alloc,
	.free = memory_free,
	.split = memory_split,
	.map = memory_map,
	.unmap = memory_unmap,
	.mem_bug = memory_bug,
	.mem_owner = memory_owner,
	.step_fails = src_step_fails,
	.seamcall_fails = src_seamcall_fails,
	.log = src_log,
	.splat = src_splat,
	.die = host_die,
	.futex_wait = host_futex_wait,
	.futex_wake = host_futex_wake,
	.yield = host_yield,
	.time_ns = host_time_ns,
	.gpa_to_hva = host_gpa_to_hva,
	.gpa_is_private = host_gpa_is_private,
	.find_slot = host_find_slot,
	.guest_mapped = race_mapped,
	.guest_unmapped = race_unmapped,
	.copy_begin = race_copy_begin,
	.copy_end = race_copy_end,
	.fd_is_sev = host_fd_is_sev,
	.vmsa_ready = host_vmsa_ready,
	.vmrun = src_vmrun,
	.td_init = src_td_init,
	.td_vcpu_init = src_td_vcpu_init,
	.td_page = src_td_page,
	.td_pages = src_td_pages,
	.td_finalized = src_td_finalized,
	.td_enter = src_td_enter,
	.td_kick = src_td_kick,
	.vcpu_wait = host_vcpu_wait,
	.vcpu_wake = host_vcpu_wake,
	.guest_request = src_guest_request,
};
