/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's memory in this process: what the image's allocators and
 * mappings of guest memory hand out, and what may not be done with it.
 *
 * Each allocation has pages of its own between two guard pages, with its end
 * as near to the second one as its alignment allows.  Bytes of those pages that
 * are not the allocation's hold a pattern, looked at when it is freed, and of what
 * is no VM's when the last VM is destroyed.  What is freed stays out of reach,
 * filled with another pattern, until much later its addresses are used again.
 *
 * A mapping of guest memory is an alias of the VMM's page, at an address of its
 * own between two guard pages, for as long as it is mapped (memory_map.c).
 *
 * An access to a guard page or to what was freed is reported, then allowed: the
 * kernel goes on, as it does under KASAN.
 */
#ifndef INPROC_SRC_MEMORY_H
#define INPROC_SRC_MEMORY_H

#include "base/base.h"
#include "control.h"
#include "src/image/image.h"

struct src_vm;

/*
 * The VM that the kernel works for on this thread from here to memory_leave(),
 * NULL: none.  What is allocated meanwhile is the VM's, and has to go with it.
 * memory_leave() is the return to the VMM: mappings that are a thread's (kmap)
 * and references to files have to be gone by then.
 */
void memory_enter(struct src_vm *vm);
void memory_leave(void);
/* Is this thread in between? */
bool memory_inside(void);

/* Everything that is still @vm's is left behind: reported, and forgotten. */
void memory_vm_destroyed(struct src_vm *vm);

/* The VMM's pages in [@start, @end) are others now than they were. */
void memory_changed(uintptr_t start, uintptr_t end);

/* The bytes around what is allocated just now; reports what was overwritten. */
void memory_check_slack(void);

/* Whom memory_report() tells, as in struct control_ops. */
void memory_on_bug(void (*fn)(enum control_mem_bug what, const char *text));

/* How many allocations VMs hold just now. */
unsigned long memory_held(void);

/*
 * A page fault at @addr: if it was in the kernel's memory it is reported, and
 * true says that the instruction can be executed again.  @ip is in the kernel's
 * code, or 0 if the suite's own code did it.
 */
bool memory_fault(uintptr_t addr, bool write, uintptr_t ip);

/* As in struct image_host. */
void *memory_alloc(enum image_alloc how, unsigned long bytes, unsigned long align, int zero,
		   const void *caller);
void memory_free(enum image_alloc how, const void *p, const void *caller);
int memory_in_shared_page(const void *p);
void memory_split(void *p);
void *memory_area_get(void);
void memory_area_put(void *area);
int memory_area_alloc(void *page, int zero, const void *caller);
void *memory_map(enum image_map how, void *page, unsigned long long gfn, const void *caller);
void memory_unmap(enum image_map how, const void *page, const void *caller);
/* The page that is mapped there; where none is, @at. */
void *memory_mapped(void *at);
void memory_page_owned(void *page, int owned);
void memory_bug(enum control_mem_bug what, const char *text, const void *caller);
/* @gpa is not in the page tables any more as a guest that goes on has it. */
void memory_stale(unsigned long long gpa);
void *memory_owner(void);

/*
 * The kernel's page at @page is at @addr, too, of the VMM's or the engine's: the same
 * memory, for as long as it is mapped there.  Both page aligned; 0 or -errno.
 */
int memory_map_to_user(unsigned long addr, void *page, int prot);

/* Where memory at @p is from, as text in @buf of @len bytes. */
const char *memory_describe(const void *p, char *buf, unsigned long len);

/* ---- for the parts of it ---- */

/* 0, or -errno with a message printed; once. */
int memory_init(void);
int memory_map_init(void);

/* One at a time: also in the handler of a fault, which only kernel code causes. */
void memory_lock(void);
void memory_unlock(void);

/* memory_folio.c: false, not one of its pages; all with the lock held. */
bool memory_is_folio(const void *p);
bool memory_folio_free(const void *p, const void *caller);
bool memory_folio_fault(uintptr_t addr, bool write, uintptr_t ip, bool *handled);
unsigned long memory_folio_held(void);
void memory_folio_vm_destroyed(struct src_vm *vm);
void memory_folio_forked(void);

/* memory_map.c: as their namesakes above; the second with the lock held. */
void memory_map_leave(void);
void memory_map_vm_destroyed(struct src_vm *vm);

/* memory_window.c, with the lock held: where @page is mapped now, one time more */
void *window_map(void *page, const void *caller);
void window_unmap(const void *at, const void *caller);
/* Where it would be, or @page itself: it has none. */
const void *window_of_page(const void *page);
/* The pages in [@start, @end) are others now. */
void window_changed(uintptr_t start, uintptr_t end);
bool memory_map_fault(uintptr_t addr, bool write, uintptr_t ip);

/* "function+0x12 (file.c:123)" of the call before @caller, in one of a few buffers. */
const char *memory_site(const void *caller);
const char *memory_bytes(unsigned long bytes);
/* The same of the instruction @ip itself; 0: the suite's own code, as in memory_fault(). */
const char *memory_accessor(uintptr_t ip);
/* One violation: to the control and as a diagnostic. */
void memory_report(enum control_mem_bug what, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
