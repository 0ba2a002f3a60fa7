// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock protocol on the host's certificates: the VMM holds an OFD lock on their file from
 * when it reads them until firmware has signed the report that goes with them, so that who
 * updates firmware and certificates never comes in between.
 *
 * The lock, the file and the process that updates it are real.  What it waits for, it
 * is told over pipes: no verdict depends on time.
 */
#include "snp/cert_rows.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_util.h"

#include "cases/vmm_snp.h"

#define FILE_SIZE	REQUEST_PAGE

/* ---- the certificates and who updates them ---- */

struct certs {
	int fd;				/* the VMM's open file description */
	int to_updater, from_updater;	/* a byte for each step */
	pid_t updater;
};

static void fill(int fd, uint8_t version)
{
	uint8_t bytes[FILE_SIZE];

	memset(bytes, version, sizeof(bytes));
	TEST_ASSERT(pwrite(fd, bytes, sizeof(bytes), 0) == sizeof(bytes), "cannot write the file");
}

/* 0 or an errno; whole file. */
static int lock(int fd, int cmd, short type)
{
	struct flock flock = { .l_type = type, .l_whence = SEEK_SET };
	int err = fcntl(fd, cmd, &flock) ? errno : 0;

	/* libkvm's assertions take a stale EACCES for a reason to skip. */
	errno = 0;
	return err;
}

static void step_done(int fd, char what)
{
	if (write(fd, &what, 1) != 1)
		_exit(1);
}

static void wait_for_step(int fd)
{
	char what;

	if (read(fd, &what, 1) != 1)
		_exit(1);
}

/*
 * The updater: says 'l' when it has the lock and 'w' when it has written version 2 and
 * dropped it.  With @first it takes the lock at once and keeps it until told; else it
 * says 't' when it is about to wait for it.
 */
static void update(int file, bool first, int from, int to)
{
	char path[64];
	int fd;

	/* A description of its own, or the VMM's lock would be its lock, too. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = open(path, O_RDWR);
	if (fd < 0)
		_exit(1);
	if (!first) {
		wait_for_step(from);
		/* Of a lock that the VMM holds it is told so. */
		step_done(to, lock(fd, F_OFD_SETLK, F_WRLCK) == EAGAIN ? 't' : 'f');
	}
	if (lock(fd, F_OFD_SETLKW, F_WRLCK))
		_exit(1);
	if (first) {
		step_done(to, 'l');
		wait_for_step(from);
	}
	fill(fd, 2);
	lock(fd, F_OFD_SETLK, F_UNLCK);
	step_done(to, 'w');
	_exit(0);
}

static void certs_create(struct certs *c, bool first)
{
	char path[] = "/tmp/coco-certs-XXXXXX";
	int to[2], from[2];

	c->fd = mkstemp(path);
	TEST_ASSERT(c->fd >= 0 && !unlink(path), "cannot make a file in /tmp");
	fill(c->fd, 1);
	TEST_ASSERT(!pipe(to) && !pipe(from), "no pipes");
	c->to_updater = to[1];
	c->from_updater = from[0];
	c->updater = fork();
	if (!c->updater) {
		close(to[1]);
		close(from[0]);
		update(c->fd, first, to[0], from[1]);
	}
	TEST_ASSERT(c->updater > 0, "cannot fork");
	/* The ends of a process that dies must not be held open here. */
	close(to[0]);
	close(from[1]);
}

static char updater_says(const struct certs *c)
{
	char what = 0;

	TEST_ASSERT(read(c->from_updater, &what, 1) == 1, "the updater is gone");
	return what;
}

static bool updater_has_said(const struct certs *c)
{
	struct pollfd pfd = { .fd = c->from_updater, .events = POLLIN };

	return poll(&pfd, 1, 0) != 0;
}

static void tell_updater(const struct certs *c)
{
	TEST_ASSERT(write(c->to_updater, "g", 1) == 1, "the updater is gone");
}

static void certs_free(struct certs *c)
{
	int status = 0;

	TEST_ASSERT(waitpid(c->updater, &status, 0) == c->updater && !status,
		    "the updater failed, wait status %d", status);
	close(c->to_updater);
	close(c->from_updater);
	close(c->fd);
}

/* ---- the VMM ---- */

COCO_FIXTURE(vmm_lock);
FIXTURE_VARIANT(vmm_lock)
{
	struct check_row row;
	const struct cert_revision *rev;
};

#define LOCK_ROW(tag)								\
	FIXTURE_VARIANT_ADD(vmm_lock, tag)					\
	{									\
		CERT_ROW(tag, REQ_VMM_LOCK, REQ_VMM_LOCK_ANSWER),	\
	};

ROWS_OF_ALL(LOCK_ROW)

/* The table goes where the exit says. */
static void give_certs(const struct vmm_cpu *cpu, const struct certs *c)
{
	const struct cert_revision *rev = cpu->v->arg;
	uint64_t gpa = cert_exit_read(rev, cpu->vcpu->run).addr << rev->addr_shift;

	TEST_ASSERT(pread(c->fd, addr_gpa2hva(cpu->v->vm, gpa), FILE_SIZE, 0) == FILE_SIZE,
		    "cannot read the file");
}

static void expect_version(const struct vmm_cpu *cpu, uint8_t version)
{
	EXPECT_REQ_FILL(REQ_VMM_LOCK_ANSWER, "the certificates as the guest read them", version,
			request_seen_data(vmm_snp_cpu(cpu)->certs), FILE_SIZE);
}

/* Lock, read, answer, KVM_RUN that completes; the lock is still held. */
static bool serve_locked(struct vmm_cpu *cpu, const struct certs *c)
{
	TEST_ASSERT(!lock(c->fd, F_OFD_SETLK, F_RDLCK), "the file is locked already");
	give_certs(cpu, c);
	vmm_answer(cpu, VMM_OK);
	cpu->vcpu->run->immediate_exit = 1;
	if (!EXPECT_REQ_EQ(REQ_VMM_LOCK, "KVM_RUN with immediate_exit", EINTR,
			   check_run(cpu->vcpu), &names_errno))
		return false;
	cpu->vcpu->run->immediate_exit = 0;
	return true;
}

COCO_TEST_F(vmm_lock, updater_waits)
{
	struct vmm_cpu *cpu;
	struct certs c;
	struct vmm_vm v;

	if (!vmm_vm_start(&v, &vmm_snp, variant->rev, 1))
		return;
	cpu = &v.cpu[0];
	certs_create(&c, false);
	vmm_prepare(cpu, &vmm_certs);
	if (!vmm_run_to_exit(REQ_VMM_LOCK, cpu) || !serve_locked(cpu, &c))
		return;
	tell_updater(&c);
	TEST_ASSERT(updater_says(&c) == 't', "an OFD lock of the VMM's keeps nobody out");
	/* The order that the protocol is about: firmware first, then the lock. */
	if (!vmm_expect_served(REQ_VMM_LOCK, cpu) ||
	    !EXPECT_REQ_TRUE(REQ_VMM_LOCK, "the updater still waits", !updater_has_said(&c)))
		return;
	TEST_ASSERT(!lock(c.fd, F_OFD_SETLK, F_UNLCK), "cannot unlock");
	TEST_ASSERT(updater_says(&c) == 'w', "the updater does not write");

	if (!vmm_run_to_answer(REQ_VMM_LOCK_ANSWER, cpu, VMM_OK))
		return;
	expect_version(cpu, 1);

	/* The next request is served with what is there now. */
	vmm_prepare(cpu, &vmm_certs);
	if (!vmm_run_to_exit(REQ_VMM_LOCK_ANSWER, cpu) || !serve_locked(cpu, &c) ||
	    !vmm_run_to_answer(REQ_VMM_LOCK_ANSWER, cpu, VMM_OK))
		return;
	expect_version(cpu, 2);
	certs_free(&c);
	vmm_vm_free(&v);
}

/* ---- the lock is held by who updates ---- */

COCO_FIXTURE(vmm_locked);
FIXTURE_VARIANT(vmm_locked)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum vmm_answer answer;		/* of a VMM that does not get the lock */
};

#define LOCKED_ROW(tag, name, answer_)						\
	FIXTURE_VARIANT_ADD(vmm_locked, tag##_##name)				\
	{									\
		CERT_ROW(tag, REQ_VMM_BUSY, REQ_VMM_LOCK_ANSWER),	\
		.answer = answer_,				\
	};

/* coco-v1 has no answer for "busy". */
LOCKED_ROW(coco_v1, error, VMM_ERROR)
#define BUSY_ROW(tag)	LOCKED_ROW(tag, busy, VMM_BUSY)
ROWS_OF_ERRNO(BUSY_ROW)

COCO_TEST_F(vmm_locked, asked_again)
{
	struct vmm_cpu *cpu;
	struct certs c;
	struct vmm_vm v;

	if (!vmm_vm_start(&v, &vmm_snp, variant->rev, 1))
		return;
	cpu = &v.cpu[0];
	certs_create(&c, true);
	TEST_ASSERT(updater_says(&c) == 'l', "the updater does not get the lock");

	vmm_prepare(cpu, &vmm_certs);
	if (!vmm_run_to_exit(REQ_VMM_BUSY, cpu))
		return;
	TEST_ASSERT(lock(c.fd, F_OFD_SETLK, F_RDLCK) == EAGAIN, "the lock keeps nobody out");
	vmm_answer(cpu, variant->answer);
	if (!vmm_run_to_answer(REQ_VMM_BUSY, cpu, variant->answer))
		return;

	tell_updater(&c);
	TEST_ASSERT(updater_says(&c) == 'w', "the updater does not write");
	vmm_prepare(cpu, &vmm_certs);
	if (!vmm_run_to_exit(REQ_VMM_BUSY, cpu) || !serve_locked(cpu, &c) ||
	    !vmm_run_to_answer(REQ_VMM_BUSY, cpu, VMM_OK))
		return;
	expect_version(cpu, 2);
	certs_free(&c);
	vmm_vm_free(&v);
}

CERT_MAIN
