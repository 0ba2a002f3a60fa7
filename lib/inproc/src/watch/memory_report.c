// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words for what kernel code did with memory.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/base.h"
#include "memory.h"
#include "memory_mem.h"
#include "src/image/loader.h"
#include "watch.h"

/* One message names up to three places and two sizes. */
#define NR_TEXTS	8
#define TEXT		256
/* Of what is told once */
#define NR_SAID		64

static void (*sink)(enum control_mem_bug what, const char *text);

void memory_on_bug(void (*fn)(enum control_mem_bug what, const char *text))
{
	sink = fn;
}

static char *text_buffer(void)
{
	static __thread char texts[NR_TEXTS][TEXT];
	static __thread unsigned int next;

	return texts[next++ % NR_TEXTS];
}

const char *memory_site(const void *caller)
{
	/* A return address; the call is before it.  NULL: what shows at the end, whoever did it. */
	return caller ? image_place((uintptr_t)caller - 1, text_buffer(), TEXT) : "the kernel";
}

const char *memory_accessor(uintptr_t ip)
{
	/* A fault's address is the instruction's own, not a return address. */
	return ip ? memory_site((const void *)(ip + 1)) : "the suite, for the kernel,";
}

const char *memory_bytes(unsigned long bytes)
{
	char *text = text_buffer();

	snprintf(text, TEXT, "%lu byte%s", bytes, bytes == 1 ? "" : "s");
	return text;
}

/* Was this said in this case before?  FNV-1a; of many different ones the first are known. */
static bool said(enum control_mem_bug what, const char *text)
{
	static uint64_t hashes[NR_SAID];
	uint64_t hash = 0xcbf29ce484222325 ^ what;

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * 0x100000001b3;
	for (unsigned int i = 0; i < NR_SAID; i++) {
		uint64_t old = 0;

		if (__atomic_compare_exchange_n(&hashes[i], &old, hash, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return false;
		if (old == hash)
			return true;
	}
	return false;
}

void memory_report(enum control_mem_bug what, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* What shows when the kernel starts shows again in each case, which has it to say. */
	if (sink && said(what, text))
		return;
	inproc_diag("kernel %s: %s", what == CONTROL_UNDEFINED ? "behaviour" :
		    what == CONTROL_HOST_STATE ? "registers" : "memory", text);
	if (sink)
		sink(what, text);
}

IMAGE_CALL void memory_bug(enum control_mem_bug what, const char *text, const void *caller)
{
	memory_lock();
	memory_report(what, "%s %s", memory_site(caller), text);
	memory_unlock();
}

void memory_stale(unsigned long long gpa)
{
	memory_lock();
	memory_report(CONTROL_MEM_STALE, "a guest goes on with GPA 0x%llx as it was before the "
		      "VMM's call: not flushed", gpa);
	memory_unlock();
}

const char *memory_describe(const void *p, char *buf, unsigned long len)
{
	const struct mem *m;

	memory_lock();
	m = memory_find((uintptr_t)p);
	if (m)
		snprintf(buf, len, "offset 0x%lx of the %s that %s allocated",
			 (uintptr_t)p - m->start, memory_bytes(m->bytes), memory_site(m->by));
	else
		snprintf(buf, len, memory_is_folio(p) ? "a page of a file's" :
			 image_contains((uintptr_t)p) ? "the kernel's own data" :
			 "memory of the process");
	memory_unlock();
	return buf;
}
