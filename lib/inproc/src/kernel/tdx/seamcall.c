// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: the instruction SEAMCALL, by its leaf function.  A model, see
 * module.h; it comes here with the CPU's registers (insn.S), as a call that the assembler made
 * of it or by its trap.
 */
#include <asm/trapnr.h>

#include "linux/hoststate.h"
#include "module.h"

typedef u64 (*glue_tdh_t)(union glue_regs *regs);

static const struct {
	glue_tdh_t run;
	const char *name;
} glue_seamcalls[] = {
#define LEAF(leaf, run, name) [GLUE_##leaf] = { run, name }
	LEAF(TDH_MEM_PAGE_ADD, glue_tdh_mem_page_add, "TDH.MEM.PAGE.ADD"),
	LEAF(TDH_MEM_PAGE_AUG, glue_tdh_mem_page_aug, "TDH.MEM.PAGE.AUG"),
	LEAF(TDH_MEM_PAGE_REMOVE, glue_tdh_mem_page_remove, "TDH.MEM.PAGE.REMOVE"),
	LEAF(TDH_MEM_RANGE_BLOCK, glue_tdh_mem_range_block, "TDH.MEM.RANGE.BLOCK"),
	LEAF(TDH_MEM_RANGE_UNBLOCK, glue_tdh_mem_range_unblock, "TDH.MEM.RANGE.UNBLOCK"),
	LEAF(TDH_MEM_SEPT_ADD, glue_tdh_mem_sept_add, "TDH.MEM.SEPT.ADD"),
	LEAF(TDH_MEM_SEPT_RD, glue_tdh_mem_sept_rd, "TDH.MEM.SEPT.RD"),
	LEAF(TDH_MEM_SEPT_REMOVE, glue_tdh_mem_sept_remove, "TDH.MEM.SEPT.REMOVE"),
	LEAF(TDH_MEM_TRACK, glue_tdh_mem_track, "TDH.MEM.TRACK"),
	LEAF(TDH_MNG_ADDCX, glue_tdh_mng_addcx, "TDH.MNG.ADDCX"),
	LEAF(TDH_MNG_CREATE, glue_tdh_mng_create, "TDH.MNG.CREATE"),
	LEAF(TDH_MNG_INIT, glue_tdh_mng_init, "TDH.MNG.INIT"),
	LEAF(TDH_MNG_KEY_CONFIG, glue_tdh_mng_key_config, "TDH.MNG.KEY.CONFIG"),
	LEAF(TDH_MNG_KEY_FREEID, glue_tdh_mng_key_freeid, "TDH.MNG.KEY.FREEID"),
	LEAF(TDH_MNG_RD, glue_tdh_mng_rd, "TDH.MNG.RD"),
	LEAF(TDH_MNG_VPFLUSHDONE, glue_tdh_mng_vpflushdone, "TDH.MNG.VPFLUSHDONE"),
	LEAF(TDH_MR_EXTEND, glue_tdh_mr_extend, "TDH.MR.EXTEND"),
	LEAF(TDH_MR_FINALIZE, glue_tdh_mr_finalize, "TDH.MR.FINALIZE"),
	LEAF(TDH_PHYMEM_CACHE_WB, glue_tdh_phymem_cache_wb, "TDH.PHYMEM.CACHE.WB"),
	LEAF(TDH_PHYMEM_PAGE_RDMD, glue_tdh_phymem_page_rdmd, "TDH.PHYMEM.PAGE.RDMD"),
	LEAF(TDH_PHYMEM_PAGE_RECLAIM, glue_tdh_phymem_page_reclaim, "TDH.PHYMEM.PAGE.RECLAIM"),
	LEAF(TDH_PHYMEM_PAGE_WBINVD, glue_tdh_phymem_page_wbinvd, "TDH.PHYMEM.PAGE.WBINVD"),
	LEAF(TDH_SYS_CONFIG, glue_tdh_sys_config, "TDH.SYS.CONFIG"),
	LEAF(TDH_SYS_INIT, glue_tdh_sys_init, "TDH.SYS.INIT"),
	LEAF(TDH_SYS_KEY_CONFIG, glue_tdh_sys_key_config, "TDH.SYS.KEY.CONFIG"),
	LEAF(TDH_SYS_LP_INIT, glue_tdh_sys_lp_init, "TDH.SYS.LP.INIT"),
	LEAF(TDH_SYS_RD, glue_tdh_sys_rd, "TDH.SYS.RD"),
	LEAF(TDH_SYS_TDMR_INIT, glue_tdh_sys_tdmr_init, "TDH.SYS.TDMR.INIT"),
	LEAF(TDH_VP_ADDCX, glue_tdh_vp_addcx, "TDH.VP.ADDCX"),
	LEAF(TDH_VP_CREATE, glue_tdh_vp_create, "TDH.VP.CREATE"),
	LEAF(TDH_VP_ENTER, glue_tdh_vp_enter, "TDH.VP.ENTER"),
	LEAF(TDH_VP_FLUSH, glue_tdh_vp_flush, "TDH.VP.FLUSH"),
	LEAF(TDH_VP_INIT, glue_tdh_vp_init, "TDH.VP.INIT"),
	LEAF(TDH_VP_RD, glue_tdh_vp_rd, "TDH.VP.RD"),
	LEAF(TDH_VP_WR, glue_tdh_vp_wr, "TDH.VP.WR"),
#undef LEAF
};

static const void *glue_seamcalls_from[IMAGE_MAX_CPUS];

const void *glue_last_seamcall(void)
{
	return glue_seamcalls_from[raw_smp_processor_id()];
}

/* A test makes it fail: no extended error information, and no data. */
static void glue_seamcall_failed(unsigned int leaf, union glue_regs *regs)
{
	if (leaf == GLUE_TDH_PHYMEM_CACHE_WB && regs->rax == GLUE_TDX_INTERRUPTED_RESUMABLE)
		glue_cache_wb_interrupted();
	/* What KVM makes of a page then is not to be found out here. */
	if (leaf == GLUE_TDH_PHYMEM_PAGE_WBINVD)
		glue_tdh_phymem_page_wbinvd(regs);
	regs->rcx = regs->rdx = 0;
	if (leaf != GLUE_TDH_VP_ENTER)
		regs->r8 = 0;
}

static void glue_seamcall_tell(unsigned int leaf, const union glue_regs *regs, u64 status)
{
	const u64 operands[] = { regs->rcx, regs->rdx, regs->r8, regs->r9 };

	/* The guest's registers are none of its operands. */
	glue_host->command(IMAGE_SEAM, glue_seamcalls[leaf].name, operands,
			   leaf == GLUE_TDH_VP_ENTER ? 1 : ARRAY_SIZE(operands), status);
}

/* #UD, which the tree has the exception table for.  The call has five bytes. */
static void glue_seamcall_undefined(union glue_regs *regs, const void **from)
{
	struct image_regs trap = {
		.ax = regs->rax, .ip = (unsigned long)*from - 5, .trapno = X86_TRAP_UD,
	};

	if (!glue_trap_extable(&trap))
		glue_not_driven("a SEAMCALL outside of VMX operation");
	regs->rax = trap.ax;
	*from = (void *)trap.ip;
}

/* RAX: bits above 15 are the leaf function's version; bit 63 asks for the P-SEAMLDR. */
void glue_seamcall(union glue_regs *regs)
{
	/* Behind the registers insn.S has where it goes back to. */
	const void **from = (const void **)(regs + 1);
	unsigned int leaf = regs->rax & 0xffff;
	union glue_regs asked = *regs;
	struct glue_module_locks locks;
	u64 status;

	if (!glue_vmx_on())
		return glue_seamcall_undefined(regs, from);
	if (glue_firmware & IMAGE_FW_NO_TDX_MODULE) {
		/* In RSP's place are the flags. */
		regs->rsp = glue_vmx_flags(GLUE_VMX_FAIL_INVALID);
		return;
	}
	if (regs->rax >> 63)
		glue_not_driven("SEAMCALL %#llx: there is no P-SEAMLDR", regs->rax);
	if (leaf >= ARRAY_SIZE(glue_seamcalls) || !glue_seamcalls[leaf].run)
		glue_not_driven("SEAMCALL %u: the TDX module's model does not have it", leaf);
	glue_seamcalls_from[raw_smp_processor_id()] = *from;
	if (leaf == GLUE_TDH_VP_ENTER)
		glue_host_state()->ran_by = *from;
	status = glue_sys_check(leaf);
	if (status) {
		regs->rax = status;
		return;
	}
	status = glue_module_lock(&locks, leaf, regs);
	if (status) {
		glue_module_unlock(&locks);
		regs->rax = status;
		return;
	}
	status = glue_host->seamcall_fails(leaf);
	if (status) {
		regs->rax = status;
		glue_seamcall_failed(leaf, regs);
	} else {
		regs->rax = glue_seamcalls[leaf].run(regs);
	}
	if (glue_host->command)
		glue_seamcall_tell(leaf, &asked, regs->rax);
	glue_module_unlock(&locks);
	/* The host may do what the TD's lock kept away before it makes its next SEAMCALL. */
	if (locks.td && glue_host->point)
		glue_host->point(CONTROL_POINT_GIVEN, locks.td, CONTROL_TD_LOCK, locks.alone,
				 (unsigned long)*from);
}
