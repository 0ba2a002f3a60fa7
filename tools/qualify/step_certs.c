// SPDX-License-Identifier: GPL-2.0-only
/*
 * Certificates are replaced while guests ask for them: another process writes their file anew,
 * with more or fewer pages, as often as the VMM lets go of its lock (api.rst,
 * KVM_EXIT_SNP_REQ_CERTS).  Whatever the guest has got is of one version.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_util.h"

#include "cases/vmm_snp.h"
#include "check/expect.h"
#include "check/transcript.h"

#include "step.h"

#define WORDS	(MAX_DATA_PAGES * REQUEST_PAGE / sizeof(uint64_t))

static void lock_file(int fd, short type)
{
	struct flock flock = { .l_type = type, .l_whence = SEEK_SET };
	int ret;

	do {
		ret = fcntl(fd, F_OFD_SETLKW, &flock);
	} while (ret && errno == EINTR);
	TEST_ASSERT(!ret, "cannot lock the certificates");
}

/* Version after version, each all of one number, in 1 to 3 pages. */
static void replace(const char *path)
{
	uint64_t words[WORDS], version;
	int fd = open(path, O_RDWR);
	unsigned int i;
	size_t size;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (version = 1; fd >= 0; version++) {
		for (i = 0; i < WORDS; i++)
			words[i] = version;
		size = (1 + version % 3) * REQUEST_PAGE;
		lock_file(fd, F_WRLCK);
		if (pwrite(fd, words, size, 0) != (ssize_t)size || ftruncate(fd, size))
			break;
		lock_file(fd, F_UNLCK);
		usleep(200);
	}
	_exit(1);
}

static uint64_t version_of(int fd, size_t *size)
{
	uint64_t version = 0;
	struct stat st;

	TEST_ASSERT(!fstat(fd, &st), "no file of certificates");
	*size = st.st_size;
	if (*size)
		TEST_ASSERT(pread(fd, &version, sizeof(version), 0) == sizeof(version),
			    "cannot read the certificates");
	return version;
}

/* The guest asks with room for @pages, which the VMM may say is too little; 0: it was served. */
static size_t ask(struct step *step, struct vmm_cpu *cpu, int fd, size_t pages, uint64_t *version)
{
	const struct cert_revision *rev = guest_certs();
	struct vmm_snp_cpu *s = vmm_snp_cpu(cpu);
	size_t size, needed;
	uint64_t gpa;

	vmm_prepare(cpu, &vmm_certs);
	s->asked = pages;
	request_prepare(s->certs, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ, pages);
	if (!vmm_run_to_exit(REQ_VMM_LOCK, cpu))
		exit(1);
	lock_file(fd, F_RDLCK);
	*version = version_of(fd, &size);
	needed = size / REQUEST_PAGE;
	if (needed > pages) {
		s->needed = needed;
		vmm_answer(cpu, VMM_OTHER);
		step->retried++;
	} else {
		gpa = cert_exit_read(rev, cpu->vcpu->run).addr << rev->addr_shift;
		TEST_ASSERT(pread(fd, addr_gpa2hva(cpu->v->vm, gpa), size, 0) == (ssize_t)size,
			    "cannot read the certificates");
		vmm_answer(cpu, VMM_OK);
	}
	/* KVM has it done while the lock is held. */
	cpu->vcpu->run->immediate_exit = 1;
	EXPECT_REQ_EQ(REQ_VMM_LOCK, "KVM_RUN with immediate_exit", EINTR, check_run(cpu->vcpu),
		      &names_errno);
	cpu->vcpu->run->immediate_exit = 0;
	lock_file(fd, F_UNLCK);
	if (check_failed() || !vmm_run_to_answer(REQ_VMM_LOCK_ANSWER, cpu,
						 needed > pages ? VMM_OTHER : VMM_OK))
		exit(1);
	return needed > pages ? needed : 0;
}

static void expect_whole(struct vmm_cpu *cpu, uint64_t version, size_t pages)
{
	const uint8_t *seen = request_seen_data(vmm_snp_cpu(cpu)->certs);
	uint64_t words[REQUEST_PAGE / sizeof(uint64_t)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = version;
	for (i = 0; i < pages; i++)
		EXPECT_REQ_BYTES(REQ_VMM_LOCK_ANSWER, "a page of certificates as the guest read it",
				 words, seen + i * REQUEST_PAGE, REQUEST_PAGE);
}

void step_certificates(struct step *step)
{
	char path[] = "/tmp/coco-certs-XXXXXX";
	uint64_t version, last = 0;
	size_t pages, more;
	unsigned int i;
	struct vmm_vm v;
	pid_t pid;
	int fd;

	if (!guest_certs()) {
		check_skip("this KVM has no exit for certificates");
		return;
	}
	fd = mkstemp(path);
	TEST_ASSERT(fd >= 0, "cannot make a file in /tmp");
	pid = fork();
	if (!pid)
		replace(path);
	while (!version_of(fd, &pages))
		usleep(100);
	unlink(path);
	place_memory(&step->at[0]);
	place_cpu(&step->at[0], PLACE_NONE);
	if (!guest_start(step, &v, 1))
		exit(1);
	for (i = 0; i < step->count && (i < 8 || now_ns() < step->end); i++) {
		pages = 1 + i % 3;
		while ((more = ask(step, &v.cpu[0], fd, pages, &version)))
			pages = more;
		/* It never goes back. */
		EXPECT_REQ_TRUE(REQ_VMM_LOCK_ANSWER, "certificates are no older than the last ones",
				version >= last);
		expect_whole(&v.cpu[0], version, 1 + version % 3);
		if (check_failed())
			exit(1);
		step->replaced += version != last;
		last = version;
	}
	guest_free(step, &v);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
