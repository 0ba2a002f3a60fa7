// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for drivers/crypto/ccp/sev-dev.c, the PSP's driver.  A fake: commands go on to the
 * models of firmware (psp_snp.c, psp_sev.c), and firmware's pages are as good as any.
 */
#include <linux/file.h>
#include <linux/psp-sev.h>

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/kvm.h>
#include <linux/string.h>
#include <asm/sev.h>

#include "glue.h"
#include "psp.h"

static int glue_psp_cmd(int cmd, void *data, int *fw_err)
{
	if (glue_sev_has(cmd))
		return glue_sev_cmd(cmd, data, fw_err);
	if (glue_snp_has(cmd))
		return glue_snp_cmd(cmd, data, fw_err);
	glue_not_driven("PSP command %#x: the firmware model does not have it", cmd);
}

int sev_do_cmd(int cmd, void *data, int *psp_ret)
{
	int fw_err = 0;
	int ret;

	if (glue_host->step_fails(CONTROL_STEP_PSP)) {
		fw_err = SEV_RET_RESOURCE_LIMIT;
		ret = -EIO;
	} else {
		ret = glue_psp_cmd(cmd, data, &fw_err);
	}
	if (psp_ret)
		*psp_ret = fw_err;
	return ret;
}

/* ---- /dev/sev ---- */

static const struct file_operations glue_sev_fops;

static struct miscdevice glue_sev_misc = { .name = "sev", .fops = &glue_sev_fops };

int glue_psp_init(void)
{
	return misc_register(&glue_sev_misc);
}

int sev_issue_cmd_external_user(struct file *filep, unsigned int id, void *data, int *error)
{
	return filep && filep->f_op == &glue_sev_fops ? sev_do_cmd(id, data, error) : -EBADF;
}

/* ---- the driver's other functions ---- */

int sev_platform_init(struct sev_platform_init_args *args)
{
	return 0;
}

void sev_platform_shutdown(void)
{
}

int sev_guest_df_flush(int *error)
{
	return sev_do_cmd(SEV_CMD_DF_FLUSH, NULL, error);
}

int sev_guest_activate(struct sev_data_activate *data, int *error)
{
	return sev_do_cmd(SEV_CMD_ACTIVATE, data, error);
}

int sev_guest_deactivate(struct sev_data_deactivate *data, int *error)
{
	return sev_do_cmd(SEV_CMD_DEACTIVATE, data, error);
}

int sev_guest_decommission(struct sev_data_decommission *data, int *error)
{
	return sev_do_cmd(SEV_CMD_DECOMMISSION, data, error);
}

/* Newer trees ask what firmware is for. */
int sev_firmware_supported_vm_types(void)
{
	return BIT(KVM_X86_SEV_VM) | BIT(KVM_X86_SEV_ES_VM) | BIT(KVM_X86_SNP_VM);
}

/* What launches may ask for, of what this machine has. */
u64 sev_get_snp_policy_bits(void)
{
	return GENMASK_ULL(20, 19) | GENMASK_ULL(17, 0);
}

bool sev_is_snp_ciphertext_hiding_supported(void)
{
	return false;
}

void *psp_copy_user_blob(u64 uaddr, u32 len)
{
	if (!uaddr || !len || len > 32 * 1024)
		return ERR_PTR(-EINVAL);
	return memdup_user((void __user *)uaddr, len);
}

void *snp_alloc_firmware_page(gfp_t mask)
{
	void *page = (void *)__get_free_page(mask);

	if (page && rmp_make_private(__pa(page) >> PAGE_SHIFT, 0, PG_LEVEL_4K, 0, true)) {
		free_page((unsigned long)page);
		return NULL;
	}
	return page;
}

void snp_free_firmware_page(void *addr)
{
	if (!addr)
		return;
	if (glue_is_gctx(__pa(addr)))
		glue_host->mem_bug(CONTROL_MEM_FIRMWARE,
				   "freed the page of a guest's context that firmware still has",
				   GLUE_CALLER);
	glue_rmp_set_mutable(__pa(addr) >> PAGE_SHIFT);
	rmp_make_shared(__pa(addr) >> PAGE_SHIFT, PG_LEVEL_4K);
	free_page((unsigned long)addr);
}
