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

/* The pages that are launched: code, at GPA 0, and page tables for the first 2 MiB. */
enum { CODE, PML4, PDPT, PD, NR_PAGES };

#define PTE_TABLE	3ull			/* present, writable */
#define PTE_LARGE	0x83ull
#define C_BIT_LEAF	0x8000001fu

/* EBX counts, and goes with the SEV_STATUS MSR to a port. */
static const uint8_t sev_code[] = {
	0xff, 0xc3,				/* inc %ebx */
	0xb9, 0x31, 0x01, 0x01, 0xc0,		/* mov $SEV_STATUS, %ecx */
	0x0f, 0x32,				/* rdmsr */
	0x88, 0xdc,				/* mov %bl, %ah */
	0x66, 0xe7, PORT,			/* out %ax, $PORT */
	0xeb, -16,				/* jmp back to the start */
};

/* The same with a termination request in the GHCB MSR, whose value has EBX in bits 31:12. */
static const uint8_t es_code[] = {
	0xff, 0xc3,				/* inc %ebx */
	0x89, 0xd8,				/* mov %ebx, %eax */
	0xc1, 0xe0, 12,				/* shl $12, %eax */
	0x0d, GHCB_MSR_TERM_REQ & 0xff, GHCB_MSR_TERM_REQ >> 8, 0, 0,	/* or */
	0x31, 0xd2,				/* xor %edx, %edx */
	0xb9, 0x30, 0x01, 0x01, 0xc0,		/* mov $GHCB, %ecx */
	/* wrmsr, with what marks it as one of the GHCB MSR */
	0x0f, 0x30, 0x0f, 0x1f, 0x84, 0x00, 0x6b, 0x76, 0x6d, 0x21,
	0xf3, 0x0f, 0x01, 0xd9,			/* vmgexit */
	0xf3, 0x0f, 0x01, 0xd9,			/* vmgexit */
	0xeb, -39,				/* jmp back to the start */
};

/* Where firmware is to encrypt, by KVM_GET_SUPPORTED_CPUID. */
static uint64_t c_bit(void)
{
	const struct kvm_cpuid_entry2 *e = get_cpuid_entry(kvm_get_supported_cpuid(), C_BIT_LEAF, 0);

	return 1ull << (e->ebx & 0x3f);
}

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
	int err;

	if (is_old(g))
		err = raw_snp_cmd(&g->snp, sev_guest_is_es(g) ? KVM_SEV_ES_INIT : KVM_SEV_INIT, NULL);
	else
		err = raw_snp_cmd(&g->snp, KVM_SEV_INIT2, &init);
	g->has_guest = !err;
	return err;
}

static int set_state(int vcpu)
{
	const struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 16, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1,
	};
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	/* It says which registers there are, and of a VM that has a guest, the C-bit. */
	if (ioctl(vcpu, KVM_SET_CPUID2, kvm_get_supported_cpuid()) ||
	    ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return errno;
	sregs.cs = sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cs.selector = 8;
	sregs.cs.type = 11;
	sregs.cs.db = 0;
	sregs.cs.l = 1;
	sregs.cr0 |= X86_CR0_PE | X86_CR0_PG;
	sregs.cr3 = PML4 * RAW_VM_PAGE | c_bit();
	sregs.cr4 |= X86_CR4_PAE;
	sregs.efer |= EFER_LME | EFER_LMA;
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
		err = g->has_guest ? set_state(g->vcpu[i]) :
		      raw_errno(ioctl(g->vcpu[i], KVM_SET_CPUID2, kvm_get_supported_cpuid()));
	}
	return err;
}

int sev_guest_begin(struct sev_guest *g)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < g->nr_vcpus && !err; i++)
		err = set_state(g->vcpu[i]);
	return err;
}

void sev_guest_load(struct sev_guest *g)
{
	uint64_t (*table)[RAW_VM_PAGE / sizeof(uint64_t)] = (void *)g->snp.raw.mem;

	if (g->code)
		memcpy(g->snp.raw.mem, g->code, g->code_len);
	else if (sev_guest_is_es(g))
		memcpy(g->snp.raw.mem, es_code, sizeof(es_code));
	else
		memcpy(g->snp.raw.mem, sev_code, sizeof(sev_code));
	table[PML4][0] = PDPT * RAW_VM_PAGE | PTE_TABLE | c_bit();
	table[PDPT][0] = PD * RAW_VM_PAGE | PTE_TABLE | c_bit();
	table[PD][0] = PTE_LARGE | c_bit();
}

int sev_guest_finish(struct sev_guest *g)
{
	struct kvm_sev_launch_update_data tables = {
		.uaddr = (uint64_t)g->snp.raw.mem + PML4 * RAW_VM_PAGE,
		.len = (NR_PAGES - PML4) * RAW_VM_PAGE,
	};

	sev_guest_load(g);
	return raw_snp_cmd(&g->snp, KVM_SEV_LAUNCH_UPDATE_DATA, &tables) ?:
	       raw_sev_finish(&g->snp, sev_guest_is_es(g));
}

int sev_guest_launch(struct sev_guest *g)
{
	return raw_sev_start(&g->snp, sev_guest_is_es(g) ? RAW_SEV_ES : 0) ?: sev_guest_finish(g);
}

int sev_guest_make(struct sev_guest *g, enum sev_kind kind, unsigned int vcpus)
{
	return sev_guest_create(g, kind) ?: sev_guest_init(g, 0) ?: raw_sev_add_memory(&g->snp) ?:
	       sev_guest_add_vcpus(g, vcpus) ?: sev_guest_launch(g);
}

int sev_guest_take(struct sev_guest *to, uint32_t cap, const struct sev_guest *from)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { from->snp.raw.vm } };
	int err = raw_errno(ioctl(to->snp.raw.vm, KVM_ENABLE_CAP, &enable));

	to->has_guest |= !err;
	return err;
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
