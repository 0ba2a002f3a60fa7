// SPDX-License-Identifier: GPL-2.0-only
/*
 * A case on each mutant of the kernel that it reaches.
 *
 * The image has all mutants in it (tools/mutants): coco_mutant says which one is there, and
 * coco_reached[] gets a mark for each site that is come by.  A case's process forks a child
 * without a mutant, sees from its marks which ones the case can tell anything about, and forks
 * one more child for each of these: the image is loaded once a program.
 *
 * COCO_MUTANTS names a directory (made by tools/mutants/run.sh), with
 *	table	what sites and mutants there are, as tools/mutants/emit.c writes it
 *	state	a character for each mutant: 0 not wanted, 1 alive, 2 killed, 3 alive and
 *		reached by so few cases that all of them are run; the first one says that all
 *		shall end (2)
 *	tries	two bytes for each mutant
 *	results	lines are appended to it, of fields with tabs between:
 *		killed	MUTANT TEST CASE REQUIREMENT HOW
 *		undriven MUTANT TEST CASE WHY
 *		case	TEST CASE VERDICT MILLISECONDS RUNS SITES	all of it is done
 *		start	TEST - - 0 0 SITES	reached before any case
 * Whoever starts again with the same directory goes on where that ended.
 *
 *	chosen	optional: lines "TEST:CASE MUTANT...": in each case these alone
 *
 * COCO_MUTANTS_TRIES=N,M: a mutant is tried in N cases of a program at most, and in M of all
 * (the file tries has how often it was).  Cases have most of their way in common: what many do
 * not see, the others mostly do not see either, but it takes them hours.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"

#include "check/mutants.h"
#include "control.h"

#define MAX_SITES	65536
#define OUTPUT_MAX	65536
/* A mutant may take so much longer than none, and so long, before it hangs. */
#define SLOWER		10
#define HANGS_MS	4000

enum { UNWANTED = '0', ALIVE, KILLED, ALIVE_FEW };

static struct {
	char *state;			/* shared by all processes of a run */
	unsigned int nr_mutants;
	unsigned short *site;		/* of each mutant */
	unsigned short *tries, *all_tries;	/* of each mutant, in this program and in all */
	unsigned int max_tries, max_all_tries;
	int results, output, marks_fd;
	unsigned int *mutant;		/* the image's */
	unsigned char *marks;
	const char *chosen, *chosen_end;	/* the file; NULL: there is none */
	unsigned char *reached;		/* MAX_SITES; allocated, as guests get a copy of what is static */
} this = { .results = -1 };

static void *map_file(const char *dir, const char *name, int prot, size_t *size)
{
	char path[4096];
	int fd, flags = prot & PROT_WRITE ? MAP_SHARED : MAP_PRIVATE;
	struct stat st;
	void *p = MAP_FAILED;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	if (fd >= 0 && !fstat(fd, &st)) {
		*size = st.st_size;
		p = mmap(NULL, *size ?: 1, prot, flags, fd, 0);
	}
	if (p == MAP_FAILED)
		ksft_exit_fail_msg("COCO_MUTANTS: %s: %s\n", path, strerror(errno));
	close(fd);
	return p;
}

bool mutants_wanted(void)
{
	const char *dir = getenv("COCO_MUTANTS"), *line, *end;
	char path[4096];
	size_t size, tries;

	if (!dir)
		return false;
	this.state = map_file(dir, "state", PROT_READ | PROT_WRITE, &size);
	this.nr_mutants = size;
	this.site = calloc(size, sizeof(*this.site));
	this.reached = calloc(1, MAX_SITES);
	this.tries = mmap(NULL, size * sizeof(*this.tries), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	this.all_tries = map_file(dir, "tries", PROT_READ | PROT_WRITE, &tries);
	if (tries < size * sizeof(*this.all_tries) ||
	    sscanf(getenv("COCO_MUTANTS_TRIES") ?: "", "%u,%u", &this.max_tries,
		   &this.max_all_tries) != 2)
		this.max_tries = 0;
	line = map_file(dir, "table", PROT_READ, &size);
	for (end = line + size; line < end; line = memchr(line, '\n', end - line) + 1) {
		unsigned int id, site;

		if (sscanf(line, "mutant\t%u\t%u", &id, &site) == 2 && id < this.nr_mutants &&
		    site < MAX_SITES)
			this.site[id] = site;
	}
	snprintf(path, sizeof(path), "%s/chosen", dir);
	if (!access(path, R_OK)) {
		this.chosen = map_file(dir, "chosen", PROT_READ, &size);
		this.chosen_end = this.chosen + size;
	}
	snprintf(path, sizeof(path), "%s/results", dir);
	this.results = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	this.output = memfd_create("output", MFD_CLOEXEC);
	if (this.results < 0 || this.output < 0)
		ksft_exit_fail_msg("COCO_MUTANTS: %s: %s\n", path, strerror(errno));
	return true;
}

/* ---- what is kept ---- */

/* A line as a whole, whoever else writes. */
static void keep(const char *fmt, ...)
{
	va_list ap;
	char *line;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (len < 0 || write(this.results, line, len) != len)
		ksft_exit_fail_msg("COCO_MUTANTS: cannot keep results: %s\n", strerror(errno));
	free(line);
}

/* Is there a line of that kind, from this run or an earlier one? */
static bool is_kept(const char *kind, const char *name)
{
	char line[512];
	struct stat st;
	char *all;
	bool found;

	snprintf(line, sizeof(line), "%s\t%s\t%s\t", kind, program_invocation_short_name, name);
	if (fstat(this.results, &st) || !st.st_size)
		return false;
	all = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, this.results, 0);
	if (all == MAP_FAILED)
		return false;
	found = memmem(all, st.st_size, line, strlen(line));
	munmap(all, st.st_size);
	return found;
}

static void keep_sites(const char *kind, const char *name, const char *verdict, long ms,
		       unsigned int runs)
{
	char *sites = malloc(MAX_SITES * 6 + 1), *at = sites;

	*at = '\0';
	for (unsigned int i = 0; i < MAX_SITES; i++) {
		unsigned int first = i;

		if (!this.reached[i])
			continue;
		while (i + 1 < MAX_SITES && this.reached[i + 1])
			i++;
		at += sprintf(at, "%s%u", at > sites ? "," : "", first);
		if (i > first)
			at += sprintf(at, "-%u", i);
	}
	keep("%s\t%s\t%s\t%s\t%ld\t%u\t%s\n", kind, program_invocation_short_name, name, verdict,
	     ms, runs, sites);
	free(sites);
}

/* ---- other programs, which a case runs: another machine, whose KVM is loaded anew ---- */

/* They begin with the same mutant, and know where their marks go to. */
static void tell_others(unsigned int mutant)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", mutant);
	setenv("COCO_MUTANT", text, 1);
	snprintf(text, sizeof(text), "%d", this.marks_fd);
	setenv("COCO_MUTANTS_MARKS", text, 1);
}

void mutants_tell_marks(void)
{
	const char *fd = getenv("COCO_MUTANTS_MARKS");
	const unsigned char *from;
	unsigned long size = 0;
	unsigned char *to;

	from = fd && control() ? control()->data("coco_reached", &size) : NULL;
	if (!from || size != MAX_SITES)
		return;
	to = (void *)syscall(SYS_mmap, NULL, MAX_SITES, PROT_READ | PROT_WRITE, MAP_SHARED,
			     atoi(fd), 0);
	if (to == MAP_FAILED)
		return;
	for (unsigned int i = 0; i < MAX_SITES; i++)
		to[i] |= from[i];
}

/* ---- one run of the case ---- */

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Returns 0 in the child. */
static pid_t start(unsigned int mutant, int *exit_code)
{
	pid_t pid;

	*exit_code = KSFT_PASS;
	if (ftruncate(this.output, 0) || lseek(this.output, 0, SEEK_SET))
		ksft_exit_fail_msg("COCO_MUTANTS: no place for output: %s\n", strerror(errno));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		ksft_exit_fail_msg("COCO_MUTANTS: cannot fork: %s\n", strerror(errno));
	if (pid)
		return pid;
	setpgid(0, 0);
	dup2(this.output, STDOUT_FILENO);
	dup2(this.output, STDERR_FILENO);
	*this.mutant = mutant;
	tell_others(mutant);
	return 0;
}

/* A signal that killed it, 0 for none, or -1 if it had to be stopped. */
static int finish(pid_t pid, long limit, int *exit_code)
{
	struct pollfd fd = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool stopped = fd.fd >= 0 && poll(&fd, 1, limit) == 0;
	int status;

	if (stopped)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* What it has left. */
	kill(-pid, SIGKILL);
	close(fd.fd);
	if (stopped)
		return -1;
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	if (WEXITSTATUS(status))
		*exit_code = WEXITSTATUS(status);
	return 0;
}

/* What follows @mark in @text, up to the line's end, without tabs; "" if it is not there. */
static const char *said(const char *text, const char *mark)
{
	static char line[256];
	const char *at = strstr(text, mark);

	line[0] = '\0';
	if (!at)
		return line;
	at += strlen(mark);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	for (char *c = line; *c; c++)
		if (*c == '\t')
			*c = ' ';
	return line;
}

static void judge(unsigned int mutant, const char *name, int how, int exit_code)
{
	const char *program = program_invocation_short_name, *fail, *req;
	char *output = malloc(OUTPUT_MAX), text[300];
	ssize_t len = pread(this.output, output, OUTPUT_MAX - 1, 0);

	output[len < 0 ? 0 : len] = '\0';
	if (!how && (exit_code == KSFT_PASS || exit_code == KSFT_SKIP))
		goto out;
	if (strstr(output, "not driven: ")) {
		keep("undriven\t%u\t%s\t%s\t%s\n", mutant, program, name,
		     said(output, "not driven: "));
		goto out;
	}
	fail = said(output, "# FAIL ");
	req = strchr(fail, ' ');
	if (how < 0)
		snprintf(text, sizeof(text), "does not end");
	else if (how)
		snprintf(text, sizeof(text), "%s: %s", strsignal(how), said(output, "# inproc: "));
	else
		snprintf(text, sizeof(text), "%s", req ? req + 1 : "");
	/* What a hang or a crash has to say of a requirement came before it. */
	fail = said(output, "# FAIL ");
	req = strchr(fail, ' ');
	this.state[mutant] = KILLED;
	keep("killed\t%u\t%s\t%s\t%.*s\t%s\n", mutant, program, name,
	     req ? (int)strcspn(req + 1, " ") : 1, req ? req + 1 : "-", text);
out:
	free(output);
}

/* ---- the case ---- */

/* The image's variables; from now on the marks of children are seen here. */
static void prepare(void)
{
	unsigned long size = 0, one;
	const struct control_ops *ops = control();

	if (!ops)
		ksft_exit_fail_msg("COCO_MUTANTS: there is no in-process KVM\n");
	/* Not every program has opened it before its cases do. */
	close(open("/dev/kvm", O_RDWR));
	this.mutant = ops->data("coco_mutant", &one);
	this.marks = ops->data("coco_reached", &size);
	if (!this.mutant || !this.marks || size != MAX_SITES)
		ksft_exit_fail_msg("COCO_MUTANTS: the image has no mutants\n");
	memcpy(this.reached, this.marks, MAX_SITES);
	if (!is_kept("start", "-"))
		keep_sites("start", "-", "-", 0, 0);
	/* By the system call itself: this is no client's memory. */
	this.marks_fd = memfd_create("marks", 0);
	if (ftruncate(this.marks_fd, MAX_SITES) ||
	    syscall(SYS_mmap, this.marks, MAX_SITES, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, this.marks_fd, 0) != (long)this.marks)
		ksft_exit_fail_msg("COCO_MUTANTS: cannot share marks: %s\n", strerror(errno));
}

/* Where the file has the mutants of a case: "" if it has none, NULL without the file. */
static const char *chosen_of(const char *name)
{
	char begin[512];
	const size_t len = snprintf(begin, sizeof(begin), "%s:%s ", program_invocation_short_name,
				    name);
	const char *at = this.chosen;

	while (at && at < this.chosen_end) {
		const char *end = memchr(at, '\n', this.chosen_end - at);

		if (!end)
			break;
		if ((size_t)(end - at) > len && !memcmp(at, begin, len))
			return at + len;
		at = end + 1;
	}
	return this.chosen ? "" : NULL;
}

/* @chosen: numbers that rise, up to the line's end; what is passed by is taken off. */
static bool is_chosen(const char **chosen, unsigned int mutant)
{
	unsigned long next;
	char *end;

	if (!*chosen)
		return true;
	while (**chosen >= '0' && **chosen <= '9') {
		next = strtoul(*chosen, &end, 10);
		if (next > mutant)
			return false;
		*chosen = end + (*end == ' ');
		if (next == mutant)
			return true;
	}
	return false;
}

static bool is_to_run(unsigned int mutant)
{
	if (!this.reached[this.site[mutant]])
		return false;
	if (this.state[mutant] == ALIVE)
		return !this.max_tries || (this.tries[mutant] < this.max_tries &&
					   this.all_tries[mutant] < this.max_all_tries);
	return this.state[mutant] == ALIVE_FEW;
}

bool mutants_turn(const char *name, int *exit_code)
{
	const char *chosen = chosen_of(name);
	unsigned int runs = 0;
	long began, took;
	int how;
	pid_t pid;

	if (this.state[0] == KILLED || is_kept("case", name) || (chosen && !*chosen))
		return false;
	prepare();
	began = now_ms();
	pid = start(0, exit_code);
	if (!pid)
		return true;
	how = finish(pid, 60000, exit_code);
	took = now_ms() - began;
	memcpy(this.reached, this.marks, MAX_SITES);
	if (how || *exit_code != KSFT_PASS) {
		keep_sites("case", name, !how && *exit_code == KSFT_SKIP ? "skip" : "fail", took,
			   0);
		*exit_code = KSFT_PASS;
		return false;
	}
	for (unsigned int i = 1; i < this.nr_mutants; i++) {
		if (!is_chosen(&chosen, i) || !is_to_run(i))
			continue;
		if (this.state[0] == KILLED)
			return false;
		pid = start(i, exit_code);
		if (!pid)
			return true;
		how = finish(pid, took * SLOWER + HANGS_MS, exit_code);
		judge(i, name, how, *exit_code);
		this.tries[i]++;
		this.all_tries[i]++;
		runs++;
	}
	keep_sites("case", name, "pass", took, runs);
	*exit_code = KSFT_PASS;
	return false;
}
