// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control of platform src: firmware requests, kernel log, splats.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "control.h"
#include "fw_guests.h"
#include "src.h"
#include "src/hw/hw.h"
#include "src/image/loader.h"
#include "src/sched/access.h"
#include "src/sched/sched.h"
#include "src/services/services.h"
#include "src/watch/memory.h"
#include "src/watch/race.h"
#include "src/watch/watch.h"

#define MAX_REQUESTS	64
#define MAX_LINES	256
#define MAX_SPLATS	16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct control_fw_request requests[MAX_REQUESTS];
static unsigned int nr_requests;
static int answer_issue_err;
static unsigned int answer_fw_err;
static const void *answer_response;
static unsigned int answer_delay;
static unsigned char answer_page[CONTROL_PAGE];

static char *lines[MAX_LINES];
static unsigned int nr_lines;
static char *splats[MAX_SPLATS];
static unsigned int nr_splats;
/* Splats since the case or its schedule began, and how many of them in a row said the same. */
static unsigned int splats_told, splats_alike;
/* A loop that WARNs ends by itself only when the disk is full. */
#define ENDLESS_SPLATS	1000
#define SPLATS_ALIKE	3

/* The newest are the ones that explain a failure. */
static void keep(char **ring, unsigned int max, unsigned int *nr, const char *text)
{
	if (*nr == max) {
		free(ring[0]);
		memmove(ring, ring + 1, (max - 1) * sizeof(*ring));
		--*nr;
	}
	ring[(*nr)++] = strdup(text);
}

IMAGE_CALL void src_log(int level, const char *text)
{
	(void)level;
	pthread_mutex_lock(&lock);
	keep(lines, MAX_LINES, &nr_lines, text);
	pthread_mutex_unlock(&lock);
	if (getenv("COCO_VERBOSE"))
		inproc_diag("kernel: %s", text);
}

/* The kernel says file and line; the function is ours to find. */
IMAGE_CALL void src_splat(int bug, const char *text)
{
	const struct image_regs *regs = fault_trapped();
	char with_function[1024];
	bool again, endless;

	/* Without a trap, the text says where. */
	if (regs)
		snprintf(with_function, sizeof(with_function), "%s, in %s()", text,
			 image_function(regs->ip));
	else
		snprintf(with_function, sizeof(with_function), "%s", text);
	pthread_mutex_lock(&lock);
	if (nr_splats && !strcmp(splats[nr_splats - 1], with_function))
		splats_alike++;
	else
		splats_alike = 0;
	again = splats_alike >= SPLATS_ALIKE;
	endless = ++splats_told >= ENDLESS_SPLATS;
	keep(splats, MAX_SPLATS, &nr_splats, with_function);
	pthread_mutex_unlock(&lock);
	if (!again)
		inproc_diag("kernel %s", with_function);
	if (!bug && !endless)
		return;
	if (endless)
		inproc_diag("kernel code WARNs without end, %u times in one case, at last: %s",
			    ENDLESS_SPLATS, with_function);
	sched_tell();
	if (regs)
		image_backtrace(regs->ip, regs->bp, regs->sp);
	abort();
}

IMAGE_CALL int src_guest_request_fails(void)
{
	return __atomic_load_n(&answer_issue_err, __ATOMIC_RELAXED);
}

IMAGE_CALL void src_guest_request(struct image_guest_request *req)
{
	struct control_fw_request *r;

	if (answer_delay)
		usleep(answer_delay);
	pthread_mutex_lock(&lock);
	r = &requests[nr_requests % MAX_REQUESTS];
	r->gctx_paddr = req->gctx_paddr;
	r->req_paddr = req->req_paddr;
	r->res_paddr = req->res_paddr;
	memcpy(r->request, req->request, CONTROL_PAGE);
	nr_requests++;

	req->fw_err = answer_fw_err;
	if (!answer_fw_err && answer_response)
		memcpy(req->response, answer_response, CONTROL_PAGE);
	else if (!answer_fw_err)
		req->fw_err = fw_message(src_fw_guest(req->gctx_paddr), req->request, req->response);
	pthread_mutex_unlock(&lock);
}

static unsigned int events_before[CONTROL_NR_HOST_EVENTS];
static unsigned int commands_before[0x100];

static unsigned int control_fw_commands(unsigned int id)
{
	return image && id < sizeof(commands_before) / sizeof(commands_before[0]) ?
	       image->fw_commands(id) - commands_before[id] : 0;
}

static void control_cgroup(unsigned int nr)
{
	image->cgroup(nr);
}

static void control_memlock(unsigned long bytes)
{
	image->memlock(bytes);
}

static unsigned int control_this_cpu(void)
{
	image_enter();
	return image_this_cpu();
}

static int control_cpu_down(unsigned int cpu)
{
	return cpu == control_this_cpu() ? -EBUSY : image->cpu_down(cpu);
}

static int control_memory_failure(int fd, __u64 offset)
{
	void *file = kfile_of_fd(fd);

	return file ? image->memory_failure(file, offset / PAGE_SIZE) : -EBADF;
}

static unsigned long control_charged(unsigned int nr, enum control_charge what)
{
	return image->charged(nr, what);
}

static unsigned int control_host_events(enum control_host_event event)
{
	return image ? image->host_events[event] - events_before[event] : 0;
}

void src_measure(int on)
{
	src_fw_measure(on);
	src_td_launch_measure(on);
}

static void control_reset(void)
{
	race_stop();
	pthread_mutex_lock(&lock);
	nr_requests = 0;
	answer_issue_err = 0;
	answer_fw_err = 0;
	answer_response = NULL;
	answer_delay = 0;
	src_measure(0);
	svm_leave_delay = 0;
	hw_rmp_faults(0, 0);
	hw_interrupt_delivery(0, 0);
	for (unsigned int i = 0; i < CONTROL_NR_STEPS; i++)
		src_fail_step(i, 0);
	src_fail_seamcalls(0, 0, 0, 0);
	src_in_seamcall(0, NULL, NULL);
	src_set_td_exit(NULL, 0);
	for (unsigned int i = 0; i < CONTROL_NR_HOST_EVENTS; i++)
		events_before[i] += control_host_events(i);
	for (unsigned int i = 0; i < sizeof(commands_before) / sizeof(commands_before[0]); i++)
		commands_before[i] += control_fw_commands(i);
	while (nr_lines)
		free(lines[--nr_lines]);
	while (nr_splats)
		free(splats[--nr_splats]);
	splats_told = 0;
	pthread_mutex_unlock(&lock);
}

static unsigned int control_nr_fw_requests(void)
{
	return nr_requests;
}

static const struct control_fw_request *control_fw_request(unsigned int idx)
{
	if (idx >= nr_requests || nr_requests - idx > MAX_REQUESTS)
		return NULL;
	return &requests[idx % MAX_REQUESTS];
}

static void control_fw_answer(int issue_err, __u32 fw_err, const void *response)
{
	pthread_mutex_lock(&lock);
	answer_issue_err = issue_err;
	answer_fw_err = fw_err;
	answer_response = response ? memcpy(answer_page, response, CONTROL_PAGE) : NULL;
	pthread_mutex_unlock(&lock);
}

static void control_fw_delay(unsigned int us)
{
	answer_delay = us;
}

static void control_rmp_faults(__u64 gpa, unsigned int times)
{
	hw_rmp_faults(gpa, times);
}

static void control_interrupt_delivery(__u32 event, __u32 error)
{
	hw_interrupt_delivery(event, error);
}

static void control_leave_delay(unsigned int us)
{
	svm_leave_delay = us;
}

static int control_header_number(const char *name, __u64 *value)
{
	const struct image_number *number;

	for (number = image ? image->numbers : NULL; number && number->name; number++) {
		if (strcmp(number->name, name))
			continue;
		*value = number->value;
		return 0;
	}
	return -ENOENT;
}

static unsigned int control_nr_log_lines(void)
{
	return nr_lines;
}

static const char *control_log_line(unsigned int idx)
{
	return idx < nr_lines ? lines[idx] : NULL;
}

static unsigned int control_nr_splats(void)
{
	return nr_splats;
}

static const char *control_splat(unsigned int idx)
{
	return idx < nr_splats ? splats[idx] : NULL;
}

static int control_race_start(const struct control_race *race)
{
	return race_start(race, src_vcpu_of_fd(race->vcpu_fd));
}

static int control_page_dirty(const void *page)
{
	return image->page_dirty(page);
}

static void control_hold_ends(int hold)
{
	image_enter();
	memory_enter(NULL);
	image->hold_ends(hold);
	memory_leave();
}

static __u64 control_caches_dirty(void)
{
	return image->caches_dirty();
}

static unsigned int control_end_vms(void)
{
	file_close_range(0, ~0U);
	memory_check_slack();
	if (image && !hang_nr_vms()) {
		image_enter();
		memory_enter(NULL);
		image->sev_left();
		memory_leave();
	}
	return hang_nr_vms();
}

static bool control_stops_before_writes(void)
{
	return engine->features() & ENGINE_CAN_RESTART;
}

static enum control_interleaved control_interleave(const struct control_interleave *what)
{
	/* A case may search thousands of schedules, and each of them WARN. */
	pthread_mutex_lock(&lock);
	splats_told = 0;
	pthread_mutex_unlock(&lock);
	return sched_run(what, &src_host, memory_describe);
}

static const struct control_ops ops = {
	.interleave = control_interleave,
	.points = sched_points,
	.point = sched_get_point,
	.place = image_place,
	.thread_at = sched_thread_at,
	.data = image_data,
	.data_races = access_races,
	.data_race = access_race,
	.stops_before_writes = control_stops_before_writes,
	.reset = control_reset,
	.nr_fw_requests = control_nr_fw_requests,
	.fw_request = control_fw_request,
	.fw_answer = control_fw_answer,
	.fw_delay = control_fw_delay,
	.fw_measure = src_measure,
	.fw_launch = src_fw_launch,
	.fw_chip = fw_chip,
	.td_launch = src_td_launch,
	.td_cpu = src_td_cpu,
	.td_verify = src_td_verify,
	.leave_delay = control_leave_delay,
	.rmp_faults = control_rmp_faults,
	.interrupt_delivery = control_interrupt_delivery,
	.header_number = control_header_number,
	.nr_log_lines = control_nr_log_lines,
	.log_line = control_log_line,
	.nr_splats = control_nr_splats,
	.splat = control_splat,
	.hold_ends = control_hold_ends,
	.fw_commands = control_fw_commands,
	.cgroup = control_cgroup,
	.memlock = control_memlock,
	.memory_failure = control_memory_failure,
	.this_cpu = control_this_cpu,
	.cpu_down = control_cpu_down,
	.charged = control_charged,
	.caches_dirty = control_caches_dirty,
	.page_dirty = control_page_dirty,
	.race_start = control_race_start,
	.race_stop = race_stop,
	.race_access = race_access,
	.on_mem_bug = memory_on_bug,
	.end_vms = control_end_vms,
	.fail_step = src_fail_step,
	.fail_steps = src_fail_steps,
	.steps = src_steps,
	.mem_held = memory_held,
	.fail_seamcalls = src_fail_seamcalls,
	.seamcalls = src_seamcalls,
	.in_seamcall = src_in_seamcall,
	.host_events = control_host_events,
	.td_exit = src_set_td_exit,
};

const struct control_ops *kvm_control(void)
{
	return &ops;
}
