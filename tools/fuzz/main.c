// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sequences of exits and answers, which libFuzzer makes of bytes; run by tools/fuzz/run.sh.
 *
 *	fuzz [libFuzzer's options] [DIRECTORY|FILE...]
 *	fuzz --reduce FILE
 *	fuzz --play FILE
 *	fuzz --second		the other half of COCO_FUZZ_REF (oracle.c)
 *
 * SNP guests, or TDs with COCO_VENDOR=intel.  One VM has all sequences.  One that breaks a
 * requirement ends the process by abort(), as libFuzzer wants it; with --reduce it becomes as
 * short as it can be and still break the same.  --play has sequences of a file, each a line of
 * hexadecimal digits, and says how fast that was.
 *
 * COCO_FUZZ_KNOWN has requirements, by blanks, that the tree is known to break; one of the
 * kernel's may have a place behind it ("ID:sev.c:12").  COCO_FUZZ_SHOW=1 shows each event.
 * COCO_FUZZ_VMM=1: the VMM does other things between, too (vmm.c); then it is memory, WARN, BUG
 * and an end that are looked at, and no rules.
 * COCO_FUZZ_REF names an in-process KVM that is the reference model: what comes of a sequence is
 * compared with what comes of it there.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dlfcn.h>
#include <linux/kvm.h>

#include "check/case.h"
#include "control.h"
#include "fuzz.h"

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *data, size_t size));
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);

/* KVM_RUNs that one sequence can need: a page state change has up to 253 exits. */
#define MAX_RUNS	600
#define MAX_IN_VAIN	8
#define SEQUENCES_OF_A_VM	256
#define MAX_KNOWN	64
#define MAX_BYTES	4096

bool fuzz_shown, fuzz_second;
int fuzz_vcpu_fd, fuzz_vm_fd;
uint64_t fuzz_gpa;
struct kvm_run *fuzz_kvm_run;

static const struct fuzz_guest *guest;
static const uint8_t *input;
static size_t left;
static struct kvm_script script;
static char failure[1024], failed_rule[512], failed_id[64];
static const char *known[MAX_KNOWN];
static kvm_script_run_t run;
static unsigned int nr_known, seen_known[MAX_KNOWN], splats;
static bool printed, vmm, act;

uint8_t fuzz_u8(void)
{
	if (!left)
		return 0;
	left--;
	return *input++;
}

uint64_t fuzz_bytes(unsigned int nr)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < nr; i++)
		value |= (uint64_t)fuzz_u8() << 8 * i;
	return value;
}

bool fuzz_ended(void)
{
	return !left;
}

uint64_t fuzz_pick(const uint64_t *values, unsigned int nr)
{
	const uint8_t which = fuzz_u8();

	/* Most of all bytes are one of the values; some of them with a bit or two changed. */
	if (which >= 0xf8)
		return fuzz_bytes(8);
	if (which >= 0xe0)
		return values[which % nr] ^ 1ull << (fuzz_u8() & 63);
	if (which >= 0xd0)
		return values[which % nr] + (int8_t)fuzz_u8();
	return values[which % nr];
}

void fuzz_show(const char *fmt, ...)
{
	va_list ap;

	if (!fuzz_shown)
		return;
	va_start(ap, fmt);
	oracle_note(fmt, ap);
	va_end(ap);
	if (!printed)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fflush(stdout);
}

/* Is it one that the tree is known for?  Each is told of once. */
static bool is_known(const char *id, const char *text)
{
	for (unsigned int i = 0; i < nr_known; i++) {
		const size_t len = strlen(id);

		if (strncmp(known[i], id, len) ||
		    (known[i][len] && (known[i][len] != ':' || !strstr(text, known[i] + len + 1))))
			continue;
		if (!seen_known[i]++)
			fprintf(stderr, "known issue %s: %s\n", id, text);
		return true;
	}
	return false;
}

bool fuzz_known(enum requirement_nr req)
{
	for (unsigned int i = 0; i < nr_known; i++)
		if (!strcmp(known[i], requirement(req)->id))
			return true;
	return false;
}

void __fuzz_fail(const struct requirement *r, const char *file, int line, const char *fmt, ...)
{
	char text[800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (fuzz_second || (vmm && strncmp(r->id, "KERNEL-", 7)))
		return;
	/* What follows from it is not the model's. */
	oracle_stop();
	fuzz_show("\t/* %s: %s */\n", r->id, text);
	if (failure[0] || is_known(r->id, text))
		return;
	snprintf(failure, sizeof(failure), "%s: %s", r->id, text);
	snprintf(failed_id, sizeof(failed_id), "%s", r->id);
	if (r->document)
		snprintf(failed_rule, sizeof(failed_rule), "RULE %s, %s: %s; looked at in %s:%d\n",
			 r->document, r->section, r->text, file, line);
	else
		snprintf(failed_rule, sizeof(failed_rule), "RULE the fuzzer's own, in %s:%d\n",
			 file, line);
}

static void on_mem_bug(enum control_mem_bug what, const char *text)
{
	fuzz_fail(check_mem_req(what), "%s", text);
}

/* The image is loaded with the first VM: that is when its counters are there. */
static void start(void)
{
	kvm_script_start_t play = (kvm_script_start_t)dlsym(RTLD_DEFAULT, KVM_SCRIPT_START);
	unsigned long size;
	uint8_t *counters;

	guest->create();
	oracle_start();
	run = (kvm_script_run_t)dlsym(RTLD_DEFAULT, KVM_SCRIPT_RUN);
	if (!play || !run) {
		fprintf(stderr, "fuzz: no in-process KVM is preloaded\n");
		exit(2);
	}
	script.guest = guest->guest;
	script.td = guest == &fuzz_tdx;
	play(&script);
	if (fuzz_second)
		return;
	if (!control()) {
		fprintf(stderr, "fuzz: a kernel tree's KVM is needed: COCO_PLATFORM=src\n");
		exit(2);
	}
	control()->reset();
	control()->on_mem_bug(on_mem_bug);
	counters = control()->data("coco_coverage", &size);
	if (counters)
		__sanitizer_cov_8bit_counters_init(counters, counters + size);
}

static void look_at_kernel(void)
{
	unsigned int nr = fuzz_second ? 0 : control()->nr_splats();

	while (splats < nr) {
		const char *text = control()->splat(splats++);

		/* What is told of in a sequence's own words, or listed so. */
		if (text && !(fuzz_known(REQ_KERNEL_TD_EXTINT) && strstr(text, "in tdx_vcpu_run")))
			fuzz_fail(REQ_KERNEL_NO_SPLAT, "%s", text);
	}
}

void fuzz_disturb(void)
{
	act = vmm;
}

/* After a KVM_RUN that returned @err: is there sense in another one? */
static bool go_on(int err)
{
	static unsigned int in_vain;

	script.signal = 0;
	fuzz_kvm_run->immediate_exit = 0;
	if (act)
		fuzz_act(fuzz_kvm_run, &script);
	act = false;
	/* Again and again: it waits for somebody who is not there, or is dead. */
	in_vain = err ? in_vain + 1 : 0;
	return in_vain < MAX_IN_VAIN;
}

/* A VM as new: where the old one does not come to a sequence's end, and now and then. */
static void renew(bool ended)
{
	kvm_script_start_t play = (kvm_script_start_t)dlsym(RTLD_DEFAULT, KVM_SCRIPT_START);
	static unsigned int sequences;

	if (ended && ++sequences < SEQUENCES_OF_A_VM)
		return;
	sequences = 0;
	play(NULL);
	guest->destroy();
	guest->create();
	play(&script);
}

/* Is all as it has to be? */
static bool play(const uint8_t *data, size_t size)
{
	unsigned int runs = 0;
	static bool started;
	bool more, ended = true;

	if (!started) {
		start();
		started = true;
	}
	input = data;
	left = size;
	failure[0] = 0;
	oracle_begin();
	guest->begin();
	do {
		int err = run(fuzz_vcpu_fd);

		more = guest->vmm(fuzz_kvm_run, err);
		if (vmm) {
			ended = go_on(err);
			more &= ended;
		}
		if (++runs > MAX_RUNS) {
			fuzz_odd("FUZZ-ENDLESS",
				 "%u KVM_RUNs, and the guest has not come to its end", runs);
			break;
		}
	} while (more && !failure[0]);
	if (vmm)
		renew(ended);
	look_at_kernel();
	if (!failure[0])
		oracle_compare(data, size);
	return !failure[0];
}

static int play_one(const uint8_t *data, size_t size)
{
	if (play(data, size))
		return 0;
	fprintf(stderr, "FOUND %s\n%s", failure, failed_rule);
	abort();
}

/* ---- a sequence made shorter ---- */

static bool breaks(const uint8_t *data, size_t size, const char *id)
{
	return !play(data, size) && !strcmp(failed_id, id);
}

/* Without pieces of it, from halves to bytes, and with zeroes in place of them. */
static size_t reduce(uint8_t *data, size_t size, const char *id)
{
	uint8_t try[MAX_BYTES];

	for (size_t piece = size; piece; piece /= 2)
		for (size_t at = 0; at + piece <= size; ) {
			memcpy(try, data, at);
			memcpy(try + at, data + at + piece, size - at - piece);
			if (breaks(try, size - piece, id)) {
				size -= piece;
				memcpy(data, try, size);
			} else {
				at += piece;
			}
		}
	for (size_t at = 0; at < size; at++) {
		const uint8_t was = data[at];

		data[at] = 0;
		if (!breaks(data, size, id))
			data[at] = was;
	}
	return size;
}

static int reduce_file(const char *path)
{
	FILE *file = fopen(path, "r+");
	uint8_t data[MAX_BYTES];
	size_t size, left_over;
	char id[sizeof(failed_id)];

	if (!file) {
		perror(path);
		return 2;
	}
	size = fread(data, 1, sizeof(data), file);
	if (play(data, size)) {
		printf("%s breaks nothing by itself\n", path);
		return 1;
	}
	memcpy(id, failed_id, sizeof(id));
	left_over = reduce(data, size, id);
	rewind(file);
	if (fwrite(data, 1, left_over, file) != left_over || fflush(file) ||
	    ftruncate(fileno(file), left_over)) {
		perror(path);
		return 2;
	}
	return 0;
}

static size_t from_hex(const char *line, uint8_t *data)
{
	unsigned int byte;
	size_t size = 0;

	while (size < MAX_BYTES && sscanf(line + 2 * size, "%2x", &byte) == 1)
		data[size++] = byte;
	return size;
}

/* Sequences a second of processor time: once for the kernel to be warm, and then again. */
static int play_file(const char *path)
{
	static char line[2 * MAX_BYTES + 2];
	FILE *file = fopen(path, "r");
	uint8_t data[MAX_BYTES];
	unsigned long played = 0;
	clock_t begin = 0;

	if (!file) {
		perror(path);
		return 2;
	}
	for (unsigned int round = 0; round < 3; round++) {
		rewind(file);
		while (fgets(line, sizeof(line), file)) {
			if (!play(data, from_hex(line, data))) {
				fprintf(stderr, "FOUND %s\n%sin %s", failure, failed_rule, line);
				return 1;
			}
			played += round > 0;
		}
		if (!round)
			begin = clock();
	}
	printf("%lu sequences, %.0f a second of processor time\n", played / 2,
	       played / ((double)(clock() - begin) / CLOCKS_PER_SEC));
	return 0;
}

int main(int argc, char **argv)
{
	static char ids[4096];

	printed = getenv("COCO_FUZZ_SHOW");
	vmm = getenv("COCO_FUZZ_VMM");
	fuzz_second = argc == 2 && !strcmp(argv[1], "--second");
	fuzz_shown = printed | oracle_wanted();
	snprintf(ids, sizeof(ids), "%s", getenv("COCO_FUZZ_KNOWN") ?: "");
	for (char *id = strtok(ids, " "); id && nr_known < MAX_KNOWN; id = strtok(NULL, " "))
		known[nr_known++] = id;
	guest = strcmp(getenv("COCO_VENDOR") ?: "amd", "intel") ? &fuzz_snp : &fuzz_tdx;
	if (fuzz_second)
		return oracle_second(play);
	if (argc == 3 && !strcmp(argv[1], "--reduce"))
		return reduce_file(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "--play"))
		return play_file(argv[2]);
	return LLVMFuzzerRunDriver(&argc, &argv, play_one);
}
