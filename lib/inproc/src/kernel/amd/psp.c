// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for drivers/crypto/ccp/sev-dev.c: the PSP's driver and the SNP firmware behind it.
 * A model: commands of the SNP firmware ABI (AMD 56860) that KVM issues for a guest's life,
 * with their arguments checked as far as a wrong kernel could get them wrong, and
 * SNP_GUEST_REQUEST passed on to the process, which records and answers it.
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

/* A guest context that LAUNCH_START filled, first bytes of its page. */
struct glue_gctx {
	u64 magic;
	u32 asid;
	bool started, finished;
};

#define GLUE_GCTX_MAGIC	0x7874636770736e73ULL

static struct glue_gctx *glue_gctx(u64 paddr)
{
	struct glue_gctx *gctx = paddr && PAGE_ALIGNED(paddr) ? __va(paddr) : NULL;

	return gctx && gctx->magic == GLUE_GCTX_MAGIC ? gctx : NULL;
}

static int glue_guest_request(struct sev_data_snp_guest_request *data, int *fw_err)
{
	struct glue_gctx *gctx = glue_gctx(data->gctx_paddr);
	struct image_guest_request req = {
		.gctx_paddr = data->gctx_paddr,
		.req_paddr = data->req_paddr,
		.res_paddr = data->res_paddr,
	};
	int ret;

	if (!gctx || !gctx->finished) {
		*fw_err = SEV_RET_INVALID_GUEST;
		return -EIO;
	}
	if (!PAGE_ALIGNED(req.req_paddr) || !PAGE_ALIGNED(req.res_paddr) ||
	    req.req_paddr == req.res_paddr || !req.req_paddr || !req.res_paddr) {
		*fw_err = SEV_RET_INVALID_ADDRESS;
		return -EIO;
	}
	/* A response page has to be in firmware state: from snp_alloc_firmware_page(). */
	if (!glue_rmp_assigned(req.res_paddr >> PAGE_SHIFT)) {
		*fw_err = SEV_RET_INVALID_PAGE_STATE;
		return -EIO;
	}
	req.request = __va(req.req_paddr);
	req.response = __va(req.res_paddr);
	ret = glue_host->guest_request(&req);
	if (ret)
		return ret;
	*fw_err = req.fw_err;
	return req.fw_err ? -EIO : 0;
}

static int glue_launch_update(struct sev_data_snp_launch_update *data, int *fw_err)
{
	struct glue_gctx *gctx = glue_gctx(data->gctx_paddr);
	unsigned long long gpa;
	void *page = __va(__sme_clr(data->address));

	if (!gctx || !gctx->started || gctx->finished) {
		*fw_err = SEV_RET_INVALID_GUEST_STATE;
		return -EIO;
	}
	if (!glue_rmp_assigned(__pa(page) >> PAGE_SHIFT)) {
		*fw_err = SEV_RET_INVALID_PAGE_STATE;
		return -EIO;
	}
	/* It is the guest's now, and no more to be kept from the hypervisor. */
	glue_rmp_set_mutable(__pa(page) >> PAGE_SHIFT);
	if (data->page_type == SNP_PAGE_TYPE_NORMAL &&
	    glue_rmp_guest_page(__pa(page) >> PAGE_SHIFT, &gpa))
		glue_host->guest_page_launched(page, gpa);
	return 0;
}

static int glue_launch_finish(struct sev_data_snp_launch_finish *data, int *fw_err)
{
	struct glue_gctx *gctx = glue_gctx(data->gctx_paddr);

	if (!gctx || !gctx->started || gctx->finished) {
		*fw_err = SEV_RET_INVALID_GUEST_STATE;
		return -EIO;
	}
	gctx->finished = true;
	return 0;
}

/* Firmware ABI 1.55, initialized. */
static int glue_platform_status(struct sev_data_snp_addr *addr)
{
	struct sev_user_data_snp_status *status = __va(addr->address);

	memset(status, 0, sizeof(*status));
	status->api_major = 1;
	status->api_minor = 55;
	status->state = 1;
	return 0;
}

static int glue_psp_cmd(int cmd, void *data, int *fw_err)
{
	if (glue_sev_has(cmd))
		return glue_sev_cmd(cmd, data, fw_err);
	switch (cmd) {
	case SEV_CMD_SNP_PLATFORM_STATUS:
		return glue_platform_status(data);
	case SEV_CMD_SNP_GCTX_CREATE: {
		struct sev_data_snp_addr *addr = data;
		struct glue_gctx *gctx = __va(addr->address);

		memset(gctx, 0, PAGE_SIZE);
		gctx->magic = GLUE_GCTX_MAGIC;
		return 0;
	}
	case SEV_CMD_SNP_LAUNCH_START: {
		struct sev_data_snp_launch_start *start = data;
		struct glue_gctx *gctx = glue_gctx(start->gctx_paddr);

		if (!gctx || gctx->started) {
			*fw_err = SEV_RET_INVALID_GUEST_STATE;
			return -EIO;
		}
		gctx->started = true;
		return 0;
	}
	case SEV_CMD_SNP_ACTIVATE: {
		struct sev_data_snp_activate *act = data;
		struct glue_gctx *gctx = glue_gctx(act->gctx_paddr);

		if (!gctx || !act->asid) {
			*fw_err = gctx ? SEV_RET_INVALID_ASID : SEV_RET_INVALID_GUEST;
			return -EIO;
		}
		gctx->asid = act->asid;
		return 0;
	}
	case SEV_CMD_SNP_LAUNCH_UPDATE:
		return glue_launch_update(data, fw_err);
	case SEV_CMD_SNP_LAUNCH_FINISH:
		return glue_launch_finish(data, fw_err);
	case SEV_CMD_SNP_GUEST_REQUEST:
		return glue_guest_request(data, fw_err);
	case SEV_CMD_SNP_DECOMMISSION: {
		struct sev_data_snp_addr *addr = data;
		struct glue_gctx *gctx = glue_gctx(addr->address);

		if (!gctx) {
			*fw_err = SEV_RET_INVALID_GUEST;
			return -EIO;
		}
		gctx->magic = 0;
		return 0;
	}
	case SEV_CMD_SNP_PAGE_RECLAIM: {
		struct sev_data_snp_page_reclaim *reclaim = data;

		/* Bit 0 of the address is the page's size. */
		glue_rmp_set_mutable(reclaim->paddr >> PAGE_SHIFT);
		return 0;
	}
	case SEV_CMD_SNP_DF_FLUSH:
		/* One data fabric, whoever's ASIDs. */
		return glue_sev_cmd(SEV_CMD_DF_FLUSH, data, fw_err);
	}
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

/* What the model's launches may ask for; it looks at none of it. */
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
	if (glue_gctx(__pa(addr)))
		glue_host->mem_bug(CONTROL_MEM_FIRMWARE,
				   "freed the page of a guest's context that firmware still has",
				   GLUE_CALLER);
	glue_rmp_set_mutable(__pa(addr) >> PAGE_SHIFT);
	rmp_make_shared(__pa(addr) >> PAGE_SHIFT, PG_LEVEL_4K);
	free_page((unsigned long)addr);
}
