// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machines that lack something, or have more, see machine.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases/machine.h"
#include "check/case.h"
#include "check/expect.h"
#include "check/mutants.h"
#include "check/names.h"
#include "check/state.h"
#include "control.h"
#include "snp/sev_attr.h"

/* Tells the process that it is asked, and where to write the answer. */
#define ANSWER	"--answer-to"

#ifndef KVM_CAP_VM_TYPES
#define KVM_CAP_VM_TYPES	235
#endif

const char *machine_type_name(unsigned int type)
{
	static const char *const names[] = {
		"ordinary", "software-protected", "SEV", "SEV-ES", "SNP", "TDX",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "not known";
}

/* ---- the process that is asked ---- */

#define MAX_LEAVES	256

static void look_at_cpuid(int kvm, struct machine_offers *o)
{
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + MAX_LEAVES * sizeof(cpuid->entries[0]));
	unsigned int i;

	if (!cpuid)
		return;
	cpuid->nent = MAX_LEAVES;
	if (!ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid)) {
		for (i = 0; i < cpuid->nent; i++) {
			if (cpuid->entries[i].function != 0x8000001f)
				continue;
			o->sev_eax = cpuid->entries[i].eax;
			o->sev_ebx = cpuid->entries[i].ebx;
		}
	}
	free(cpuid);
}

static void look(struct machine_offers *o)
{
	unsigned long type;
	int kvm, vm;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0) {
		o->open = errno;
		return;
	}
	o->types = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES);
	look_at_cpuid(kvm, o);
	o->has_features = !sev_attr(SEV_ATTR_VMSA_FEATURES, &o->features);
	o->has_policy = !sev_attr(SEV_ATTR_POLICY_BITS, &o->policy);
	for (type = 0; type < MACHINE_VM_TYPES; type++) {
		vm = ioctl(kvm, KVM_CREATE_VM, type);
		o->create[type] = vm < 0 ? errno : 0;
		if (vm >= 0)
			close(vm);
	}
	close(kvm);
}

bool machine_answered(int argc, char **argv, void (*count)(struct machine_offers *offers))
{
	struct machine_offers o = {};

	if (argc != 3 || strcmp(argv[1], ANSWER))
		return false;
	look(&o);
	if (!o.open && count)
		count(&o);
	if (control() && control()->nr_splats()) {
		o.splats = control()->nr_splats();
		snprintf(o.splat, sizeof(o.splat), "%s", control()->splat(o.splats - 1));
	}
	mutants_tell_marks();
	return write(atoi(argv[2]), &o, sizeof(o)) == sizeof(o);
}

/* ---- the one that asks ---- */

/* Of the usual machine, as sysfs has its parameters: NULL, or the first in @list that is not there. */
static const char *param_missing(const char *list)
{
	static char name[64];
	char path[128];
	size_t len;
	int fd;

	for (; *list; list += len + !!list[len]) {
		len = strcspn(list, ",");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(list, "="), list);
		snprintf(path, sizeof(path), "/sys/module/%.*s/parameters/%s",
			 (int)strcspn(name, "."), name, name + strcspn(name, ".") + 1);
		/* To open it asks the in-process KVM, where access() would ask the machine's. */
		fd = open(path, O_RDONLY);
		if (fd < 0)
			return name;
		close(fd);
	}
	return NULL;
}

static void __attribute__((noreturn)) become(const struct machine *m, int to)
{
	char fd[16];

	snprintf(fd, sizeof(fd), "%d", to);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* libkvm's first words are no line of TAP. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	if (!setenv("COCO_CPU", m->cpu ?: "", 1) &&
	    !setenv("COCO_FIRMWARE", m->firmware ?: "", 1) &&
	    !setenv("COCO_PARAMS", m->params ?: "", 1))
		execl("/proc/self/exe", "machine", ANSWER, fd, NULL);
	_exit(127);
}

bool machine_ask(const struct machine *machine, struct machine_offers *offers)
{
	const char *missing;
	int to[2], status;
	ssize_t got;
	pid_t pid;

	if (!control()) {
		check_skip("needs an in-process KVM, which has other machines");
		return false;
	}
	missing = param_missing(machine->params ?: "");
	if (missing) {
		check_skip("this KVM has no parameter %s", missing);
		return false;
	}
	if (pipe(to))
		goto failed;
	pid = fork();
	if (!pid)
		become(machine, to[1]);
	close(to[1]);
	got = read(to[0], offers, sizeof(*offers));
	close(to[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		goto failed;
	if (got == sizeof(*offers) && !status)
		return EXPECT_REQ_EQ(REQ_KERNEL_NO_SPLAT, offers->splats ?
				     offers->splat : "WARNs and BUGs", 0, offers->splats,
				     &names_value) &&
		       EXPECT_REQ_EQ(REQ_MACHINE_ORDINARY, "open() of /dev/kvm", 0, offers->open,
				     &names_errno);
	/* Its last words are on stderr. */
	return EXPECT_REQ_EQ(REQ_MACHINE_TYPES, "wait status of a process that loads KVM", 0, status,
			     &names_value);
failed:
	check_skip("cannot run another process: %s", strerror(errno));
	return false;
}

void machine_check_types(const struct machine_offers *o, uint64_t known, uint64_t want)
{
	unsigned int type;
	char what[64];

	EXPECT_REQ_EQ(REQ_MACHINE_ORDINARY, "KVM_CREATE_VM of an ordinary VM", 0, o->create[0],
		      &names_errno);
	EXPECT_REQ_EQ(REQ_MACHINE_TYPES, "encrypted types in KVM_CAP_VM_TYPES", want,
		      o->types & known, &names_value);
	for (type = 1; type < MACHINE_VM_TYPES; type++) {
		if (!(known & 1ull << type))
			continue;
		snprintf(what, sizeof(what), "KVM_CREATE_VM of type %u (%s)", type,
			 machine_type_name(type));
		EXPECT_REQ_EQ(REQ_MACHINE_TYPES, what, want & 1ull << type ? 0 : EINVAL,
			      o->create[type], &names_errno);
	}
}
