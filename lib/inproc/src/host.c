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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src.h"
#include "src/hw/hw.h"
#include "src/sched/sched.h"
#include "src/services/services.h"
#include "src/watch/memory.h"
#include "src/watch/race.h"
#include "src/watch/watch.h"

IMAGE_CALL __attribute__((noreturn)) static void host_die(const char *text)
{
	inproc_diag("%s", text);
	sched_tell();
	abort();
}

IMAGE_CALL __attribute__((noreturn)) static void host_not_driven(const char *text)
{
	inproc_not_driven("%s", text);
	signal(SIGABRT, SIG_DFL);
	abort();
}

IMAGE_CALL static void host_futex_wait(int *word, int value)
{
	if (!sched_futex_wait(word, value))
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

IMAGE_CALL static void host_futex_wake(int *word, int nr)
{
	sched_futex_wake(word, nr);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nr, NULL, NULL, 0);
}

IMAGE_CALL static void host_yield(void)
{
	if (!sched_yield_turn())
		sched_yield();
}

IMAGE_CALL static unsigned long long host_time_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

struct image_host src_host = {
	.abi = IMAGE_ABI,
	.alloc = memory_alloc,
	.free = memory_free,
	.in_shared_page = memory_in_shared_page,
	.split = memory_split,
	.area_get = memory_area_get,
	.area_put = memory_area_put,
	.area_alloc = memory_area_alloc,
	.map = memory_map,
	.unmap = memory_unmap,
	.mapped = memory_mapped,
	.mem_bug = memory_bug,
	.given_back = gtlb_given_back,
	.mem_owner = memory_owner,
	.step_fails = src_step_fails,
	.seamcall_fails = src_seamcall_fails,
	.td_exit = src_td_exit,
	.log = src_log,
	.splat = src_splat,
	.die = host_die,
	.not_driven = host_not_driven,
	.futex_wait = host_futex_wait,
	.futex_wake = host_futex_wake,
	.yield = host_yield,
	.time_ns = host_time_ns,
	KTASK_HOST_OPS,
	.fd_take = kfile_take,
	.fd_install = kfile_install,
	.fd_give_back = kfile_give_back,
	.file_of_fd = kfile_of_fd,
	.map_to_user = kfile_map_to_user,
	.unmap_from_user = kfile_unmap_from_user,
	.find_vma = mm_find_vma,
	.mm_map = mm_map,
	.mm_unmap = mm_unmap,
	.mm_watch = mm_watch,
	.vmrun = hw_vmrun,
	.vmenter = hw_vmenter,
	.invept = hw_invept,
	.fpu_load = hw_fpu_load,
	.fpu_save = hw_fpu_save,
	.cpuid = hw_cpuid,
	.rdmsr = hw_rdmsr,
	.wrmsr = hw_wrmsr,
	.vmsa_in_use = svm_vmsa_in_use,
	.ipi = guest_ipi,
	.guest_mapped = race_mapped,
	.guest_unmapped = race_unmapped,
	.copy_begin = race_copy_begin,
	.copy_end = race_copy_end,
	.guest_page_launched = guest_page_launched,
	.td_init = src_td_init,
	.td_vcpu_init = src_td_vcpu_init,
	.td_page = src_td_page,
	.td_map_shared = src_td_map_shared,
	.td_flush_shared = src_td_flush_shared,
	.td_gone = src_td_gone,
	.td_enter = src_td_enter,
	.page_owned = memory_page_owned,
	.td_measure = src_td_measure,
	.launch = src_launch,
	.guest_request = src_guest_request,
	.guest_request_fails = src_guest_request_fails,
};
