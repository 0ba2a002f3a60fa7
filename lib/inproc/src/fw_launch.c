// SPDX-License-Identifier: GPL-2.0-only
/*
 * Launches of SNP guests as the SNP firmware measures them: the launch digest (AMD 56860,
 * SNP_LAUNCH_UPDATE, "PAGE_INFO"), and what SNP_LAUNCH_FINISH compares with it.  One at a time,
 * and only when a test asks for it: hashing takes longer than all else of a launch.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "control.h"
#include "fw.h"

/* Page types, and statuses that firmware gives */
#define PAGE_TYPE_NORMAL	1
#define PAGE_TYPE_VMSA		2
#define PAGE_TYPE_SECRETS	5
#define POLICY_FAILURE		7
#define BAD_SIGNATURE		10
#define BAD_MEASUREMENT		11

/* The digest before a page and its contents go into the digest after it. */
struct page_info {
	unsigned char digest[CONTROL_DIGEST], contents[CONTROL_DIGEST];
	unsigned short length;
	unsigned char type, imi, perms[3], zero;	/* of VMPL 3, 2 and 1 */
	unsigned long long gpa;
} __attribute__((packed));

static unsigned char *(*sha384)(const unsigned char *data, size_t len, unsigned char *digest);
static bool measuring;
static struct control_fw_launch launch;
static struct control_fw_page *pages;
static unsigned int max_pages;
static unsigned long long gctx;		/* whose launch it is; 0: none */

void src_fw_measure(int on)
{
	if (on && !sha384)
		sha384 = inproc_crypto("SHA384", "SNP firmware that measures");
	measuring = on;
	if (!on)
		gctx = 0;
}

const struct control_fw_launch *src_fw_launch(void)
{
	return gctx ? &launch : NULL;
}

static void start(const struct image_launch *l)
{
	memset(&launch, 0, sizeof(launch));
	gctx = l->gctx;
	launch.policy = l->policy;
	launch.tsc_khz = l->tsc_khz;
	memcpy(launch.gosvw, l->gosvw, sizeof(launch.gosvw));
}

static void update(const struct image_launch *l)
{
	struct page_info info = {
		.length = sizeof(info), .type = l->type, .gpa = l->gpa,
		.perms = { l->perms[2], l->perms[1], l->perms[0] },
	};
	struct control_fw_page *page;

	if (launch.nr_pages == max_pages) {
		max_pages = max_pages ? 2 * max_pages : 64;
		pages = realloc(pages, max_pages * sizeof(*pages));
		if (!pages)
			abort();
	}
	launch.pages = pages;
	page = &pages[launch.nr_pages++];
	*page = (struct control_fw_page){ .gpa = l->gpa, .type = l->type };
	memcpy(page->perms, l->perms, sizeof(page->perms));
	if (l->type == PAGE_TYPE_NORMAL || l->type == PAGE_TYPE_VMSA)
		sha384(l->page, CONTROL_PAGE, page->contents);
	if (l->type == PAGE_TYPE_VMSA && launch.nr_vmsas++ < CONTROL_MAX_VMSAS)
		memcpy(launch.vmsa[launch.nr_vmsas - 1], l->page, CONTROL_PAGE);
	memcpy(info.digest, launch.digest, sizeof(info.digest));
	memcpy(info.contents, page->contents, sizeof(info.contents));
	sha384((void *)&info, sizeof(info), launch.digest);
}

static int finish(const struct image_launch *l)
{
	const struct snp_id_block *id = l->id_block;

	if (id && (id->version != SNP_ID_BLOCK_VERSION ||
		   memcmp(id->digest, launch.digest, sizeof(id->digest))))
		return BAD_MEASUREMENT;
	if (id && id->policy != launch.policy)
		return POLICY_FAILURE;
	if (id && !fw_id_signed(id, l->id_auth, l->auth_key))
		return BAD_SIGNATURE;
	launch.finished = true;
	launch.has_id_block = id;
	launch.auth_key = l->auth_key;
	launch.vcek_disabled = l->vcek_disabled;
	if (id) {
		memcpy(launch.id_block, l->id_block, sizeof(launch.id_block));
		memcpy(launch.id_auth, l->id_auth, sizeof(launch.id_auth));
	}
	memcpy(launch.host_data, l->host_data, sizeof(launch.host_data));
	return 0;
}

/* Guests of SEV-ES: no more than what their vCPUs begin with is kept. */
#define GCTX_OF_ES	(~0ULL)

static void es_vmsa(const struct image_launch *l)
{
	if (gctx != GCTX_OF_ES)
		memset(&launch, 0, sizeof(launch));
	gctx = GCTX_OF_ES;
	if (launch.nr_vmsas++ < CONTROL_MAX_VMSAS)
		memcpy(launch.vmsa[launch.nr_vmsas - 1], l->page, CONTROL_PAGE);
}

/* What is measured of it; one guest at a time is. */
static int measure(const struct image_launch *l)
{
	if (measuring && l->op == IMAGE_LAUNCH_ES_VMSA)
		es_vmsa(l);
	if (measuring && l->op == IMAGE_LAUNCH_START)
		start(l);
	else if (l->op == IMAGE_LAUNCH_UPDATE && l->gctx == gctx)
		update(l);
	else if (l->op == IMAGE_LAUNCH_FINISH && l->gctx == gctx)
		return finish(l);
	return 0;
}

IMAGE_CALL int src_launch(const struct image_launch *l)
{
	int ret = measure(l);

	if (l->op == IMAGE_LAUNCH_START)
		fw_guest_start(l);
	else if (l->op == IMAGE_LAUNCH_UPDATE && l->type == PAGE_TYPE_SECRETS)
		fw_guest_secrets(l);
	else if (l->op == IMAGE_LAUNCH_FINISH && !ret)
		fw_guest_finish(l, l->gctx == gctx ? launch.digest : NULL);
	return ret;
}
