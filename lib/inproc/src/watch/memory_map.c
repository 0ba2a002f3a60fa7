// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kernel code holds of guest memory, and of files: mappings and pins, whose they are,
 * and what is left of them when it returns or its VM goes.  Mapped pages are aliases
 * (memory_window.c).
 */
#define _GNU_SOURCE
#include <stdlib.h>

#include "base/base.h"
#include "memory.h"
#include "race.h"
#include "watch.h"

#define BUCKETS		4096
/* Pins by one call are told of as one. */
#define MAX_SITES	16
/* Local mappings of one thread at once. */
#define MAX_KMAPS	16
/* A page's references, without its pins (GUP_PIN_COUNTING_BIAS). */
#define REFERENCES	1023

struct held {
	struct held *next;		/* in its bucket, the newest first; or free */
	enum image_map how;
	struct src_vm *vm;
	unsigned long thread;		/* of those that end on return */
	void *page;			/* the memory itself */
	const void *at;			/* where the kernel has it */
	const void *by;
};

static struct held *buckets[BUCKETS];
static struct held *unused;

static __thread char this_thread;	/* its address is the thread's name */
/* Of this thread and its entries that end on return. */
static __thread unsigned int nr_on_return;
/* Its local mappings, which nest. */
static __thread const void *kmaps[MAX_KMAPS];
static __thread unsigned int nr_kmaps;

static const char *const verb[] = {
	[IMAGE_MAP_VCPU] = "mapped", [IMAGE_MAP_KMAP] = "mapped", [IMAGE_MAP_PIN] = "pinned",
	[IMAGE_MAP_PIN_LONG] = "pinned", [IMAGE_MAP_FILE] = "referred to",
	[IMAGE_MAP_GET] = "got",
};

static bool ends_on_return(enum image_map how)
{
	return how == IMAGE_MAP_KMAP || how == IMAGE_MAP_PIN || how == IMAGE_MAP_FILE;
}

/* What was pinned is given back in one way. */
static bool is_end_of(enum image_map end, enum image_map how)
{
	return end == how || (end == IMAGE_MAP_PIN && how == IMAGE_MAP_PIN_LONG);
}

static bool has_window(enum image_map how)
{
	return how == IMAGE_MAP_VCPU || how == IMAGE_MAP_KMAP;
}

static struct held **bucket(const void *at)
{
	uintptr_t n = (uintptr_t)at / PAGE_SIZE;

	return &buckets[(n ^ n >> 12) % BUCKETS];
}

static struct held *new_held(void)
{
	struct held *h = unused;

	if (h)
		unused = h->next;
	else
		h = malloc(sizeof(*h));
	return h;
}

/* @link leads to it. */
static void drop_held(struct held **link, const void *caller)
{
	struct held *h = *link;

	if (has_window(h->how))
		window_unmap(h->at, caller);
	*link = h->next;
	h->next = unused;
	unused = h;
}

static void kmap_begins(const void *at)
{
	if (nr_kmaps < MAX_KMAPS)
		kmaps[nr_kmaps] = at;
	nr_kmaps++;
}

static void kmap_ends(const void *at, const void *caller)
{
	unsigned int i = nr_kmaps;

	/* More of them than are known */
	if (!nr_kmaps || nr_kmaps-- > MAX_KMAPS)
		return;
	while (i && kmaps[i - 1] != at)
		i--;
	if (!i || i == nr_kmaps + 1)
		return;
	memory_report(CONTROL_MEM_KMAP_ORDER,
		      "%s ended a local mapping before one that was made after it",
		      memory_site(caller));
	for (; i < nr_kmaps + 1; i++)
		kmaps[i - 1] = kmaps[i];
}

/* Somebody's entry of a page that was got, @vm's, or another VM's. */
static bool is_got(const void *refcount, const struct src_vm *vm, bool others)
{
	const struct held *h;

	for (h = *bucket(refcount); h; h = h->next)
		if (h->how == IMAGE_MAP_GET && h->at == refcount && (h->vm == vm) != others)
			return true;
	return false;
}

IMAGE_CALL void *memory_map(enum image_map how, void *page, unsigned long long gfn,
			    const void *caller)
{
	void *at = NULL;
	struct held *h;

	(void)gfn;
	memory_lock();
	/* How often is its count's business. */
	h = how == IMAGE_MAP_GET && is_got(page, memory_owner(), false) ? NULL : new_held();
	if (h) {
		at = has_window(how) ? window_map(page, caller) : page;
		*h = (struct held){
			.next = *bucket(at), .how = how, .vm = memory_owner(), .page = page,
			.at = at, .by = caller, .thread = (unsigned long)&this_thread,
		};
		*bucket(at) = h;
		nr_on_return += ends_on_return(how);
		if (how == IMAGE_MAP_KMAP)
			kmap_begins(at);
	}
	memory_unlock();
	if (at && how == IMAGE_MAP_VCPU)
		race_mapped(page, at);
	return at;
}

IMAGE_CALL void *memory_mapped(void *at)
{
	struct held *h;
	void *page = at;

	memory_lock();
	for (h = *bucket(at); h; h = h->next)
		if (h->at == at)
			page = h->page;
	memory_unlock();
	return page;
}

IMAGE_CALL void memory_unmap(enum image_map how, const void *at, const void *caller)
{
	struct held **link;

	memory_lock();
	/* IMAGE_MAP_VCPU is given back by its page: kunmap() knows no more. */
	if (how == IMAGE_MAP_VCPU) {
		at = window_of_page(at);
		race_unmapped((void *)at);
	}
	/* The newest first: kmaps nest. */
	for (link = bucket(at); *link; link = &(*link)->next)
		if (is_end_of(how, (*link)->how) && (*link)->at == at)
			break;
	if (*link) {
		nr_on_return -= ends_on_return((*link)->how);
		if (how == IMAGE_MAP_KMAP)
			kmap_ends(at, caller);
		drop_held(link, caller);
	} else {
		memory_report(CONTROL_MEM_MAP_GONE, "%s gave back address %p, which is not %s",
			      memory_site(caller), at, verb[how]);
	}
	memory_unlock();
}

static void report_left(const struct held *h, enum control_mem_bug what, const char *when)
{
	if (h->how == IMAGE_MAP_FILE)
		memory_report(what, "a file that %s referred to is not put %s", memory_site(h->by),
			      when);
	else if (h->how == IMAGE_MAP_KMAP)
		memory_report(what, "a page that %s mapped for a moment is still mapped %s",
			      memory_site(h->by), when);
	else if (h->how == IMAGE_MAP_GET)
		memory_report(what, "a page of the VMM's that %s got is not put %s",
			      memory_site(h->by), when);
	else if (what == CONTROL_MEM_PIN_SHORT)
		memory_report(what,
			      "the VMM's page at %p, which %s pinned without FOLL_LONGTERM, is pinned %s",
			      h->page, memory_site(h->by), when);
	else
		memory_report(what, "the guest page at %p, which %s %s, is still %s %s", h->page,
			      memory_site(h->by), verb[h->how], verb[h->how], when);
}

/* kvm_vcpu_map()'s: it is given back with the mapping, which is looked at for itself. */
static bool is_mapped(const void *page)
{
	const struct held *h;

	for (h = *bucket(window_of_page(page)); h; h = h->next)
		if (h->how == IMAGE_MAP_VCPU && h->page == page)
			return true;
	return false;
}

void memory_map_leave(void)
{
	nr_kmaps = 0;
	if (!nr_on_return)
		return;
	memory_lock();
	for (unsigned int i = 0; i < BUCKETS && nr_on_return; i++) {
		struct held **link = &buckets[i];

		while (*link) {
			struct held *h = *link;

			if (!ends_on_return(h->how) || h->thread != (unsigned long)&this_thread) {
				link = &h->next;
				continue;
			}
			nr_on_return--;
			if (h->how == IMAGE_MAP_PIN) {
				if (!is_mapped(h->page))
					report_left(h, CONTROL_MEM_PIN_SHORT,
						    "on return to the VMM");
				h->how = IMAGE_MAP_PIN_LONG;
				continue;
			}
			report_left(h, CONTROL_MEM_KMAP_LEFT, "on return to the VMM");
			drop_held(link, h->by);
		}
	}
	memory_unlock();
}

void memory_map_vm_destroyed(struct src_vm *vm)
{
	const void *told[MAX_SITES];
	unsigned int nr_told = 0, i, j;

	for (i = 0; i < BUCKETS; i++) {
		struct held **link = &buckets[i];

		while (*link) {
			struct held *h = *link;

			if (h->vm != vm || ends_on_return(h->how)) {
				link = &h->next;
				continue;
			}
			/* One reference is the VMM's own. */
			if (h->how == IMAGE_MAP_GET &&
			    ((*(const int *)h->at & REFERENCES) <= 1 || is_got(h->at, vm, true))) {
				drop_held(link, h->by);
				continue;
			}
			for (j = 0; j < nr_told && told[j] != h->by; j++)
				;
			if (j == nr_told && nr_told < MAX_SITES) {
				told[nr_told++] = h->by;
				report_left(h, CONTROL_MEM_MAP_LEFT, "after its VM is destroyed");
			}
			drop_held(link, h->by);
		}
	}
}
