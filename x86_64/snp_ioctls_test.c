// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctls and capabilities of SNP VMs and their vCPUs that have nothing to do with encryption:
 * what reads or writes registers is refused once they are the guest's, and all else is served or
 * refused, so that the guest goes on where it was.
 *
 * Not ABI, so not checked: which of those that are no registers are served.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/ghcb_check.h"
#include "snp/raw_snp.h"
#include "snp/sev_guest.h"

/* The largest argument, and room for arrays of any length. */
static union {
	uint8_t bytes[4 * 4096];
	struct kvm_msrs msrs;
	struct kvm_guest_debug debug;
	struct kvm_debugregs debugregs;
	struct kvm_pre_fault_memory prefault;
} arg;

/* ---- registers of a vCPU ---- */

COCO_FIXTURE(state);
FIXTURE_VARIANT(state)
{
	struct check_row row;
	bool es;			/* SEV-ES, not SNP */
	unsigned long get, set;		/* 0: none */
	const char *name;
};

#define STATE_TYPE_ROW(name_, req, text, es_, get_, set_)				\
	FIXTURE_VARIANT_ADD(state, name_)						\
	{										\
		COCO_ROW(NULL, req, REQ_SNP_IOCTL_KEPT),				\
		.es = es_, .get = get_, .set = set_, .name = text,			\
	};

#define STATE_ROW(name, get, set)							\
	STATE_TYPE_ROW(name, REQ_SNP_IOCTL_EINVAL, #name, false, get, set)		\
	STATE_TYPE_ROW(es_##name, REQ_SNP_IOCTL_EINVAL, #name, true, get, set)
#define FPU_ROW(name, get, set)								\
	STATE_TYPE_ROW(name, REQ_SNP_IOCTL_FPU, #name, false, get, set)			\
	STATE_TYPE_ROW(es_##name, REQ_SNP_IOCTL_EINVAL, #name, true, get, set)

STATE_ROW(regs, KVM_GET_REGS, KVM_SET_REGS)
STATE_ROW(sregs, KVM_GET_SREGS, KVM_SET_SREGS)
STATE_ROW(sregs2, KVM_GET_SREGS2, KVM_SET_SREGS2)
FPU_ROW(fpu, KVM_GET_FPU, KVM_SET_FPU)
FPU_ROW(xsave, KVM_GET_XSAVE, KVM_SET_XSAVE)
FPU_ROW(xsave2, KVM_GET_XSAVE2, 0)
STATE_ROW(xcrs, KVM_GET_XCRS, KVM_SET_XCRS)
STATE_ROW(debugregs, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS)
STATE_ROW(guest_debug, 0, KVM_SET_GUEST_DEBUG)

/* The guest goes on: it makes an event, and reports it. */
static bool expect_goes_on(struct ghcb_vm *v, enum requirement_nr req)
{
	struct ghcb_step *step;

	ghcb_script_reset(v, 0);
	step = ghcb_add_event(v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
	return EXPECT_REQ_SYNC(req, v->cpu[0].vcpu, GHCB_STAGE_ANSWERED) &&
	       EXPECT_REQ_EQ(req, "SW_EXITINFO1 of the next event", GHCB_INFO1_OK,
			     step->answer.page.sw_exit_info_1, &names_info_1);
}

static int vcpu_errno(struct ghcb_vm *v, unsigned long cmd)
{
	int ret = raw_errno(ioctl(v->cpu[0].vcpu->fd, cmd, &arg));

	errno = 0;
	return ret;
}

static void expect_refused(struct ghcb_vm *v, const char *what, const char *name,
			   unsigned long cmd)
{
	char text[64];

	if (!cmd)
		return;
	snprintf(text, sizeof(text), "%s of %s", what, name);
	EXPECT_REQ_EQ(check_main_req(), text, EINVAL, vcpu_errno(v, cmd), &names_errno);
}

static bool start(struct ghcb_vm *v, bool es)
{
	if (!es)
		return ghcb_vm_start(v);
	if (es_vm_missing()) {
		check_skip("%s", es_vm_missing());
		return false;
	}
	ghcb_vm_create_es(v, 1, guest_ghcb_loop, GHCB_PROTOCOL_VERSION);
	snp_vm_launch(v->snp);
	return EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v->cpu[0].vcpu, GHCB_STAGE_READY);
}

COCO_TEST_F(state, refused)
{
	struct ghcb_vm v;

	if (!start(&v, variant->es))
		return;
	memset(&arg, 0, sizeof(arg));
	expect_refused(&v, "reading", variant->name, variant->get);
	EXPECT_REQ_FILL(check_main_req(), "what was not read", 0, arg.bytes, 512);
	expect_refused(&v, "writing", variant->name, variant->set);
	if (expect_goes_on(&v, REQ_SNP_IOCTL_KEPT))
		snp_vm_free(v.snp);
}

/* ---- registers of a vCPU of an SEV-ES VM of the ordinary type, which older VMMs make ---- */

COCO_FIXTURE(old_state);
FIXTURE_VARIANT(old_state)
{
	struct check_row row;
	unsigned long get, set;		/* what is read is what is written, or 0 */
};

#define OLD_STATE_ROW(name, get_, set_)							\
	FIXTURE_VARIANT_ADD(old_state, name)						\
	{										\
		COCO_ROW(NULL, REQ_SEV_OLD_STATE), .get = get_, .set = set_,		\
	};

OLD_STATE_ROW(regs, KVM_GET_REGS, KVM_SET_REGS)
OLD_STATE_ROW(sregs, KVM_GET_SREGS, KVM_SET_SREGS)
OLD_STATE_ROW(sregs2, KVM_GET_SREGS2, KVM_SET_SREGS2)
OLD_STATE_ROW(fpu, KVM_GET_FPU, KVM_SET_FPU)
OLD_STATE_ROW(xsave, KVM_GET_XSAVE, KVM_SET_XSAVE)
OLD_STATE_ROW(xsave2, KVM_GET_XSAVE2, 0)
OLD_STATE_ROW(xcrs, KVM_GET_XCRS, 0)
OLD_STATE_ROW(debugregs, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS)

COCO_TEST_F(old_state, served)
{
	const enum requirement_nr req = REQ_SEV_OLD_STATE;
	struct sev_guest g;

	if (es_vm_missing()) {
		check_skip("%s", es_vm_missing());
		return;
	}
	memset(&arg, 0, sizeof(arg));
	if (EXPECT_REQ_EQ(req, "a guest", 0, sev_guest_make(&g, SEV_KIND_OLD_ES, 1), &names_errno) &&
	    EXPECT_SEV_ROUND(req, &g, 0, 1, false)) {
		EXPECT_REQ_EQ(req, "reading", 0, raw_errno(ioctl(g.vcpu[0], variant->get, &arg)),
			      &names_errno);
		if (variant->set)
			EXPECT_REQ_EQ(req, "writing what was read", 0,
				      raw_errno(ioctl(g.vcpu[0], variant->set, &arg)), &names_errno);
		EXPECT_SEV_ROUND(req, &g, 0, 1, true);
		EXPECT_SEV_ROUND(req, &g, 0, 2, false);
	}
	sev_guest_close(&g);
}

/* ---- all else ---- */

COCO_FIXTURE(other);
FIXTURE_VARIANT(other)
{
	struct check_row row;
	bool vm;			/* of the VM, not the vCPU */
	unsigned long get, set;		/* what is read is what is written, or 0 */
};

#define OTHER_REQ_ROW(name, req, vm_, get_, set_)					\
	FIXTURE_VARIANT_ADD(other, name)						\
	{										\
		COCO_ROW(NULL, req), .vm = vm_, .get = get_, .set = set_,		\
	};
#define OTHER_ROW(name, vm, get, set)	OTHER_REQ_ROW(name, REQ_SNP_IOCTL_KEPT, vm, get, set)

OTHER_ROW(events, false, KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS)
OTHER_ROW(lapic, false, KVM_GET_LAPIC, KVM_SET_LAPIC)
OTHER_ROW(mp_state, false, KVM_GET_MP_STATE, KVM_SET_MP_STATE)
OTHER_ROW(nested_state, false, KVM_GET_NESTED_STATE, KVM_SET_NESTED_STATE)
OTHER_ROW(tsc_khz, false, KVM_GET_TSC_KHZ, KVM_SET_TSC_KHZ)
OTHER_ROW(cpuid, false, KVM_GET_CPUID2, KVM_SET_CPUID2)
OTHER_REQ_ROW(smi, REQ_SNP_IOCTL_SMI, false, 0, KVM_SMI)
OTHER_ROW(clock_ctrl, false, 0, KVM_KVMCLOCK_CTRL)
OTHER_ROW(translate, false, 0, KVM_TRANSLATE)
OTHER_ROW(tpr_reporting, false, 0, KVM_TPR_ACCESS_REPORTING)
OTHER_ROW(vapic, false, 0, KVM_SET_VAPIC_ADDR)
OTHER_ROW(mce, false, 0, KVM_X86_SETUP_MCE)
OTHER_ROW(interrupt, false, 0, KVM_INTERRUPT)
OTHER_ROW(vm_clock, true, KVM_GET_CLOCK, KVM_SET_CLOCK)
OTHER_ROW(vm_irqchip, true, KVM_GET_IRQCHIP, KVM_SET_IRQCHIP)
OTHER_ROW(vm_create_irqchip, true, 0, KVM_CREATE_IRQCHIP)
OTHER_ROW(vm_pit, true, 0, KVM_CREATE_PIT2)
OTHER_ROW(vm_pit_state, true, KVM_GET_PIT2, KVM_SET_PIT2)
OTHER_ROW(vm_tss, true, 0, KVM_SET_TSS_ADDR)
OTHER_ROW(vm_identity_map, true, 0, KVM_SET_IDENTITY_MAP_ADDR)
OTHER_ROW(vm_tsc_khz, true, KVM_GET_TSC_KHZ, KVM_SET_TSC_KHZ)
OTHER_ROW(vm_dirty_log, true, 0, KVM_GET_DIRTY_LOG)
OTHER_ROW(vm_clear_dirty_log, true, 0, KVM_CLEAR_DIRTY_LOG)

COCO_TEST_F(other, goes_on)
{
	struct ghcb_vm v;
	int fd;

	if (!ghcb_vm_start(&v))
		return;
	if (check_main_req() == REQ_SNP_IOCTL_SMI)
		check_attribute_to(REQ_KERNEL_MEM_FREED, REQ_SNP_IOCTL_SMI);
	fd = variant->vm ? v.snp->vm->fd : v.cpu[0].vcpu->fd;
	memset(&arg, 0, sizeof(arg));
	if (variant->get)
		ioctl(fd, variant->get, &arg);
	ioctl(fd, variant->set, &arg);
	errno = 0;
	if (expect_goes_on(&v, check_main_req()))
		snp_vm_free(v.snp);
}

/* ---- capabilities ---- */

/* Some more than there are. */
#define NR_CAPS	300

COCO_FIXTURE(caps);
FIXTURE_VARIANT(caps)
{
	struct check_row row;
	bool vm;
	uint64_t arg;
};

#define CAPS_ROW(name, vm_, arg_)							\
	FIXTURE_VARIANT_ADD(caps, name)							\
	{										\
		COCO_ROW(NULL, REQ_SNP_IOCTL_KEPT), .vm = vm_, .arg = arg_,		\
	};

CAPS_ROW(vm_0, true, 0)
CAPS_ROW(vm_all_ones, true, ~0ull)
CAPS_ROW(vcpu_0, false, 0)
CAPS_ROW(vcpu_1, false, 1)
CAPS_ROW(vcpu_all_ones, false, ~0ull)

COCO_TEST_F(caps, enabled)
{
	struct ghcb_vm v;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; i < NR_CAPS; i++) {
		struct kvm_enable_cap cap = { .cap = i, .args = { variant->arg } };

		ioctl(variant->vm ? v.snp->vm->fd : v.cpu[0].vcpu->fd, KVM_ENABLE_CAP, &cap);
	}
	errno = 0;
	if (expect_goes_on(&v, check_main_req()))
		snp_vm_free(v.snp);
}

/* ---- a vCPU that is debugged cannot be launched ---- */

COCO_FIXTURE(debugged);
FIXTURE_VARIANT(debugged)
{
	struct check_row row;
	bool dr7;			/* by the guest's own breakpoints */
};

FIXTURE_VARIANT_ADD(debugged, by_vmm)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_DEBUGGED),
};

FIXTURE_VARIANT_ADD(debugged, dr7)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_DEBUGGED), .dr7 = true,
};

static int debug(struct raw_snp *snp, bool dr7, bool on)
{
	memset(&arg, 0, sizeof(arg));
	if (!dr7) {
		arg.debug.control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0;
		return raw_errno(ioctl(snp->raw.vcpu, KVM_SET_GUEST_DEBUG, &arg));
	}
	arg.debugregs.dr6 = 0xffff0ff0;
	arg.debugregs.dr7 = on ? 0x401 : 0x400;
	return raw_errno(ioctl(snp->raw.vcpu, KVM_SET_DEBUGREGS, &arg));
}

COCO_TEST_F(debugged, refused)
{
	enum requirement_nr req = REQ_SNP_LAUNCH_DEBUGGED;
	struct raw_snp snp;

	raw_snp_open(&snp);
	if (EXPECT_REQ_EQ(req, "the launch before its end", 0,
			  raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_UPDATED), &names_errno) &&
	    EXPECT_REQ_EQ(req, "the debugging ioctl", 0, debug(&snp, variant->dr7, true),
			  &names_errno) &&
	    EXPECT_REQ_EQ(req, "KVM_SEV_SNP_LAUNCH_FINISH", EINVAL, raw_snp_finish(&snp),
			  &names_errno) &&
	    EXPECT_REQ_EQ(req, "the debugging ioctl's end", 0, debug(&snp, variant->dr7, false),
			  &names_errno))
		EXPECT_REQ_EQ(req, "KVM_SEV_SNP_LAUNCH_FINISH after it", 0, raw_snp_finish(&snp),
			      &names_errno);
	raw_snp_close(&snp);
}

/* ---- memory that the VMM has mapped beforehand ---- */

COCO_FIXTURE(prefault);
FIXTURE_VARIANT(prefault)
{
	struct check_row row;
	bool finish, launched;
};

FIXTURE_VARIANT_ADD(prefault, before)
{
	COCO_ROW(NULL, REQ_SNP_PREFAULT),
};

FIXTURE_VARIANT_ADD(prefault, after_a_refused_finish)
{
	COCO_ROW(NULL, REQ_SNP_PREFAULT), .finish = true,
};

FIXTURE_VARIANT_ADD(prefault, after)
{
	COCO_ROW(NULL, REQ_SNP_PREFAULT), .launched = true,
};

COCO_TEST_F(prefault, taken_or_not)
{
	char id[2][RAW_VM_PAGE] = {};
	struct kvm_sev_snp_launch_finish args = {
		.id_block_en = 1, .id_block_uaddr = (uint64_t)id[0], .id_auth_uaddr = (uint64_t)id[1],
	};
	enum requirement_nr req = REQ_SNP_PREFAULT;
	struct raw_snp snp;
	int err;

	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(req, "the launch", 0, raw_snp_go(&snp, RAW_SNP_NOTHING,
			   variant->launched ? RAW_SNP_FINISHED : RAW_SNP_UPDATED), &names_errno))
		return;
	if (ioctl(snp.raw.vm, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY) <= 0) {
		check_skip("this KVM has no KVM_PRE_FAULT_MEMORY");
		return;
	}
	/* A signature that is none. */
	if (variant->finish)
		EXPECT_REQ_TRUE(req, "KVM_SEV_SNP_LAUNCH_FINISH with a bad ID block fails",
				raw_snp_cmd(&snp, KVM_SEV_SNP_LAUNCH_FINISH, &args));
	memset(&arg, 0, sizeof(arg));
	arg.prefault.size = 4096;
	err = raw_errno(ioctl(snp.raw.vcpu, KVM_PRE_FAULT_MEMORY, &arg));
	if (variant->launched)
		EXPECT_REQ_EQ(req, "KVM_PRE_FAULT_MEMORY", 0, err, &names_errno);
	else
		EXPECT_REQ_TRUE(req, "KVM_PRE_FAULT_MEMORY before the launch's end fails", err);
	raw_snp_close(&snp);
}

/* ---- KVM_MEMORY_ENCRYPT_OP itself ---- */

COCO_FIXTURE(encrypt_op);
FIXTURE_VARIANT(encrypt_op)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(encrypt_op, arguments)
{
	COCO_ROW(NULL, REQ_SNP_OP_NULL, REQ_SNP_OP_BACK),
};

COCO_TEST_F(encrypt_op, read)
{
	struct kvm_sev_snp_launch_update *update;
	struct kvm_sev_cmd *cmd;
	struct raw_snp snp;

	(void)variant;
	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(REQ_SNP_OP_NULL, "the launch", 0,
			   raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_STARTED), &names_errno))
		return;
	EXPECT_REQ_EQ(REQ_SNP_OP_NULL, "KVM_MEMORY_ENCRYPT_OP without a command", 0,
		      raw_errno(ioctl(snp.raw.vm, KVM_MEMORY_ENCRYPT_OP, NULL)), &names_errno);
	/* A structure that the kernel can read, and not give back. */
	update = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	TEST_ASSERT(update != MAP_FAILED, "out of memory");
	*update = (struct kvm_sev_snp_launch_update){
		.uaddr = (uint64_t)snp.raw.mem, .len = RAW_VM_PAGE,
		.type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	};
	cmd = (void *)(update + 1);
	*cmd = (struct kvm_sev_cmd){ .id = 0xffff, .sev_fd = snp.sev };
	mprotect(update, 4096, PROT_READ);
	EXPECT_REQ_EQ(REQ_SNP_OP_BACK, "KVM_SEV_SNP_LAUNCH_UPDATE with a read-only structure",
		      EFAULT, raw_snp_cmd(&snp, KVM_SEV_SNP_LAUNCH_UPDATE, update), &names_errno);
	mprotect(update, 4096, PROT_READ | PROT_WRITE);
	*cmd = (struct kvm_sev_cmd){
		.id = KVM_SEV_SNP_LAUNCH_FINISH, .data = (uint64_t)update, .sev_fd = snp.sev,
	};
	memset(update, 0, sizeof(*update));
	mprotect(update, 4096, PROT_READ);
	EXPECT_REQ_EQ(REQ_SNP_OP_BACK, "KVM_SEV_SNP_LAUNCH_FINISH, struct kvm_sev_cmd read-only",
		      EFAULT, raw_errno(ioctl(snp.raw.vm, KVM_MEMORY_ENCRYPT_OP, cmd)),
		      &names_errno);
	munmap(update, 4096);
	raw_snp_close(&snp);
}

COCO_MAIN(snp_vm_missing)
