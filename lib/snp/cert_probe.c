// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which revisions of the certificate exit does the KVM under test speak?
 *
 * No number answers that.  Those of unmerged patches were given away again (237
 * is KVM_CAP_X86_APIC_BUS_CYCLES_NS since 6.11, 239 and 240 are Arm's, exit 40 is
 * TDX's), a port takes others, coco-v2 and certs-v3 share a capability, certs-v6
 * and certs-v7 a command.  And what KVM says of itself is under test: one that
 * does not announce what it can do must not get away with having nothing tested.
 *
 * So each number that any revision uses is one way to enable it: what KVM takes is tried, on
 * a scratch VM whose guest asks for a report, and the exit that comes is compared
 * with every revision's, so that one mistake of a kernel does not make it pass for
 * another revision; if nothing comes, the way of enabling it decides.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/cert_enable.h"
#include "snp/cert_probe.h"
#include "snp/request_vm.h"

/* A number of pages that is neither an address nor a flag. */
#define PROBE_PAGES	0x2b

/* The child gives up then: a kernel that hangs is the cases' business. */
#define PROBE_SECONDS	15

/* How the exit is enabled: by a capability, or by the command of certs-v6 and on. */
struct enable_path {
	bool command;
	uint32_t nr;
};

/* From the child: @rev is spoken under @nr; 0: it is not. */
struct finding {
	uint32_t rev, nr;
};

static uint32_t spoken[NR_CERT_REVISIONS];

static bool path_of(const struct enable_path *path, const struct cert_revision *rev)
{
	return path->command == (rev->enable == CERT_COMMAND) &&
	       (path->command || rev->cap == path->nr || rev->cap_ported == path->nr);
}

/* Run the guest to its first exit that is no report: false if it only reports. */
static bool run_request(struct request_cpu *cpu)
{
	struct kvm_run *run = cpu->vcpu->run;

	if (__vcpu_run(cpu->vcpu) || run->exit_reason != KVM_EXIT_IO)
		return false;
	request_prepare(cpu, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ, PROBE_PAGES);
	memset((char *)run + KVM_RUN_EXIT_OFFSET, 0xff, 64);
	return !__vcpu_run(cpu->vcpu) && run->exit_reason != KVM_EXIT_IO;
}

/*
 * How much the exit looks like one of @rev.  The reason tells certs-v7 from certs-v6
 * even if a kernel is wrong about the address, and the address if about the reason.
 */
static unsigned int score_exit(const struct cert_revision *rev, const struct request_cpu *cpu)
{
	const struct kvm_run *run = cpu->vcpu->run;
	struct cert_exit exit = cert_exit_read(rev, run);

	return 3 * (run->exit_reason == rev->exit_reason) +
	       2 * (exit.addr == cpu->data.gpa >> rev->addr_shift) +
	       2 * (exit.npages == PROBE_PAGES) + (exit.ret == 0);
}

static const struct cert_revision *best_match(const struct enable_path *path,
					      const struct request_cpu *cpu)
{
	const struct cert_revision *best = NULL;
	unsigned int i;

	for (i = 0; i < NR_CERT_REVISIONS; i++) {
		const struct cert_revision *rev = &cert_revisions[i];

		if (path->command != (rev->enable == CERT_COMMAND))
			continue;
		/* On a tie the one that uses this number, of these the newest. */
		if (!best || score_exit(rev, cpu) > score_exit(best, cpu) ||
		    (score_exit(rev, cpu) == score_exit(best, cpu) &&
		     (path_of(path, rev) || !path_of(path, best))))
			best = rev;
	}
	return best;
}

/* Who it is by the answers of KVM_ENABLE_CAP to 0 and 1, if no exit tells; may be NULL. */
static const struct cert_revision *by_enabling(const struct enable_path *path, bool zero, bool one)
{
	unsigned int i;

	if (path->command)
		return &cert_revisions[CERT_CERTS_V7];
	for (i = 0; i < NR_CERT_REVISIONS; i++) {
		const struct cert_revision *rev = &cert_revisions[i];

		if (!path_of(path, rev))
			continue;
		/* A mask may be empty; whatever else has the number, 0 is refused. */
		if (rev->enable == CERT_CAP_MASK ? zero : one && !zero)
			return rev;
		/* Such a number is our patches' alone: one of them may be wrong about 0. */
		if (rev->cap_ported == path->nr && (zero || one))
			return rev;
	}
	return NULL;
}

static bool cap_takes(uint32_t cap, uint64_t arg)
{
	struct vm_shape shape = { .mode = VM_MODE_DEFAULT, .type = KVM_X86_SNP_VM };
	struct kvm_vm *vm = ____vm_create(shape);
	bool taken = !__cert_enable_cap(vm, cap, arg, 0);

	kvm_vm_free(vm);
	return taken;
}

static void tell(int fd, const struct cert_revision *rev, uint32_t nr)
{
	struct finding finding = { rev - cert_revisions, nr };

	if (rev && write(fd, &finding, sizeof(finding)) != sizeof(finding))
		_exit(1);
}

/* What is spoken when @path has enabled it; tells @fd. */
static void probe(const struct enable_path *path, int fd)
{
	const struct cert_revision *guess, *rev;
	bool zero = false, one = false;
	struct request_vm *v;
	uint64_t value = 0;

	if (!path->command) {
		zero = cap_takes(path->nr, 0);
		one = cap_takes(path->nr, 1);
		if (!zero && !one)
			return;
	}
	v = request_vm_create_bare();
	if (path->command)
		one = !__cert_enable_command(v->snp->vm);
	else if (one)
		one = !__cert_enable_cap(v->snp->vm, path->nr, 1, 0);
	if (path->command && !one &&
	    (__cert_attr_get(KVM_X86_GRP_SEV, path->nr, &value) || value != 1))
		return;

	/* If it crashes or hangs from here on there is an exit, and cases will tell. */
	guess = by_enabling(path, zero, one);
	tell(fd, guess, path->nr);

	request_vm_add_vcpus(v, 1, guest_registered_loop);
	snp_vm_launch(v->snp);
	rev = run_request(&v->cpu[0]) ? best_match(path, &v->cpu[0]) : guess;
	request_vm_free(v);
	if (rev != guess) {
		tell(fd, guess, 0);
		tell(fd, rev, path->nr);
	}
}

static void probe_all(int fd)
{
	struct enable_path seen[2 * NR_CERT_REVISIONS];
	unsigned int nr_seen = 0, i, j, k;

	for (i = 0; i < NR_CERT_REVISIONS; i++) {
		const uint32_t numbers[] = { cert_revisions[i].cap, cert_revisions[i].cap_ported };

		for (j = 0; j < ARRAY_SIZE(numbers); j++) {
			struct enable_path path = {
				cert_revisions[i].enable == CERT_COMMAND, numbers[j],
			};

			for (k = 0; k < nr_seen; k++)
				if (seen[k].command == path.command && seen[k].nr == path.nr)
					break;
			if (!path.nr || k < nr_seen)
				continue;
			seen[nr_seen++] = path;
			probe(&path, fd);
		}
	}
}

/* In a child, since the kernel under test may crash or hang. */
static void probe_in_child(void)
{
	struct finding finding;
	int fds[2], status;
	pid_t child;

	TEST_ASSERT(!pipe(fds), "cannot make a pipe: %s", strerror(errno));
	fflush(NULL);
	child = fork();
	TEST_ASSERT(child >= 0, "cannot fork: %s", strerror(errno));
	if (!child) {
		close(fds[0]);
		alarm(PROBE_SECONDS);
		probe_all(fds[1]);
		fflush(NULL);
		_exit(0);
	}
	close(fds[1]);
	while (read(fds[0], &finding, sizeof(finding)) == sizeof(finding))
		spoken[finding.rev] = finding.nr;
	close(fds[0]);
	waitpid(child, &status, 0);
	if (status)
		printf("# the look for certificate exits ended with status 0x%x\n", status);
	errno = 0;
}

uint32_t cert_revision_cap(const struct cert_revision *rev)
{
	static bool asked;

	if (!asked)
		probe_in_child();
	asked = true;
	return spoken[rev - cert_revisions];
}

int __cert_exit_enable(struct kvm_vm *vm, const struct cert_revision *rev, uint64_t arg,
		       uint32_t flags)
{
	if (rev->enable == CERT_COMMAND)
		return __cert_enable_command(vm);
	return __cert_enable_cap(vm, cert_revision_cap(rev), arg, flags);
}
