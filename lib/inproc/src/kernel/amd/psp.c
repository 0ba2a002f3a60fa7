// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the AMD Secure Processor as its driver finds it (drivers/crypto/ccp, which is the
 * tree's own): a PCI device, and the registers of its SEV mailbox.  A model: a command is done
 * by firmware (psp_snp.c, psp_sev.c) when its register is written, and the interrupt that the
 * driver asked for comes before the write has retired.
 */
#include <linux/file.h>
#include <linux/firmware.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/psp-sev.h>

#include "glue.h"
#include "linux/task.h"
#include "psp.h"

/* The device of family 19h model 11h, of which the driver has a table of registers. */
#define GLUE_PSP_DEVICE		0x14ca
#define GLUE_PSP_BAR		2
/* Where the driver has the BAR mapped: as ioremap() gives addresses, no memory. */
#define GLUE_PSP_REGS		((void __iomem *)0xffffc90000000000UL)

/* Offsets in the BAR: C2PMSG 32, 56, 57 and 63, P2CMSG_INTEN, P2CMSG_INTSTS */
enum {
	GLUE_PSP_INTEN = 0x10690, GLUE_PSP_INTSTS = 0x10694, GLUE_PSP_CMDRESP = 0x10980,
	GLUE_PSP_ADDR_LO = 0x109e0, GLUE_PSP_ADDR_HI = 0x109e4, GLUE_PSP_FEATURES = 0x109fc,
};

#define GLUE_FEATURE_SEV	BIT(0)
#define GLUE_CMD_IOC		BIT(0)
#define GLUE_CMD(value)		((value) >> 16 & 0x7ff)
#define GLUE_CMD_RESPONSE	BIT(31)
#define GLUE_INT_SEV		BIT(1)

static struct {
	u32 lo, hi, cmdresp, inten, intsts;
	unsigned int irq;
	irq_handler_t handler;
	void *handler_data;
	bool silent;			/* it has a command, which it will not answer */
} glue_psp = { .irq = 33 };

/*
 * What a longer command may have left in the driver's buffer, for the next one.  PAGE_RECLAIM
 * leaves it alone: the driver gives it amid other commands, at whose buffers it looks again.
 */
#define GLUE_STALE		0xa5
#define GLUE_MAX_BUFFER		128

static unsigned int glue_psp_counts[0x100];

bool glue_psp_is_silent(void)
{
	return glue_psp.silent;
}

unsigned int glue_psp_commands(unsigned int id)
{
	return id < ARRAY_SIZE(glue_psp_counts) ? glue_psp_counts[id] : 0;
}

static int glue_psp_run(unsigned int cmd, void *buf)
{
	u64 asked[GLUE_MAX_BUFFER / sizeof(u64)];
	const char *name;
	size_t len;
	int status;

	if (buf && glue_host->command)
		memcpy(asked, buf, sizeof(asked));
	if (cmd < ARRAY_SIZE(glue_psp_counts))
		glue_psp_counts[cmd]++;
	/* Commands that give pages back are counted, and fail, by themselves. */
	if (glue_host->step_fails(cmd == SEV_CMD_SNP_PAGE_RECLAIM ? CONTROL_STEP_RECLAIM :
				  CONTROL_STEP_PSP))
		return SEV_RET_RESOURCE_LIMIT;
	name = glue_sev_cmd(cmd, buf, &len, &status) ?: glue_keys_cmd(cmd, buf, &len, &status) ?:
	       glue_snp_cmd(cmd, buf, &len, &status);
	if (!name)
		glue_not_driven("PSP command %#x: the firmware model does not have it", cmd);
	if (buf && len < GLUE_MAX_BUFFER && cmd != SEV_CMD_SNP_PAGE_RECLAIM)
		memset(buf + len, GLUE_STALE, GLUE_MAX_BUFFER - len);
	if (glue_host->command)
		glue_host->command(IMAGE_PSP, name, asked,
				   buf ? min(len, sizeof(asked)) / sizeof(u64) : 0, status);
	return status;
}

/* On this CPU, which has enabled interrupts if the driver wants to be told. */
static void glue_psp_interrupt(void)
{
	bool off;

	glue_psp.intsts |= GLUE_INT_SEV;
	if (!(glue_psp.inten & GLUE_INT_SEV) || !glue_psp.handler)
		return;
	off = glue_irq_save();
	__preempt_count_add(HARDIRQ_OFFSET);
	glue_psp.handler(glue_psp.irq, glue_psp.handler_data);
	__preempt_count_sub(HARDIRQ_OFFSET);
	glue_irq_restore(off);
}

static void glue_psp_command(u32 value)
{
	u64 address = (u64)glue_psp.hi << 32 | glue_psp.lo;

	if (glue_psp.silent)
		glue_host->mem_bug(CONTROL_SEV_BUSY,
				   "gives firmware a command before it has answered the last one",
				   GLUE_CALLER);
	glue_psp.silent |= glue_host->step_fails(CONTROL_STEP_ANSWER);
	if (glue_psp.silent) {
		glue_psp.cmdresp = 0;
		to_glue_task(current)->late = true;
		return;
	}
	glue_psp.cmdresp = GLUE_CMD_RESPONSE |
			   glue_psp_run(GLUE_CMD(value), address ? __va(address) : NULL);
	if (value & GLUE_CMD_IOC)
		glue_psp_interrupt();
}

/* lib/iomap.c: there are no other registers. */
void iowrite32(u32 value, void __iomem *addr)
{
	switch (addr - GLUE_PSP_REGS) {
	case GLUE_PSP_CMDRESP:
		glue_psp_command(value);
		break;
	case GLUE_PSP_ADDR_LO:
		glue_psp.lo = value;
		break;
	case GLUE_PSP_ADDR_HI:
		glue_psp.hi = value;
		break;
	case GLUE_PSP_INTEN:
		glue_psp.inten = value;
		break;
	case GLUE_PSP_INTSTS:
		glue_psp.intsts &= ~value;
		break;
	default:
		glue_not_driven("a write of %#x to register %#lx of the PSP", value,
				(unsigned long)(addr - GLUE_PSP_REGS));
	}
}

unsigned int ioread32(const void __iomem *addr)
{
	switch (addr - GLUE_PSP_REGS) {
	case GLUE_PSP_CMDRESP:
		return glue_psp.cmdresp;
	case GLUE_PSP_ADDR_LO:
		return glue_psp.lo;
	case GLUE_PSP_ADDR_HI:
		return glue_psp.hi;
	case GLUE_PSP_INTEN:
		return glue_psp.inten;
	case GLUE_PSP_INTSTS:
		return glue_psp.intsts;
	case GLUE_PSP_FEATURES:
		return GLUE_FEATURE_SEV;
	}
	return ~0U;
}

/* ---- the bus: drivers/pci/ and kernel/irq/, which have one device and its interrupt ---- */

static struct pci_bus glue_pci_bus;
static struct pci_dev glue_pci_dev = {
	.vendor = PCI_VENDOR_ID_AMD, .device = GLUE_PSP_DEVICE, .bus = &glue_pci_bus,
};

int __pci_register_driver(struct pci_driver *driver, struct module *owner, const char *name)
{
	const struct pci_device_id *id;

	if (boot_cpu_data.x86_vendor != X86_VENDOR_AMD)
		return 0;
	for (id = driver->id_table; id->vendor; id++)
		if (id->vendor == glue_pci_dev.vendor && id->device == glue_pci_dev.device)
			return driver->probe(&glue_pci_dev, id);
	glue_not_driven("a driver of the PSP without device %#x", GLUE_PSP_DEVICE);
}

void __iomem * const *pcim_iomap_table(struct pci_dev *dev)
{
	static void __iomem *table[PCI_STD_NUM_BARS] = { [GLUE_PSP_BAR] = GLUE_PSP_REGS };

	return table;
}

int pci_enable_msix_range(struct pci_dev *dev, struct msix_entry *entries, int min, int max)
{
	entries[0].vector = glue_psp.irq;
	return 1;
}

int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread,
			 unsigned long flags, const char *name, void *data)
{
	glue_psp.handler = handler;
	glue_psp.handler_data = data;
	return 0;
}

/* No file has newer firmware. */
int firmware_request_nowarn(const struct firmware **fw, const char *name, struct device *dev)
{
	return -ENOENT;
}

/* ---- what goes by here first: KVM's commands, some of which a test has fail ---- */

/* The driver could not issue it: of hardware that takes an answer that never comes. */
int glue_sev_issue_cmd(struct file *file, unsigned int cmd, void *data, int *error);

int glue_sev_issue_cmd(struct file *file, unsigned int cmd, void *data, int *error)
{
	int ret = cmd == SEV_CMD_SNP_GUEST_REQUEST ? glue_host->guest_request_fails() : 0;

	return ret ?: sev_issue_cmd_external_user(file, cmd, data, error);
}
