// SPDX-License-Identifier: GPL-2.0-only
/*
 * What surrounds a case: its beginning and end, the kernel's log and splats, and an exit
 * in the middle of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"

#include "check/asserted.h"
#include "check/case.h"
#include "check/expect.h"
#include "check/state.h"
#include "check/transcript.h"
#include "control.h"

#define MAX_EXPECTED_SPLATS	8

/* One process runs one case: the harness forks for each. */
static struct {
	const char *file;
	int line;
	bool running, registered;
	enum requirement_nr blamed[NR_REQUIREMENTS];	/* check_attribute_to() */
	const char *splat[MAX_EXPECTED_SPLATS];
	unsigned int nr_splats;
} this;

void check_expect_splat(const char *text)
{
	if (this.nr_splats == MAX_EXPECTED_SPLATS) {
		check_fail(__FILE__, __LINE__, REQ_KERNEL_NO_SPLAT,
			   "splats that one case may announce", "at most", MAX_EXPECTED_SPLATS,
			   "more", this.nr_splats + 1);
		return;
	}
	this.splat[this.nr_splats++] = text;
}

unsigned int check_nr_splats(const char *text)
{
	unsigned int i, nr = 0;

	for (i = 0; control() && i < control()->nr_splats(); i++)
		nr += !!strstr(control()->splat(i), text);
	return nr;
}

bool check_quiet(const char *file, int line, enum requirement_nr req, const char *what,
		 const char *text)
{
	return !control() ||
	       check_eq(file, line, req, what, 0, check_nr_splats(text), &names_count);
}

void check_attribute_to(enum requirement_nr req, enum requirement_nr by)
{
	this.blamed[req] = by;
}

static bool splat_expected(const char *text)
{
	unsigned int i;

	for (i = 0; i < this.nr_splats; i++)
		if (strstr(text, this.splat[i]))
			return true;
	return false;
}

static void check_splats(const struct control_ops *ops)
{
	unsigned int i;
	char what[256];

	for (i = 0; i < ops->nr_splats(); i++) {
		const char *text = ops->splat(i);

		if (splat_expected(text))
			continue;
		snprintf(what, sizeof(what), "WARN or BUG of the kernel: %s", text);
		check_fail(this.file, this.line, REQ_KERNEL_NO_SPLAT, what, "none", 0, "one", 1);
	}
}

/* For whoever reads the report: what the requirements say, what each side saw. */
static void explain(const struct control_ops *ops)
{
	unsigned int i;

	for (i = 0; i < NR_REQUIREMENTS; i++)
		if (state_failed_by(i))
			check_note("rule: %s: %s", requirement(i)->id, requirement(i)->text);
	transcript_tell();
	for (i = 0; ops && i < ops->nr_log_lines(); i++)
		check_note("kernel: %s", ops->log_line(i));
}

/* What memory bugs and the like are failures of. */
static const enum requirement_nr mem_reqs[CONTROL_NR_MEM_BUGS] = {
	[CONTROL_MEM_BOUNDS] = REQ_KERNEL_MEM_BOUNDS,
	[CONTROL_MEM_FREED] = REQ_KERNEL_MEM_FREED,
	[CONTROL_MEM_LEAK] = REQ_KERNEL_MEM_LEAK,
	[CONTROL_MEM_REACHED] = REQ_KERNEL_MEM_REACHED,
	[CONTROL_MEM_STALE] = REQ_KERNEL_TLB_STALE,
	[CONTROL_MEM_MAP_GONE] = REQ_KERNEL_MAP_GONE,
	[CONTROL_MEM_MAP_LEFT] = REQ_KERNEL_MAP_LEFT,
	[CONTROL_MEM_KMAP_LEFT] = REQ_KERNEL_KMAP_LEFT,
	[CONTROL_MEM_PIN_SHORT] = REQ_KERNEL_PIN_SHORT,
	[CONTROL_MEM_KMAP_ORDER] = REQ_KERNEL_KMAP_ORDER,
	[CONTROL_MEM_FIRMWARE] = REQ_KERNEL_FIRMWARE_PAGE,
	[CONTROL_MEM_VMSA] = REQ_SNP_AP_ZAPPED,
	[CONTROL_MEM_NO_VMSA] = REQ_SNP_AP_NO_VMSA,
	[CONTROL_MEM_KEYID] = REQ_KERNEL_KEYID,
	[CONTROL_MEM_UNCHARGED] = REQ_KERNEL_UNCHARGED,
	[CONTROL_SEV_TLB] = REQ_SEV_TLB,
	[CONTROL_SVM_CLEAN] = REQ_SVM_CLEAN,
	[CONTROL_SEV_INTERCEPT] = REQ_SEV_INTERCEPT,
	[CONTROL_SEV_LBR] = REQ_SEV_LBR,
	[CONTROL_SEV_EXCEPTION] = REQ_SEV_EXCEPTION,
	[CONTROL_SEV_ASID] = REQ_SEV_ASID,
	[CONTROL_SEV_LEFT] = REQ_SEV_LEFT,
	[CONTROL_SEV_BUSY] = REQ_SEV_BUSY,
	[CONTROL_SEV_DIRECT_MAP] = REQ_SEV_DIRECT_MAP,
	[CONTROL_SEV_CACHE] = REQ_SEV_CACHE,
	[CONTROL_TD_CACHE] = REQ_TDX_CACHE,
	[CONTROL_HOST_STATE] = REQ_KERNEL_HOST_STATE,
	[CONTROL_VMX_LEFT] = REQ_KERNEL_VMX_LEFT,
	[CONTROL_UNDEFINED] = REQ_KERNEL_UNDEFINED,
};

enum requirement_nr check_mem_req(enum control_mem_bug what)
{
	return mem_reqs[what];
}

/* The observer has looked at that all the time. */
static void count_watched(void)
{
	unsigned int i;

	for (i = 0; i < CONTROL_NR_MEM_BUGS; i++)
		check_made(this.blamed[mem_reqs[i]]);
	check_made(REQ_KERNEL_NO_SPLAT);
}

static void finish(void)
{
	const struct control_ops *ops = control();

	/* What is left of VMs shows when they are destroyed. */
	if (ops && ops->end_vms())
		check_note("a vCPU runs on: what its VM leaves behind is not checked");
	this.running = false;
	if (ops) {
		check_splats(ops);
		count_watched();
	}
	state_tell_unchecked();
	if (check_failed())
		explain(ops);
}

/*
 * libkvm asserts and requires by exit().  An assertion that finds a stale
 * EACCES calls itself a skip; a requirement that is not met truly is one.
 */
static void exit_in_case(int status, void *arg __attribute__((unused)))
{
	int err = errno;

	if (!this.running)
		return;
	if (status == KSFT_SKIP && err != EACCES) {
		check_skip("a requirement of libkvm is not met, see above");
		finish();
		return;
	}
	check_fail(this.file, this.line, REQ_LIBKVM_ASSERT,
		   check_asserted() ?: "an assertion, see above", "end of the case", KSFT_PASS,
		   "exit status", status);
	finish();
	_exit(status == KSFT_SKIP ? KSFT_FAIL : status);
}

/*
 * What every case looks at is a failure of the cases that are about it alone where the
 * tree is known for it (COCO_KNOWN, the runner's list), or it would hide all others.
 */
static bool known_elsewhere(enum requirement_nr req)
{
	const char *id = requirement(req)->id, *list = getenv("COCO_KNOWN");
	size_t len = strlen(id);

	if (state_is_about(req))
		return false;
	for (; list && *list; list += strcspn(list, ","), list += *list == ',')
		if (!strncmp(list, id, len) && (!list[len] || list[len] == ','))
			return true;
	return false;
}

/* Called in the middle of kernel code, which may not come back. */
static void check_mem_bug(enum control_mem_bug what, const char *text)
{
	enum requirement_nr req = mem_reqs[what];

	if (!this.running)
		return;
	if (this.blamed[req] == REQ_NONE)
		check_note("as expected, %s: %s", requirement(req)->id, text);
	else if (this.blamed[req] == req && known_elsewhere(req))
		check_note("known issue %s: %s", requirement(req)->id, text);
	else
		check_fail(this.file, this.line, this.blamed[req], text, "none", 0, "one", 1);
}

void check_case_begin(int *exit_code, char *reason, size_t reason_size,
		      const struct check_row *row, const char *file, int line)
{
	bool registered = this.registered;
	unsigned int i;

	state_begin(exit_code, reason, reason_size, row);
	memset(&this, 0, sizeof(this));
	this.file = file;
	this.line = line;
	this.registered = true;
	for (i = 0; i < NR_REQUIREMENTS; i++)
		this.blamed[i] = i;
	this.running = true;
	transcript_reset();
	if (!registered)
		on_exit(exit_in_case, NULL);
	if (control()) {
		control()->reset();
		control()->on_mem_bug(check_mem_bug);
	}
	errno = 0;
}

void check_case_end(void)
{
	finish();
}
