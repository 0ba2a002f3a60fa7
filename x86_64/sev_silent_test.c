// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware that does not answer a command: what needs it fails, now and later on, and pages that
 * it may have stay out of reach.
 */
#include "check/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/psp-sev.h>
#include <unistd.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/raw_sev.h"
#include "snp/sev_dev.h"
#include "snp/snp_vm.h"

/* The @nth command from here on, on the way to the next stage or, behind the last one, the end. */
COCO_FIXTURE(silent);
FIXTURE_VARIANT(silent)
{
	struct check_row row;
	unsigned long type;		/* 0: SNP */
	enum raw_snp_stage from;
	unsigned int nth;
};

#define SILENT(name, ...)							\
	FIXTURE_VARIANT_ADD(silent, name)					\
	{									\
		COCO_ROW(NULL, REQ_SEV_SILENT, REQ_SEV_BUSY, REQ_SNP_LEAKED), __VA_ARGS__ \
	}

SILENT(snp_start_first, .from = RAW_SNP_VCPU, .nth = 1);
SILENT(snp_start_second, .from = RAW_SNP_VCPU, .nth = 2);
SILENT(snp_start_third, .from = RAW_SNP_VCPU, .nth = 3);
SILENT(snp_update_first, .from = RAW_SNP_STARTED, .nth = 1);
SILENT(snp_update_second, .from = RAW_SNP_STARTED, .nth = 2);
SILENT(snp_finish_first, .from = RAW_SNP_UPDATED, .nth = 1);
SILENT(snp_finish_second, .from = RAW_SNP_UPDATED, .nth = 2);
SILENT(snp_end_first, .from = RAW_SNP_FINISHED, .nth = 1);
SILENT(snp_end_second, .from = RAW_SNP_FINISHED, .nth = 2);
SILENT(snp_end_third, .from = RAW_SNP_FINISHED, .nth = 3);
SILENT(sev_start_first, .type = KVM_X86_SEV_VM, .from = RAW_SNP_VCPU, .nth = 1);
SILENT(sev_start_second, .type = KVM_X86_SEV_VM, .from = RAW_SNP_VCPU, .nth = 2);
SILENT(sev_finish_first, .type = KVM_X86_SEV_VM, .from = RAW_SNP_STARTED, .nth = 1);
SILENT(es_finish_second, .type = KVM_X86_SEV_ES_VM, .from = RAW_SNP_STARTED, .nth = 2);
SILENT(sev_end_first, .type = KVM_X86_SEV_VM, .from = RAW_SNP_FINISHED, .nth = 1);
SILENT(es_end_second, .type = KVM_X86_SEV_ES_VM, .from = RAW_SNP_FINISHED, .nth = 2);

static uint32_t policy(unsigned long type)
{
	return type == KVM_X86_SEV_ES_VM ? RAW_SEV_ES : 0;
}

/* As raw_snp_go(). */
static int go(struct raw_snp *vm, unsigned long type, enum raw_snp_stage from,
	      enum raw_snp_stage to)
{
	int err = 0;

	if (!type)
		return raw_snp_go(vm, from, to);
	if (from < RAW_SNP_VCPU && to >= RAW_SNP_VCPU)
		err = raw_sev_create(vm, type) ?: raw_sev_add_memory(vm) ?:
		      raw_vm_add_vcpu(&vm->raw);
	if (!err && from < RAW_SNP_STARTED && to >= RAW_SNP_STARTED)
		err = raw_sev_start(vm, policy(type));
	if (!err && from < RAW_SNP_FINISHED && to >= RAW_SNP_FINISHED)
		err = raw_sev_finish(vm, type == KVM_X86_SEV_ES_VM);
	return err;
}

/* What kernels say of that, or which function does. */
static const char *const splats[] = {
	"Failed to release guest context", "in snp_decommission_context()",
	"Failed to reclaim PFN", "in snp_page_reclaim()",
	"Failed to update RMP entry for PFN", "in sev_gmem_invalidate()",
};

COCO_TEST_F(silent, fails)
{
	const enum requirement_nr req = REQ_SEV_SILENT;
	struct sev_user_data_status status = {};
	enum raw_snp_stage to = variant->from + 1;
	struct raw_snp vm, next;
	unsigned int asked;
	uint32_t error;
	int fd;

	if (!control()) {
		check_skip("no control of the kernel here: firmware answers");
		return;
	}
	if (variant->type && variant->from == RAW_SNP_STARTED)
		to = RAW_SNP_FINISHED;
	raw_snp_open(&vm);
	raw_snp_open(&next);
	fd = sev_dev_open(O_RDWR);
	TEST_ASSERT(!go(&vm, variant->type, RAW_SNP_NOTHING, variant->from), "no VM");
	/* Firmware may have them yet, and no kernel can have them back. */
	check_attribute_to(REQ_KERNEL_MEM_LEAK, REQ_NONE);
	check_attribute_to(REQ_KERNEL_FIRMWARE_PAGE, REQ_SNP_LEAKED);
	for (unsigned int i = 0; i < ARRAY_SIZE(splats); i++)
		check_expect_splat(splats[i]);
	control()->fail_step(CONTROL_STEP_ANSWER, variant->nth);
	if (variant->from == RAW_SNP_FINISHED)
		raw_vm_close(&vm.raw);
	else
		EXPECT_REQ_TRUE(req, "the step of its launch fails",
				go(&vm, variant->type, variant->from, to));
	asked = control()->steps(CONTROL_STEP_ANSWER);
	if (!EXPECT_REQ_EQ(req, "commands until firmware is silent", variant->nth, asked, &names_count))
		return;
	EXPECT_REQ_EQ(req, "SEV_PLATFORM_STATUS later on", EBUSY,
		      sev_dev_issue(fd, SEV_PLATFORM_STATUS, &status, &error), &names_errno);
	EXPECT_REQ_TRUE(req, "the launch of another VM fails",
			go(&next, variant->type, RAW_SNP_NOTHING, RAW_SNP_STARTED));
	close(fd);
	raw_snp_close(&next);
	raw_snp_close(&vm);
}

COCO_MAIN(snp_vm_missing)
