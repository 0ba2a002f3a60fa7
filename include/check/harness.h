/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kselftest_harness.h with requirements: every case is a row of a table (a
 * fixture variant), and the row starts with a struct check_row.
 *
 *	COCO_FIXTURE(answer);
 *	FIXTURE_VARIANT(answer) { struct check_row row; ... };
 *	FIXTURE_VARIANT_ADD(answer, generic) { COCO_ROW("coco-v1", REQ_X, REQ_Y), ... };
 *	COCO_TEST_F(answer, guest_sees) { ... self, variant ... }
 *	COCO_MAIN(snp_vm_missing)
 *
 * Include it in one file of a program only: the harness defines its data there.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include "kselftest_harness.h"

#include "check/case.h"
#include "check/expect.h"
#include "check/mutants.h"
#include "check/run.h"
#include "check/state.h"
#include "check/transcript.h"

#define COCO_ROW(revision_, ...)	\
	.row = { .revision = revision_, .reqs = { __VA_ARGS__ } }

/* A fixture without state of its own. */
#define COCO_FIXTURE(name)		\
	FIXTURE(name) { };		\
	FIXTURE_SETUP(name) { }		\
	FIXTURE_TEARDOWN(name) { }	\
	_Static_assert(1, "")

/* For whoever records what a case reaches: its name, as TAP has it.  False: it is not to run. */
static inline bool coco_name_case(struct __test_metadata *t, const void *variant)
{
	const struct __fixture_variant_metadata *v = t->fixture->variant;
	char name[256];

	if (!getenv("COCO_REACHED") && !getenv("COCO_MUTANTS"))
		return true;
	while (v && v->data != variant)
		v = v->next;
	snprintf(name, sizeof(name), "%s.%s.%s", t->fixture->name, v ? v->name : "", t->name);
	setenv("COCO_CASE", name, 1);
	return !getenv("COCO_MUTANTS") || mutants_turn(name, &t->exit_code);
}

/* Many runs of a case take longer than one. */
static inline void coco_no_timeouts(void)
{
	struct __fixture_metadata *f;
	struct __test_metadata *t;

	for (f = __fixture_list; f; f = f->next)
		for (t = f->tests; t; t = t->next)
			t->timeout = 24 * 60 * 60;
}

/* What each main() ends with. */
static inline int coco_run(int argc, char **argv)
{
	if (mutants_wanted())
		coco_no_timeouts();
	return test_harness_run(argc, argv);
}

#define COCO_TEST_F(fixture, test)	\
	COCO_TEST_F_TIMEOUT(fixture, test, TEST_TIMEOUT_DEFAULT)

/* For cases that have a long form; the runner has limits of its own. */
#define COCO_TEST_F_TIMEOUT(fixture, test, seconds)					\
	static void fixture##_##test##_case(const FIXTURE_VARIANT(fixture) *variant);	\
	TEST_F_TIMEOUT(fixture, test, seconds)						\
	{										\
		_Static_assert(!offsetof(FIXTURE_VARIANT(fixture), row),		\
			       "a variant starts with its struct check_row");		\
		if (!coco_name_case(_metadata, variant))				\
			return;								\
		check_case_begin(&_metadata->exit_code, _metadata->results->reason,	\
				 sizeof(_metadata->results->reason), &variant->row,	\
				 __FILE__, __LINE__);					\
		fixture##_##test##_case(variant);					\
		check_case_end();							\
	}										\
	static void fixture##_##test##_case(const FIXTURE_VARIANT(fixture) *variant)

/* "<case>\t<ID>[,<ID>]\t<revision or ->", the case as TAP has it */
static inline void coco_list(void)
{
	struct __fixture_variant_metadata *v;
	struct __fixture_metadata *f;
	struct __test_metadata *t;
	unsigned int i;

	for (f = __fixture_list; f; f = f->next)
		for (v = f->variant; v; v = v->next)
			for (t = f->tests; t; t = t->next) {
				const struct check_row *row = v->data;

				printf("%s.%s.%s\t", f->name, v->name, t->name);
				for (i = 0; i < CHECK_MAX_REQS && row->reqs[i]; i++)
					printf("%s%s", i ? "," : "",
					       requirement(row->reqs[i])->id);
				printf("\t%s\n", row->revision ? row->revision : "-");
			}
}

/* "<ID>\t<document>\t<section>\t<text>" of each, whichever this program checks */
static inline void coco_requirements(void)
{
	unsigned int i;

	for (i = REQ_NONE + 1; i < NR_REQUIREMENTS; i++) {
		const struct requirement *r = requirement(i);

		printf("%s\t%s\t%s\t%s\n", r->id, r->document, r->section, r->text);
	}
}

/*
 * Before libkvm's own constructor, which has none of the harness's priorities
 * and wants a KVM; after the harness has registered everything.
 */
static void __attribute__((constructor(KSELFTEST_PRIO_XFAIL + 1)))
coco_list_option(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--list"))
		coco_list();
	else if (argc == 2 && !strcmp(argv[1], "--requirements"))
		coco_requirements();
	else
		return;
	exit(fflush(stdout) ? KSFT_FAIL : KSFT_PASS);
}

/*
 * @missing gives NULL, or why no case can run at all.  Cases run on the machine's CPU, or on the
 * usual one of an in-process KVM.
 */
#define COCO_MAIN(missing)	COCO_MAIN_ON("", missing)

/*
 * The same where the in-process KVM's CPU has some features more or, with "-", less: a list of
 * those in lib/inproc/src/hw/hw_cpuid.c.  On hardware it is the machine's all the same.
 */
#define COCO_MAIN_ON(cpu, missing)	COCO_MAIN_FIRST((void)0, cpu, missing)

/*
 * The same for a program that asks itself on other machines (cases/machine.h, to be included);
 * @count there looks at VMs by type, or is NULL.
 */
#define COCO_MAIN_ASKED(count, missing)					\
	COCO_MAIN_FIRST(if (machine_answered(argc, argv, count)) return KSFT_PASS, "", missing)

#define COCO_MAIN_FIRST(first, cpu, missing)				\
	int main(int argc, char **argv)					\
	{								\
		const char *why;					\
									\
		first;							\
		why = setenv("COCO_CPU", cpu, 1) ? "no memory" : missing(); \
		if (why)						\
			ksft_exit_skip("%s\n", why);			\
		return coco_run(argc, argv);				\
	}

#endif
