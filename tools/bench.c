// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exits cost, in nanoseconds per operation; run by tools/bench.sh once for
 * each KVM.
 *
 *	bench exit KVM		a port-I/O exit of an ordinary VM
 *	bench snp KVM		round trips of an SNP guest
 *	bench kernel KVM	the same without a guest; in-process KVM only
 *
 * KVM is what the rows call the KVM at /dev/kvm.
 */
#include <dlfcn.h>
#include <time.h>

#include "kvm_util.h"
#include "processor.h"

#include "bench.h"
#include "snp/cert_probe.h"
#include "snp/request_vm.h"

/* The median of an odd number of batches counts: others use the machine, too. */
#define BATCHES		7
#define BATCH_NS	60000000.0

#define PORT		0x80

/* What an SNP guest finds in its mailbox. */
struct bench_mailbox {
	struct guest_request req;
	uint64_t rounds;
	uint64_t valid[2];			/* the GHCB's valid bitmap */
};

struct bench {
	struct kvm_vcpu *vcpu;
	struct request_vm *v;			/* the rest: SNP VMs only */
	struct request_cpu *cpu;
	struct bench_mailbox *mailbox;
	const struct cert_revision *rev;
	kvm_bench_vmgexits_t vmgexits;
	uint64_t exit_code;
};

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double batch(void (*run)(struct bench *b, unsigned long nr), struct bench *b,
		    unsigned long nr)
{
	double start = now_ns();

	run(b, nr);
	return now_ns() - start;
}

static int compare(const void *left, const void *right)
{
	double l = *(const double *)left, r = *(const double *)right;

	return (l > r) - (l < r);
}

/* One row; @run carries out @nr operations. */
static void measure(const char *what, const char *kvm,
		    void (*run)(struct bench *b, unsigned long nr), struct bench *b)
{
	unsigned long nr = 16;
	double ns[BATCHES], first;
	int i;

	while ((first = batch(run, b, nr)) < BATCH_NS / 8)
		nr *= 2;
	nr = nr * BATCH_NS / first + 1;
	for (i = 0; i < BATCHES; i++)
		ns[i] = batch(run, b, nr) / nr;
	qsort(ns, BATCHES, sizeof(ns[0]), compare);
	printf("%-44s %-16s %9.0f %9.0f %12lu\n", what, kvm, ns[BATCHES / 2], ns[0],
	       nr * BATCHES);
	fflush(stdout);
}

/* ---- an ordinary VM ---- */

static void guest_out(void)
{
	for (;;)
		asm volatile("outb %%al, %0" : : "i" (PORT), "a" (0));
}

static void run_exits(struct bench *b, unsigned long nr)
{
	while (nr--)
		vcpu_run(b->vcpu);
	TEST_ASSERT(b->vcpu->run->exit_reason == KVM_EXIT_IO && b->vcpu->run->io.port == PORT,
		    "wanted an exit for port 0x%x, got exit reason %u", PORT,
		    b->vcpu->run->exit_reason);
}

static void bench_exit(const char *kvm)
{
	struct bench b;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&b.vcpu, guest_out);

	measure("port-I/O exit, ordinary VM", kvm, run_exits, &b);
	kvm_vm_free(vm);
}

/* ---- an SNP VM ---- */

/*
 * The first round of a batch fills in the GHCB; the others only what an answer
 * changes, for it is not this code that is to be measured.
 */
static void guest_rounds(struct guest_request *req)
{
	struct bench_mailbox *mailbox = (struct bench_mailbox *)req;
	struct guest_vcpu *vcpu = guest_this_vcpu();
	struct ghcb *ghcb = vcpu->ghcb;
	volatile uint64_t *valid = (volatile uint64_t *)ghcb->valid_bitmap;
	uint64_t i;

	ghcb_register();
	for (;;) {
		GUEST_SYNC(STAGE_ANSWERED);
		guest_make_request(req, ghcb, vcpu->ghcb_gpa);
		for (i = 1; i < mailbox->rounds; i++) {
			ghcb->sw_exit_info_1 = req->exit_info_1;
			ghcb->sw_exit_info_2 = req->exit_info_2;
			valid[0] = mailbox->valid[0];
			valid[1] = mailbox->valid[1];
			vmgexit();
		}
		req->answer.exit_info_2 = ghcb->sw_exit_info_2;
		req->answer.count = i;
	}
}

/* KVM_RUN up to the guest's next report. */
static void run_to_report(struct bench *b)
{
	struct ucall uc;

	vcpu_run(b->vcpu);
	TEST_ASSERT(get_ucall(b->vcpu, &uc) == UCALL_SYNC,
		    "wanted the guest's report, got exit reason %u (ucall %lu)",
		    b->vcpu->run->exit_reason, uc.cmd);
}

static void expect_answered(struct bench *b, uint64_t rounds)
{
	TEST_ASSERT(b->mailbox->req.answer.count == rounds &&
		    b->mailbox->req.answer.exit_info_2 == 0,
		    "%lu of %lu rounds, SW_EXITINFO2 0x%lx", b->mailbox->req.answer.count, rounds,
		    b->mailbox->req.answer.exit_info_2);
}

static void run_requests(struct bench *b, unsigned long nr)
{
	b->mailbox->rounds = nr;
	b->mailbox->req.answer.count = 0;
	run_to_report(b);
	expect_answered(b, nr);
}

static void run_cert_exits(struct bench *b, unsigned long nr)
{
	uint32_t io = KVM_EXIT_IO;
	unsigned long i;

	b->mailbox->rounds = nr;
	b->mailbox->req.answer.count = 0;
	for (i = 0; i < nr; i++) {
		vcpu_run(b->vcpu);
		TEST_ASSERT(b->vcpu->run->exit_reason != io, "report instead of exit %lu", i);
		cert_exit_answer(b->rev, b->vcpu->run, b->rev->answer[CERT_ANSWER_OK].ret, NULL);
	}
	run_to_report(b);
	expect_answered(b, nr);
}

/* The revision that this KVM speaks, or NULL. */
static const struct cert_revision *spoken_revision(void)
{
	int i;

	for (i = 0; i < NR_CERT_REVISIONS; i++)
		if (cert_revision_cap(&cert_revisions[i]))
			return &cert_revisions[i];
	return NULL;
}

static void prepare_request(struct bench *b, uint64_t exit_code, uint8_t msg_type)
{
	struct ghcb ghcb = {};

	request_prepare(b->cpu, exit_code, msg_type, 1);
	b->mailbox->req.copy[0].size = b->mailbox->req.copy[1].size = 0;
	ghcb_set(&ghcb, sw_exit_code, 0);
	ghcb_set(&ghcb, sw_exit_info_1, 0);
	ghcb_set(&ghcb, sw_exit_info_2, 0);
	ghcb_set(&ghcb, rax, 0);
	ghcb_set(&ghcb, rbx, 0);
	memcpy(b->mailbox->valid, ghcb.valid_bitmap, sizeof(b->mailbox->valid));
}

static void snp_create(struct bench *b)
{
	b->rev = spoken_revision();
	b->v = request_vm_create_bare();
	/* Some revisions refuse to be enabled when there are vCPUs. */
	if (b->rev)
		TEST_ASSERT(!__cert_exit_enable(b->v->snp->vm, b->rev, 1, 0),
			    "cannot enable the certificate exit of %s", b->rev->name);
	request_vm_add_vcpus(b->v, 1, guest_rounds);
	b->cpu = &b->v->cpu[0];
	b->vcpu = b->cpu->vcpu;
	b->mailbox = b->cpu->mailbox.hva;
	snp_vm_launch(b->v->snp);
	/* Up to where its GHCB is registered. */
	run_to_report(b);
}

static void bench_snp(const char *kvm)
{
	char what[64];
	struct bench b;

	snp_create(&b);
	prepare_request(&b, GHCB_NAE_GUEST_REQUEST, SNP_MSG_REPORT_REQ);
	measure("SNP Guest Request, guest's round trip", kvm, run_requests, &b);
	if (b.rev) {
		prepare_request(&b, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ);
		snprintf(what, sizeof(what), "the same with a certificate exit (%s)", b.rev->name);
		measure(what, kvm, run_cert_exits, &b);
	}
	request_vm_free(b.v);
}

/* ---- no guest ---- */

static void prepare_ghcb(void *data)
{
	struct bench *b = data;
	struct ghcb *ghcb = b->v->snp->cpu[0].ghcb.hva;

	ghcb_set(ghcb, sw_exit_code, b->exit_code);
	ghcb_set(ghcb, sw_exit_info_1, b->mailbox->req.exit_info_1);
	ghcb_set(ghcb, sw_exit_info_2, b->mailbox->req.exit_info_2);
	ghcb->protocol_version = GHCB_PROTOCOL_VERSION;
	ghcb->ghcb_usage = GHCB_USAGE_STANDARD;
}

static void run_msr_protocol(struct bench *b, unsigned long nr)
{
	long r = b->vmgexits(b->vcpu->fd, GHCB_MSR_SEV_INFO_REQ, NULL, NULL, nr);

	TEST_ASSERT(!r, "KVM refused a VMGEXIT: %s", strerror(-r));
}

static void run_vmgexits(struct bench *b, unsigned long nr)
{
	struct ghcb *ghcb = b->v->snp->cpu[0].ghcb.hva;
	long r = b->vmgexits(b->vcpu->fd, b->v->snp->cpu[0].ghcb.gpa, prepare_ghcb, b, nr);

	TEST_ASSERT(!r, "KVM refused a VMGEXIT: %s", strerror(-r));
	TEST_ASSERT(ghcb_is_valid(ghcb, sw_exit_info_2) &&
		    ghcb->sw_exit_info_1 == GHCB_INFO1_OK,
		    "no answer: SW_EXITINFO1 0x%lx", ghcb->sw_exit_info_1);
}

static void bench_kernel(const char *kvm)
{
	struct bench b;

	b.vmgexits = (kvm_bench_vmgexits_t)dlsym(RTLD_DEFAULT, KVM_BENCH_VMGEXITS);
	TEST_ASSERT(b.vmgexits, "%s is not there: no in-process KVM is preloaded",
		    KVM_BENCH_VMGEXITS);
	snp_create(&b);
	prepare_request(&b, GHCB_NAE_GUEST_REQUEST, SNP_MSG_REPORT_REQ);
	measure("GHCB MSR protocol (SEV info), kernel only", kvm, run_msr_protocol, &b);
	b.exit_code = GHCB_NAE_HV_FEATURES;
	measure("hypervisor features, kernel only", kvm, run_vmgexits, &b);
	b.exit_code = GHCB_NAE_GUEST_REQUEST;
	measure("SNP Guest Request, kernel only", kvm, run_vmgexits, &b);
	request_vm_free(b.v);
}

static const struct {
	const char *name;
	void (*run)(const char *kvm);
	bool snp;
} modes[] = {
	{ "exit", bench_exit, false },
	{ "snp", bench_snp, true },
	{ "kernel", bench_kernel, true },
};

int main(int argc, char **argv)
{
	const char *missing;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		if (argc != 3 || strcmp(argv[1], modes[i].name))
			continue;
		missing = modes[i].snp ? snp_vm_missing() : NULL;
		if (missing) {
			fprintf(stderr, "bench: %s\n", missing);
			return 2;
		}
		modes[i].run(argv[2]);
		return 0;
	}
	fprintf(stderr, "usage: bench exit|snp|kernel KVM\n");
	return 2;
}
