/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Expectations.  A failed one prints one line,
 *
 *	# FAIL <file>:<line>: <ID> (<document>, <section>): <what>: wanted <name> (<number>),
 *	got <name> (<number>)
 *
 * (on one line), fails the case, and lets it go on; each gives whether it held.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/requirement.h"

struct kvm_vcpu;

/* ---- names for numbers ---- */

struct value_name {
	uint64_t value;
	const char *name;
};

struct value_names {
	const char *other;		/* what a value without a name is */
	const struct value_name *names;	/* ended by name NULL; may be NULL */
	const char *(*name)(uint64_t value);	/* asked first, may be NULL or answer NULL */
};

const char *name_of(const struct value_names *names, uint64_t value);

extern const struct value_names
	names_errno,		/* 0 is "success" */
	names_exit_reason,	/* KVM_EXIT_* */
	names_system_event,
	names_ucall,
	names_stage,		/* of GUEST_SYNC() */
	names_bool,
	/* numbers that only have a unit */
	names_count, names_gfn, names_gpa, names_pages, names_byte, names_value;

/* ---- cases ---- */

#define CHECK_MAX_REQS	8

/*
 * What every case's table row starts with: its requirements, the main one
 * first, and the revision it is about (NULL: none).
 */
struct check_row {
	const char *revision;
	enum requirement_nr reqs[CHECK_MAX_REQS];
};

/*
 * Around each case, by COCO_TEST_F() of harness.h.  @exit_code and @reason are
 * the harness's.  If the process exits in between (an assertion of libkvm), the
 * case fails with a line naming its main requirement.
 */
void check_case_begin(int *exit_code, char *reason, size_t reason_size,
		      const struct check_row *row, const char *file, int line);
void check_case_end(void);

/* The running case's main requirement. */
enum requirement_nr check_main_req(void);
bool check_failed(void);

/* End of the case's expectations: skipped, for a reason; a failed case stays failed. */
void check_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A WARN or BUG whose text contains @text is what this case is about. */
void check_expect_splat(const char *text);
/*
 * From now on in this case, what the kernel does against @req (KERNEL-MEM-LEAK and the
 * like) is a failure of @by instead; REQ_NONE: none, the case is about it.
 */
void check_mem_as(enum requirement_nr req, enum requirement_nr by);

/* A diagnostic: "# <text>". */
void check_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- what each side saw: told when the case has failed ---- */

/* KVM_RUN, once: 0, or its errno.  The report tells of each vCPU's last ones. */
int check_run(struct kvm_vcpu *vcpu);

/*
 * Have @tell say, by check_note(), what @guest saw.  It is told at the end of the
 * case, or when its @owner goes.
 */
void check_guest_view(const void *owner, void (*tell)(const void *guest), const void *guest);
void check_guest_gone(const void *owner);

/* ---- expectations ---- */

#define EXPECT_REQ_EQ(req, what, wanted, got, names)					\
	check_eq(__FILE__, __LINE__, req, what, wanted, got, names)

/* @got is one of two. */
#define EXPECT_REQ_EITHER(req, what, wanted, wanted2, got, names)			\
	check_either(__FILE__, __LINE__, req, what, wanted, wanted2, got, names)

#define EXPECT_REQ_TRUE(req, what, condition)						\
	check_eq(__FILE__, __LINE__, req, what, 1, !!(condition), &names_bool)

/* @size bytes; the first that differs is reported. */
#define EXPECT_REQ_BYTES(req, what, wanted, got, size)					\
	check_bytes(__FILE__, __LINE__, req, what, wanted, got, size)

/* @size bytes that all have the value @byte. */
#define EXPECT_REQ_FILL(req, what, byte, got, size)					\
	check_fill(__FILE__, __LINE__, req, what, byte, got, size)

/* KVM_RUN; it succeeds with exit reason @reason. */
#define EXPECT_REQ_EXIT(req, vcpu, reason)						\
	check_exit(__FILE__, __LINE__, req, vcpu, reason)

/* KVM_RUN until the guest's GUEST_SYNC(@stage). */
#define EXPECT_REQ_SYNC(req, vcpu, stage)						\
	check_sync(__FILE__, __LINE__, req, vcpu, stage)

/* KVM_RUN; it fails with errno @err. */
#define EXPECT_REQ_RUN_ERRNO(req, vcpu, err)						\
	check_run_errno(__FILE__, __LINE__, req, vcpu, err)

bool check_eq(const char *file, int line, enum requirement_nr req, const char *what,
	      uint64_t wanted, uint64_t got, const struct value_names *names);
bool check_either(const char *file, int line, enum requirement_nr req, const char *what,
		  uint64_t wanted, uint64_t wanted2, uint64_t got,
		  const struct value_names *names);
bool check_bytes(const char *file, int line, enum requirement_nr req, const char *what,
		 const void *wanted, const void *got, size_t size);
bool check_fill(const char *file, int line, enum requirement_nr req, const char *what,
		uint8_t byte, const void *got, size_t size);
bool check_exit(const char *file, int line, enum requirement_nr req, struct kvm_vcpu *vcpu,
		uint32_t reason);
bool check_sync(const char *file, int line, enum requirement_nr req, struct kvm_vcpu *vcpu,
		uint64_t stage);
bool check_run_errno(const char *file, int line, enum requirement_nr req,
		     struct kvm_vcpu *vcpu, int err);

/* The line of a failure whose two sides are words. */
void check_fail(const char *file, int line, enum requirement_nr req, const char *what,
		const char *wanted, uint64_t wanted_nr, const char *got, uint64_t got_nr);

#endif
