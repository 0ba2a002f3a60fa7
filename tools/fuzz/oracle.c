// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference model as an oracle: a second process of this program has the model in place of a
 * kernel, plays the same sequences, and says what came of each.  What is shown of a sequence is
 * what is compared, line by line; where a rule is broken, the rest of it is not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_TEXT	(256u << 10)
/* Where the model's side answers: what libraries print is none of it. */
#define ANSWER_FD	100

static char text[MAX_TEXT], model[MAX_TEXT];
static uint32_t len;
static bool stopped, in_use;
static int to_second = -1, from_second = -1;

static void all(ssize_t (*io)(int fd, void *p, size_t size), int fd, void *p, size_t size)
{
	for (size_t done = 0; done < size; ) {
		const ssize_t n = io(fd, (char *)p + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (fd == STDIN_FILENO && !n)
				exit(0);
			fprintf(stderr, "fuzz: the reference model has gone: %s\n",
				n ? strerror(errno) : "its process has ended");
			_exit(2);
		}
		done += n;
	}
}

static ssize_t put(int fd, void *p, size_t size)
{
	return write(fd, p, size);
}

/* The other side: this program, with the model preloaded. */
static void spawn(const char *ref)
{
	int there[2], back[2];

	if (pipe(there) || pipe(back)) {
		perror("fuzz: pipe");
		exit(2);
	}
	if (!fork()) {
		dup2(there[0], STDIN_FILENO);
		dup2(back[1], ANSWER_FD);
		dup2(STDERR_FILENO, STDOUT_FILENO);
		close(there[1]);
		close(back[0]);
		close(back[1]);
		setenv("LD_PRELOAD", ref, 1);
		setenv("COCO_PLATFORM", "ref", 1);
		execl("/proc/self/exe", "/proc/self/exe", "--second", NULL);
		perror("fuzz: the reference model");
		_exit(2);
	}
	close(there[0]);
	close(back[1]);
	to_second = there[1];
	from_second = back[0];
}

bool oracle_wanted(void)
{
	const char *ref = getenv("COCO_FUZZ_REF");

	in_use = ref && *ref;
	return in_use;
}

void oracle_start(void)
{
	if (in_use && !fuzz_second)
		spawn(getenv("COCO_FUZZ_REF"));
}

void oracle_begin(void)
{
	len = 0;
	stopped = false;
}

void oracle_note(const char *fmt, va_list ap)
{
	int n;

	if (!in_use || stopped)
		return;
	n = vsnprintf(text + len, MAX_TEXT - len, fmt, ap);
	if (n < 0 || (uint32_t)n >= MAX_TEXT - len)
		stopped = true;
	else
		len += n;
}

void oracle_memory(const void *p, size_t size)
{
	uint64_t sum = size, word;

	if (!in_use || stopped || MAX_TEXT - len < 64)
		return;
	for (size_t i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, (const char *)p + i, sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15;
	}
	len += sprintf(text + len, "memory whose sum is 0x%lx\n", sum);
}

void oracle_stop(void)
{
	stopped = true;
}

/* The first line that differs, without what begins it, up to its end. */
static const char *line_of(char *all_of_it, uint32_t size, uint32_t at)
{
	char *end;

	while (at && all_of_it[at - 1] != '\n')
		at--;
	if (at >= size)
		return "nothing more";
	end = memchr(all_of_it + at, '\n', size - at);
	all_of_it[end ? end - all_of_it : size] = 0;
	return all_of_it + at + strspn(all_of_it + at, "\t");
}

void oracle_compare(const uint8_t *data, size_t size)
{
	uint32_t n = size, at = 0, compared;

	if (to_second < 0)
		return;
	all(put, to_second, &n, sizeof(n));
	all(put, to_second, (void *)data, size);
	all(read, from_second, &n, sizeof(n));
	all(read, from_second, model, n);
	compared = n < len ? n : len;
	while (at < compared && text[at] == model[at])
		at++;
	/* One that has stopped says no more than it said. */
	if (at == len && (stopped || n == len))
		return;
	text[len < MAX_TEXT ? len : MAX_TEXT - 1] = 0;
	fuzz_odd("FUZZ-REF", "KVM: %s; the reference model: %s", line_of(text, len, at),
		 line_of(model, n, at));
}

int oracle_second(bool (*play)(const uint8_t *data, size_t size))
{
	static uint8_t data[4096];
	uint32_t n;

	for (;;) {
		all(read, STDIN_FILENO, &n, sizeof(n));
		if (n > sizeof(data))
			return 2;
		all(read, STDIN_FILENO, data, n);
		play(data, n);
		all(put, ANSWER_FD, &len, sizeof(len));
		all(put, ANSWER_FD, text, len);
	}
}
