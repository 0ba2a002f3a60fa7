/* SPDX-License-Identifier: GPL-2.0-only */
/* What the image has from the process: files, mappings, threads, events. */
#ifndef INPROC_SRC_SERVICES_H
#define INPROC_SRC_SERVICES_H

#include "src/vm/vm.h"

/* ---- kfile.c: files of the image's ---- */

extern const struct file_ops kfile_ops;
/* Open the image's device @name; an fd or -errno. */
int kfile_open(const char *name, int flags);
/* The vCPU behind @fd, or NULL. */
struct src_vcpu *src_vcpu_of_fd(int fd);
/* Around what this thread calls in the image for @vm, or NULL; returns @ret. */
void kfile_enter(struct src_vm *vm);
long kfile_leave(long ret);
/* References of a VM's files and mappings; @vm may be NULL. */
struct src_vm *kfile_vm_get(struct src_vm *vm);
void kfile_vm_put(struct src_vm *vm);

/* ---- kfile_mmap.c ---- */

struct mapped {
	struct src_vm *vm;		/* or NULL */
	struct src_vcpu *vcpu;		/* whose file it is, or NULL */
	void *file;
	int prot;
	off_t offset;
};

/* As mmap(): the address or -errno. */
long mapping_new(const struct mapped *of, void *addr, size_t len, int flags);
/* The VMM's [@start, @end) is unmapped. */
void kfile_unmapped(uintptr_t start, uintptr_t end);

/* mm.c: as in struct image_host */
int mm_find_vma(unsigned long addr, struct image_vma *vma);
long mm_map(unsigned long addr, unsigned long len, int prot, int flags);
int mm_unmap(unsigned long addr, unsigned long len);
void mm_watch(int more);

/* struct image_host's */
int kfile_take(unsigned int flags);
void kfile_install(int fd, void *file);
void kfile_give_back(int fd);
void *kfile_of_fd(int fd);
int kfile_map_to_user(unsigned long addr, void *page, int prot);
void kfile_unmap_from_user(unsigned long addr);

/* ---- ktask.c: tasks are threads; as in struct image_host ---- */

void ktask_set_gs(unsigned long base);
int ktask_thread_id(void);
int ktask_process_id(void);
unsigned long long ktask_run_delay(void);
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
