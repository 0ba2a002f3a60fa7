// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of SEV and SEV-ES that count, see include/snp/sev_guest.h.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"

#include "check/expect.h"
#include "check/run.h"
#include "guest/ghcb.h"
#include "snp/sev_guest.h"

#define PORT		0x10

/* Flat 32-bit code at GPA 0: EBX counts, and goes with the SEV_STATUS MSR to a port. */
static const uint8_t sev_code[] = {
	0x43,					/* inc %ebx */
	0xb9, 0x31, 0x01, 0x01, 0xc0,		/* mov $SEV_STATUS, %ecx */
	0x0f, 0x32,				/* rdmsr */
	0x88, 0xdc,				/* mov %bl, %ah */
	0x66, 0xe7, PORT,			/* out %ax, $PORT */
	0xeb, -15,				/* jmp back to the start */
};

/* The same with a termination request in the GHCB MSR, whose value has EBX in bits 31:12. */
static const uint8_t es_code[] = {
	0x43,					/* inc %ebx */
	0x89, 0xd8,				/* mov %ebx, %eax */
	0xc1, 0xe0, 12,				/* shl $12, %eax */
	0x0d, GHCB_MSR_TERM_REQ & 0xff, GHCB_MSR_TERM_REQ >> 8, 0, 0,	/* or */
	0x31, 0xd2,				/* xor %edx, %edx */
	0xb9, 0x30, 0x01, 0x01, 0xc0,		/* mov $GHCB, %ecx */
	0x0f, 0x30,				/* wrmsr */
	0xf3, 0x0f, 0x01, 0xd9,			/* vmgexit */
	0xf3, 0x0f, 0x01, 0xd9,			/* vmgexit */
	0xeb, -30,				/* jmp back to the start */
};

bool sev_guest_is_es(const struct sev_guest *g)
{
	return g->kind == SEV_KIND_ES || g->kind == SEV_KIND_OLD_ES;
}

static bool is_old(const struct sev_guest *g)
{
	return g->kind >= SEV_KIND_OLD_SEV;
}

int sev_guest_create(struct sev_guest *g, enum sev_kind kind)
{
	*g = (struct sev_guest){ .kind = kind };
	raw_snp_open(&g->snp);
	return raw_vm_create(&g->snp.raw, is_old(g) ? 0 : kind == SEV_KIND_ES ?
			     KVM_X86_SEV_ES_VM : KVM_X86_SEV_VM);
}

void sev_guest_close(struct sev_guest *g)
{
	unsigned int i;

	for (i = 0; i < g->nr_vcpus; i++) {
		if (g->run[i])
			munmap(g->run[i], g->snp.raw.run_size);
		close(g->vcpu[i]);
	}
	raw_snp_close(&g->snp);
}

int sev_guest_init(struct sev_guest *g, uint64_t vmsa_features)
{
	struct kvm_sev_init init = { .vmsa_features = vmsa_features };

	if (is_old(g))
		return raw_snp_cmd(&g->snp, sev_guest_is_es(g) ? KVM_SEV_ES_INIT : KVM_SEV_INIT,
				   NULL);
	return raw_snp_cmd(&g->snp, KVM_SEV_INIT2, &init);
}

static int set_state(int vcpu)
{
	const struct kvm_segment flat = {
		.limit = 0xffffffff, .selector = 8, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1,
	};
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return errno;
	sregs.cs = sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat;
	sregs.cs.type = 11;
	sregs.cr0 |= X86_CR0_PE;
	return raw_errno(ioctl(vcpu, KVM_SET_SREGS, &sregs)) ?:
	       raw_errno(ioctl(vcpu, KVM_SET_REGS, &regs));
}

int sev_guest_add_vcpus(struct sev_guest *g, unsigned int nr)
{
	int err = 0;

	g->snp.raw.run_size = ioctl(g->snp.raw.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	while (!err && g->nr_vcpus < nr) {
		const unsigned int i = g->nr_vcpus;
		void *run;

		g->vcpu[i] = ioctl(g->snp.raw.vm, KVM_CREATE_VCPU, (long)i);
		if (g->vcpu[i] < 0)
			return errno;
		g->nr_vcpus++;
		run = mmap(NULL, g->snp.raw.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			   g->vcpu[i], 0);
		if (run == MAP_FAILED)
			return errno;
		g->run[i] = run;
		err = set_state(g->vcpu[i]);
	}
	return err;
}

void sev_guest_load(struct sev_guest *g)
{
	if (sev_guest_is_es(g))
		memcpy(g->snp.raw.mem, es_code, sizeof(es_code));
	else
		memcpy(g->snp.raw.mem, sev_code, sizeof(sev_code));
}

int sev_guest_launch(struct sev_guest *g)
{
	const bool es = sev_guest_is_es(g);

	sev_guest_load(g);
	return raw_sev_start(&g->snp, es ? RAW_SEV_ES : 0) ?: raw_sev_finish(&g->snp, es);
}

int sev_guest_make(struct sev_guest *g, enum sev_kind kind, unsigned int vcpus)
{
	return sev_guest_create(g, kind) ?: sev_guest_init(g, 0) ?: raw_sev_add_memory(&g->snp) ?:
	       sev_guest_add_vcpus(g, vcpus) ?: sev_guest_launch(g);
}

int sev_guest_take(struct sev_guest *to, uint32_t cap, const struct sev_guest *from)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { from->snp.raw.vm } };

	return raw_errno(ioctl(to->snp.raw.vm, KVM_ENABLE_CAP, &enable));
}

void sev_guest_swap_memory(struct sev_guest *to, struct sev_guest *from)
{
	char *mem = to->snp.raw.mem;

	to->snp.raw.mem = from->snp.raw.mem;
	from->snp.raw.mem = mem;
}

int sev_guest_take_memory(struct sev_guest *to, struct sev_guest *from)
{
	sev_guest_swap_memory(to, from);
	return raw_sev_add_memory(&to->snp);
}

int sev_guest_share_memory(struct sev_guest *to, const struct sev_guest *from)
{
	struct raw_snp with = to->snp;

	with.raw.mem = from->snp.raw.mem;
	return raw_sev_add_memory(&with);
}

#define SEV_COMMAND(command, ...)	\
	{ .id = KVM_SEV_##command, .name = "KVM_SEV_" #command, __VA_ARGS__ }
const struct sev_command sev_commands[] = {
	SEV_COMMAND(INIT),
	SEV_COMMAND(ES_INIT),
	SEV_COMMAND(INIT2),
	SEV_COMMAND(LAUNCH_START),
	SEV_COMMAND(LAUNCH_UPDATE_DATA),
	SEV_COMMAND(LAUNCH_UPDATE_VMSA, .of_mirror = true),
	SEV_COMMAND(LAUNCH_SECRET),
	SEV_COMMAND(LAUNCH_MEASURE),
	SEV_COMMAND(LAUNCH_FINISH),
	SEV_COMMAND(SEND_START),
	SEV_COMMAND(SEND_UPDATE_DATA),
	SEV_COMMAND(SEND_UPDATE_VMSA, .none = true),
	SEV_COMMAND(SEND_FINISH),
	SEV_COMMAND(RECEIVE_START),
	SEV_COMMAND(RECEIVE_UPDATE_DATA),
	SEV_COMMAND(RECEIVE_UPDATE_VMSA, .none = true),
	SEV_COMMAND(RECEIVE_FINISH),
	SEV_COMMAND(GUEST_STATUS, .of_mirror = true),
	SEV_COMMAND(DBG_DECRYPT, .of_mirror = true),
	SEV_COMMAND(DBG_ENCRYPT, .of_mirror = true),
	SEV_COMMAND(CERT_EXPORT, .none = true),
	SEV_COMMAND(GET_ATTESTATION_REPORT),
	SEV_COMMAND(SEND_CANCEL),
	SEV_COMMAND(SNP_LAUNCH_START),
	SEV_COMMAND(SNP_LAUNCH_UPDATE),
	SEV_COMMAND(SNP_LAUNCH_FINISH),
	{ .id = 99, .name = "command 99", .none = true },
	{ .id = 104, .name = "command 104", .none = true },
	{ .id = ~0u, .name = "command -1", .none = true },
	{}
};

bool check_sev_round(const char *file, int line, enum requirement_nr req, struct sev_guest *g,
		     unsigned int i, unsigned int round, bool again)
{
	struct kvm_run *run = g->run[i];
	const bool es = sev_guest_is_es(g);
	const uint32_t exit = es ? KVM_EXIT_SYSTEM_EVENT : KVM_EXIT_IO;
	uint16_t out = 0;
	char what[64];
	int ret;

	run->exit_reason = ~0u;
	ret = raw_errno(ioctl(g->vcpu[i], KVM_RUN, 0));
	snprintf(what, sizeof(what), "KVM_RUN of vCPU %u in round %u", i, round);
	if (!check_eq(file, line, req, what, 0, ret, &names_errno) ||
	    !check_eq(file, line, req, "exit_reason", exit, run->exit_reason, &names_exit_reason))
		return false;
	if (es) {
		snprintf(what, sizeof(what), "the GHCB MSR of vCPU %u%s", i, again ? ", kept" : "");
		return check_eq(file, line, req, "system_event.type", KVM_SYSTEM_EVENT_SEV_TERM,
				run->system_event.type, &names_system_event) &&
		       check_eq(file, line, req, what, (uint64_t)round << 12 | GHCB_MSR_TERM_REQ,
				run->system_event.data[0], &names_value);
	}
	memcpy(&out, (char *)run + run->io.data_offset, sizeof(out));
	return check_eq(file, line, req, "SEV_STATUS that the guest reads", 1, out & 0xff,
			&names_value) &&
	       check_eq(file, line, req, "round of the guest", round, out >> 8, &names_count);
}
