// SPDX-License-Identifier: GPL-2.0-only
/*
 * A step of a qualification, which tools/qualify.pl starts:
 *
 *	step NAME [--at NODE:CPUS]... [--count N] [--seconds S] [--vms N] [--mib N] [--online FILE]
 *	step place --at NODE:CPUS COMMAND...	memory and CPUs of a command
 *
 * What it has measured is a line "QUALIFY " and JSON on stdout (tools/results/README); the
 * kernel's log, where KVM is in the process, are lines "LOG ".  Status 0 passed; 1, or a signal,
 * failed, with what tests say then; 2 cannot be done here; 4 skipped, with the reason.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"

#include "check/case.h"
#include "control.h"
#include "exits/cert.h"

#include "step.h"

static const struct {
	const char *name;
	void (*run)(struct step *step);
	unsigned int places;
} steps[] = {
	{ "exits", step_exits, 1 },
	{ "each-cpu", step_each_cpu, 1 },
	{ "interleave", step_interleave, 2 },
	{ "migrate", step_migrate, 2 },
	{ "several", step_several, 1 },
	{ "limit", step_limit, 1 },
	{ "pressure", step_pressure, 1 },
	{ "signals", step_signals, 1 },
	{ "certificates", step_certificates, 1 },
	{ "hotplug", step_hotplug, 1 },
};

static const struct option options[] = {
	{ "at", required_argument, NULL, 'a' },
	{ "count", required_argument, NULL, 'c' },
	{ "seconds", required_argument, NULL, 's' },
	{ "vms", required_argument, NULL, 'v' },
	{ "mib", required_argument, NULL, 'm' },
	{ "online", required_argument, NULL, 'o' },
	{ NULL, 0, NULL, 0 }
};

static void die(const char *what, const char *value)
{
	fprintf(stderr, "qualify: %s '%s'\n", what, value);
	exit(2);
}

static unsigned int number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || !value || value > 1000000000)
		die("no number:", text);
	return value;
}

/* The seconds that it has; what they are of begins when all is ready. */
static unsigned int parse(struct step *step, int argc, char **argv)
{
	unsigned int seconds = 10;
	int c;

	step->count = 1;
	step->vms = 1;
	step->mib = 1;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			if (step->nr_places == MAX_PLACES ||
			    !place_parse(&step->at[step->nr_places++], optarg))
				die("no place:", optarg);
			break;
		case 'c': step->count = number(optarg); break;
		case 's': seconds = number(optarg); break;
		case 'v': step->vms = number(optarg); break;
		case 'm': step->mib = number(optarg); break;
		case 'o': step->cpu_online = optarg; break;
		default: exit(2);
		}
	}
	return seconds;
}

/* A line that driver and run are told in whole, even if many VMs write at once. */
static void print(const struct step *step)
{
	const char *comma = "";
	unsigned int i;

	printf("QUALIFY {\"vendor\":\"%s\",\"exits\":[", makes_tds() ? "tdx" : "snp");
	for (i = 0; i < guest_nr_kinds(); i++) {
		if (!step->exits[i].to_vmm.n)
			continue;
		printf("%s{\"name\":\"%s\",\"to_vmm\":", comma, guest_kind(i)->name);
		latency_print(&step->exits[i].to_vmm);
		printf(",\"to_guest\":");
		latency_print(&step->exits[i].to_guest);
		printf("}");
		comma = ",";
	}
	printf("],\"launch\":");
	latency_print(&step->launch);
	printf(",\"destroy\":");
	latency_print(&step->destroy);
	printf(",\"vms\":%lu,\"interrupted\":%lu,\"moved_pages\":%lu,"
	       "\"retried\":%lu,\"replaced\":%lu,\"switched\":%lu,\"pages\":{",
	       step->vms_made, step->interrupted, step->moved, step->retried, step->replaced,
	       step->switched);
	for (i = 0, comma = ""; i < PLACE_MAX_NODES; i++) {
		if (!step->pages[i])
			continue;
		printf("%s\"%u\":%lu", comma, i, step->pages[i]);
		comma = ",";
	}
	printf("}}\n");
	for (i = 0; control() && i < control()->nr_log_lines(); i++)
		printf("LOG %s\n", control()->log_line(i));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	/* The main requirement is that of a libkvm assertion, and has to be one of a row. */
	static const struct check_row row = { .reqs = { REQ_LIBKVM_ASSERT } };
	static struct step step;
	static char reason[256];
	static int status;
	const char *missing;
	unsigned int i, seconds;

	if (argc < 2)
		die("no step", "");
	seconds = parse(&step, argc - 1, argv + 1);
	if (!strcmp(argv[1], "place") && step.nr_places && argv[1 + optind]) {
		place_memory(&step.at[0]);
		place_cpu(&step.at[0], PLACE_NONE);
		execv(argv[1 + optind], argv + 1 + optind);
		die("cannot run", argv[1 + optind]);
	}
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(steps[i].name, argv[1]))
			break;
	if (i == sizeof(steps) / sizeof(steps[0]) || step.nr_places < steps[i].places)
		die("no step, or too few places:", argv[1]);
	missing = guest_missing();
	if (missing) {
		fprintf(stderr, "qualify: %s\n", missing);
		return 2;
	}
	check_case_begin(&status, reason, sizeof(reason), &row, __FILE__, __LINE__);
	/* It is made whenever a case begins. */
	check_made(REQ_LIBKVM_ASSERT);
	step.end = now_ns() + seconds * 1000000000ull;
	steps[i].run(&step);
	print(&step);
	check_case_end();
	if (status == KSFT_SKIP)
		printf("SKIP %s\n", reason);
	return status;
}
