// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/kcsan/core.c: what the compiler and the tree's own macros call at accesses
 * to memory, where a tree is built with KCSAN (tools/image.sh --races).  A fake, which hands
 * each on to the process (src/sched/access.h): nothing is sampled, and nobody is delayed.
 * What the tree says of its accesses is kept as it says it.  Names are the compiler's ABI.
 */
#include <linux/kcsan-checks.h>
#include <linux/sched.h>

#include "task.h"

#ifdef CONFIG_KCSAN

static int glue_access_kind(int type)
{
	return (type & KCSAN_ACCESS_WRITE ? CONTROL_ACCESS_WRITE : 0) |
	       (type & KCSAN_ACCESS_COMPOUND ? CONTROL_ACCESS_READ_TOO : 0) |
	       (type & KCSAN_ACCESS_ATOMIC ? CONTROL_ACCESS_MARKED : 0) |
	       (type & KCSAN_ACCESS_ASSERT ? CONTROL_ACCESS_ASSERT : 0);
}

static void glue_access(const volatile void *p, unsigned long bytes, int kind, unsigned long ip)
{
	struct kcsan_ctx *ctx = &current->kcsan_ctx;

	if (likely(!READ_ONCE(glue_host->access)))
		return;
	if (ctx->atomic_next > 0) {
		ctx->atomic_next--;
		kind |= CONTROL_ACCESS_MARKED;
	}
	if (ctx->atomic_nest_count || ctx->in_flat_atomic)
		kind |= CONTROL_ACCESS_MARKED;
	if (ctx->disable_count || ctx->access_mask)
		kind |= CONTROL_ACCESS_WANTED;
	/* It is the next access's. */
	ctx->access_mask = 0;
	glue_host->access((const void *)p, bytes, kind, ip);
}

#define GLUE_TSAN(name, bytes, kind)						\
	void __tsan_##name(void *p);						\
	void __tsan_##name(void *p)						\
	{									\
		glue_access(p, bytes, kind, _RET_IP_);				\
	}

/* Of a volatile access @p is aligned, and it is one of a CPU's, or it is a plain one. */
#define GLUE_VOLATILE(bytes)	\
	((bytes) <= 8 && IS_ALIGNED((unsigned long)p, bytes) ? CONTROL_ACCESS_MARKED : 0)

#define GLUE_TSAN_SIZE(bytes)							\
	GLUE_TSAN(read##bytes, bytes, 0)					\
	GLUE_TSAN(write##bytes, bytes, CONTROL_ACCESS_WRITE)			\
	GLUE_TSAN(unaligned_read##bytes, bytes, 0)				\
	GLUE_TSAN(unaligned_write##bytes, bytes, CONTROL_ACCESS_WRITE)		\
	GLUE_TSAN(read_write##bytes, bytes, CONTROL_ACCESS_WRITE | CONTROL_ACCESS_READ_TOO) \
	GLUE_TSAN(unaligned_read_write##bytes, bytes,				\
		  CONTROL_ACCESS_WRITE | CONTROL_ACCESS_READ_TOO)		\
	GLUE_TSAN(volatile_read##bytes, bytes, GLUE_VOLATILE(bytes))		\
	GLUE_TSAN(volatile_write##bytes, bytes, CONTROL_ACCESS_WRITE | GLUE_VOLATILE(bytes)) \
	GLUE_TSAN(unaligned_volatile_read##bytes, bytes, GLUE_VOLATILE(bytes))	\
	GLUE_TSAN(unaligned_volatile_write##bytes, bytes, CONTROL_ACCESS_WRITE | GLUE_VOLATILE(bytes))

GLUE_TSAN_SIZE(1)
GLUE_TSAN_SIZE(2)
GLUE_TSAN_SIZE(4)
GLUE_TSAN_SIZE(8)
GLUE_TSAN_SIZE(16)

#define GLUE_TSAN_RANGE(name, kind)						\
	void __tsan_##name##_range(void *p, size_t bytes);			\
	void __tsan_##name##_range(void *p, size_t bytes)			\
	{									\
		glue_access(p, bytes, kind, _RET_IP_);				\
	}

GLUE_TSAN_RANGE(read, 0)
GLUE_TSAN_RANGE(write, CONTROL_ACCESS_WRITE)

/* What else the compiler calls, and KCSAN has no use for. */
#define GLUE_TSAN_NOTHING(name)							\
	void __tsan_##name(void *p);						\
	void __tsan_##name(void *p)						\
	{									\
	}

GLUE_TSAN_NOTHING(init)
GLUE_TSAN_NOTHING(func_entry)
GLUE_TSAN_NOTHING(func_exit)

/* ---- barriers ---- */

/* An acquire needs none: each atomic read is taken for one. */
void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
	if (order != __ATOMIC_ACQUIRE)
		glue_order(CONTROL_ORDER_FENCE, NULL);
}

#define GLUE_KCSAN_FENCE(name)							\
	void __kcsan_##name(void)						\
	{									\
		glue_order(CONTROL_ORDER_FENCE, NULL);				\
	}

GLUE_KCSAN_FENCE(mb)
GLUE_KCSAN_FENCE(wmb)
GLUE_KCSAN_FENCE(release)

void __kcsan_rmb(void)
{
}

/* ---- what macros of the tree's call ---- */

void __kcsan_check_access(const volatile void *p, size_t bytes, int type)
{
	glue_access(p, bytes, glue_access_kind(type), _RET_IP_);
}

void kcsan_disable_current(void)
{
	current->kcsan_ctx.disable_count++;
}

void kcsan_enable_current(void)
{
	current->kcsan_ctx.disable_count--;
}

void kcsan_enable_current_nowarn(void)
{
	current->kcsan_ctx.disable_count--;
}

void kcsan_nestable_atomic_begin(void)
{
	current->kcsan_ctx.atomic_nest_count++;
}

void kcsan_nestable_atomic_end(void)
{
	current->kcsan_ctx.atomic_nest_count--;
}

void kcsan_flat_atomic_begin(void)
{
	current->kcsan_ctx.in_flat_atomic = true;
}

void kcsan_flat_atomic_end(void)
{
	current->kcsan_ctx.in_flat_atomic = false;
}

void kcsan_atomic_next(int n)
{
	current->kcsan_ctx.atomic_next = n;
}

/* Of bits: an assertion of some of them says nothing, as others may share their bytes. */
void kcsan_set_access_mask(unsigned long mask)
{
	current->kcsan_ctx.access_mask = mask;
}

/* A scope that nobody else may be in is looked at where it begins and where it ends. */
struct kcsan_scoped_access *
kcsan_begin_scoped_access(const volatile void *p, size_t bytes, int type,
			  struct kcsan_scoped_access *sa)
{
	sa->ptr = p;
	sa->size = bytes;
	sa->type = type;
	sa->ip = _RET_IP_;
	glue_access(p, bytes, glue_access_kind(type), _RET_IP_);
	return sa;
}

void kcsan_end_scoped_access(struct kcsan_scoped_access *sa)
{
	glue_access(sa->ptr, sa->size, glue_access_kind(sa->type), _RET_IP_);
}

#endif
