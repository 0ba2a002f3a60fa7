// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exits cost, in nanoseconds per operation; run by tools/bench.sh once for
 * each KVM.
 *
 *	bench exit KVM		a port-I/O exit of an ordinary VM
 *	bench vcpus KVM		the same of up to 64 vCPUs in turn
 *	bench vms KVM		making a VM, beside up to 1000 others
 *	bench snp KVM		round trips of an SNP guest
 *	bench kernel KVM	the same without a guest; in-process KVM only
 *	bench entries KVM	a page state change of up to 253 entries; likewise
 *
 * KVM is what the rows call the KVM at /dev/kvm; a number after it is the most of what grows, if
 * that shall be less.  A row is what, KVM, how many (or nothing),
 * median, best and number of operations, with tabs between.
 */
#include <dlfcn.h>
#include <sys/resource.h>
#include <time.h>

#include "kvm_util.h"
#include "processor.h"

#include "bench.h"
#include "control.h"
#include "snp/cert_probe.h"
#include "snp/firmware.h"
#include "snp/psc_vm.h"
#include "snp/request_vm.h"

/* The median of an odd number of batches counts: others use the machine, too. */
#define BATCHES		7
#define BATCH_NS	60000000.0
/* Of what is measured with several sizes. */
#define SIZE_BATCHES	3
#define SIZE_BATCH_NS	15000000.0

#define MAX_VCPUS	64
#define MAX_VMS		1000

static unsigned int most = MAX_VMS;

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
	unsigned int size;			/* how many of what grows; 0: nothing does */
	struct kvm_vcpu *vcpus[MAX_VCPUS];
	struct psc_vm psc;
	int kvm_fd;
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
	int i, batches = b->size ? SIZE_BATCHES : BATCHES;
	double ns[BATCHES], first, wanted = b->size ? SIZE_BATCH_NS : BATCH_NS;
	unsigned long nr = b->size ? 1 : 16;

	/* The first is slower than any other. */
	run(b, 1);
	while ((first = batch(run, b, nr)) < wanted / 8)
		nr *= 2;
	nr = nr * wanted / first + 1;
	for (i = 0; i < batches; i++)
		ns[i] = batch(run, b, nr) / nr;
	qsort(ns, batches, sizeof(ns[0]), compare);
	printf("%s\t%s\t", what, kvm);
	if (b->size)
		printf("%u", b->size);
	printf("\t%.0f\t%.0f\t%lu\n", ns[batches / 2], ns[0], nr * batches);
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
	struct bench b = {};
	struct kvm_vm *vm = vm_create_with_one_vcpu(&b.vcpu, guest_out);

	measure("port-I/O exit, ordinary VM", kvm, run_exits, &b);
	kvm_vm_free(vm);
}

/* Each vCPU has as much of it as the next. */
static void run_vcpus(struct bench *b, unsigned long nr)
{
	unsigned int i = 0;

	while (nr--) {
		vcpu_run(b->vcpus[i]);
		i = (i + 1) % b->size;
	}
}

static void bench_vcpus(const char *kvm)
{
	struct bench b = {};

	for (b.size = 1; b.size <= MAX_VCPUS && b.size <= most; b.size *= 2) {
		struct kvm_vm *vm = vm_create_with_vcpus(b.size, guest_out, b.vcpus);

		measure("port-I/O exits of so many vCPUs", kvm, run_vcpus, &b);
		kvm_vm_free(vm);
	}
}

static int create_vm(int kvm_fd)
{
	int fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);

	TEST_ASSERT(fd >= 0, "KVM_CREATE_VM: %s", strerror(errno));
	return fd;
}

static void run_vms(struct bench *b, unsigned long nr)
{
	while (nr--)
		close(create_vm(b->kvm_fd));
}

static void bench_vms(const char *kvm)
{
	struct bench b = { .kvm_fd = open_kvm_dev_path_or_exit() };
	struct rlimit limit;
	int fds[MAX_VMS];
	unsigned int nr = 0;

	TEST_ASSERT(!getrlimit(RLIMIT_NOFILE, &limit), "getrlimit: %s", strerror(errno));
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (b.size = 1; b.size <= MAX_VMS && b.size <= most; b.size *= 10) {
		while (nr + 1 < b.size)
			fds[nr++] = create_vm(b.kvm_fd);
		measure("VM made and freed, the last of so many", kvm, run_vms, &b);
	}
	while (nr)
		close(fds[--nr]);
	close(b.kvm_fd);
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
	static const uint8_t answer[CONTROL_PAGE];

	/* The guest's requests are no messages: firmware's cryptography is not what is measured. */
	firmware_answer(0, 0, answer);
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
	struct bench b = {};

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

static kvm_bench_vmgexits_t find_vmgexits(void)
{
	void *found = dlsym(RTLD_DEFAULT, KVM_BENCH_VMGEXITS);

	TEST_ASSERT(found, "%s is not there: no in-process KVM is preloaded", KVM_BENCH_VMGEXITS);
	return (kvm_bench_vmgexits_t)found;
}

static void bench_kernel(const char *kvm)
{
	struct bench b = { .vmgexits = find_vmgexits() };

	snp_create(&b);
	prepare_request(&b, GHCB_NAE_GUEST_REQUEST, SNP_MSG_REPORT_REQ);
	measure("GHCB MSR protocol (SEV info), kernel only", kvm, run_msr_protocol, &b);
	b.exit_code = GHCB_NAE_HV_FEATURES;
	measure("hypervisor features, kernel only", kvm, run_vmgexits, &b);
	b.exit_code = GHCB_NAE_GUEST_REQUEST;
	measure("SNP Guest Request, kernel only", kvm, run_vmgexits, &b);
	request_vm_free(b.v);
}

/* Entries of which no two are merged: each is an exit. */
static void prepare_entries(void *data)
{
	struct bench *b = data;
	struct ghcb *ghcb = b->psc.ghcb.hva;
	struct psc_buffer *buffer = (struct psc_buffer *)ghcb->shared_buffer;
	unsigned int i;

	buffer->cur_entry = 0;
	buffer->end_entry = b->size - 1;
	for (i = 0; i < b->size; i++)
		buffer->entries[i] = PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, PSC_GFN + 2 * i, 0);
	ghcb_set(ghcb, sw_exit_code, GHCB_NAE_PSC);
	ghcb_set(ghcb, sw_exit_info_1, 0);
	ghcb_set(ghcb, sw_exit_info_2, 0);
	ghcb_set(ghcb, sw_scratch, b->psc.ghcb.gpa + offsetof(struct ghcb, shared_buffer));
	ghcb->protocol_version = GHCB_PROTOCOL_VERSION;
	ghcb->ghcb_usage = GHCB_USAGE_STANDARD;
}

static void run_entries(struct bench *b, unsigned long nr)
{
	struct ghcb *ghcb = b->psc.ghcb.hva;
	struct psc_buffer *buffer = (struct psc_buffer *)ghcb->shared_buffer;
	long r = b->vmgexits(b->psc.vcpu->fd, b->psc.ghcb.gpa, prepare_entries, b, nr);

	TEST_ASSERT(!r, "KVM refused a VMGEXIT: %s", strerror(-r));
	TEST_ASSERT(buffer->cur_entry == b->size && ghcb->sw_exit_info_2 == PSC_ANSWER_DONE,
		    "%u of %u entries, SW_EXITINFO2 0x%lx", buffer->cur_entry, b->size,
		    ghcb->sw_exit_info_2);
}

static void bench_entries(const char *kvm)
{
	static const unsigned int sizes[] = { 1, 2, 4, 8, 16, 32, 64, 128, PSC_MAX_ENTRIES };
	struct bench b = { .vmgexits = find_vmgexits() };
	unsigned int i;

	psc_vm_create(&b.psc, true);
	/* Up to where its GHCB is registered. */
	b.vcpu = b.psc.vcpu;
	run_to_report(&b);
	/* That has left its GHCB mapped, until the next entry. */
	run_msr_protocol(&b, 1);
	for (i = 0; i < ARRAY_SIZE(sizes) && sizes[i] <= most; i++) {
		b.size = sizes[i];
		measure("page state change of so many, kernel only", kvm, run_entries, &b);
	}
	snp_vm_free(b.psc.snp);
}

static const struct {
	const char *name;
	void (*run)(const char *kvm);
	bool snp;
} modes[] = {
	{ "exit", bench_exit, false },
	{ "vcpus", bench_vcpus, false },
	{ "vms", bench_vms, false },
	{ "snp", bench_snp, true },
	{ "kernel", bench_kernel, true },
	{ "entries", bench_entries, true },
};

int main(int argc, char **argv)
{
	const char *missing;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		if (argc < 3 || argc > 4 || strcmp(argv[1], modes[i].name))
			continue;
		if (argc == 4)
			most = strtoul(argv[3], NULL, 0);
		missing = modes[i].snp ? snp_vm_missing() : NULL;
		if (missing) {
			fprintf(stderr, "bench: %s\n", missing);
			return 2;
		}
		modes[i].run(argv[2]);
		return 0;
	}
	fprintf(stderr, "usage: bench exit|vcpus|vms|snp|kernel|entries KVM [MOST]\n");
	return 2;
}
