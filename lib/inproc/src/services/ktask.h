/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks of the image as threads of the process: see struct image_host, "threads".
 */
#ifndef INPROC_SRC_KTASK_H
#define INPROC_SRC_KTASK_H

void ktask_set_gs(unsigned long base);
int ktask_thread_id(void);
int ktask_process_id(void);
int ktask_thread_start(void (*run)(void *arg), void *arg);
unsigned long long ktask_signals_blocked(void);
void ktask_signals_block(unsigned long long blocked);
int ktask_signal_pending(unsigned long long blocked);
int ktask_event_new(void);
void ktask_event_free(int event);
void ktask_event_signal(int event);
int ktask_event_wait(int event, unsigned long long blocked, unsigned long long deadline);
void ktask_memory_barrier(void);
unsigned long long ktask_real_time_ns(void);

/* kevent.c */
int kevent_open(int fd, unsigned int *id);
void kevent_close(int fd);
int kevent_readable(int fd);
unsigned long long kevent_read(int fd);
int kevent_watch(int fd, unsigned int id);
unsigned int kevent_next(void);
void ktask_place(const void *addr, char *buf, unsigned long len);

#define KTASK_HOST_OPS				\
	.set_gs = ktask_set_gs,			\
	.thread_id = ktask_thread_id,		\
	.process_id = ktask_process_id,		\
	.thread_start = ktask_thread_start,	\
	.signals_blocked = ktask_signals_blocked, \
	.signals_block = ktask_signals_block,	\
	.signal_pending = ktask_signal_pending,	\
	.event_new = ktask_event_new,		\
	.event_free = ktask_event_free,		\
	.event_signal = ktask_event_signal,	\
	.event_wait = ktask_event_wait,		\
	.memory_barrier = ktask_memory_barrier,	\
	.place = ktask_place,			\
	.real_time_ns = ktask_real_time_ns,	\
	.eventfd_open = kevent_open,		\
	.eventfd_close = kevent_close,		\
	.eventfd_readable = kevent_readable,	\
	.eventfd_read = kevent_read,		\
	.eventfd_signal = ktask_event_signal,	\
	.eventfd_watch = kevent_watch,		\
	.eventfd_next = kevent_next

#endif
