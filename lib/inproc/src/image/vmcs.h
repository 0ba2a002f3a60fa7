/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VMCS in its page, for the model's two halves: VMREAD and VMWRITE are the image's
 * (kernel/intel), VM entries and exits the process's (hw/hw_vmx.c).  CPUs do not say how they
 * keep one.  Fields are found by hashing their encodings, so nobody has to know which there
 * are; included by both sides, as image.h is.
 */
#ifndef INPROC_SRC_VMCS_H
#define INPROC_SRC_VMCS_H

/* More than KVM uses; a page has room for some more. */
#define IMAGE_VMCS_FIELDS	400

struct image_vmcs {
	unsigned int revision, abort;
	unsigned long long launched;
	unsigned long long value[IMAGE_VMCS_FIELDS];
	unsigned short field[IMAGE_VMCS_FIELDS];	/* the encoding plus 1; 0: none */
};

/* Of the field with this encoding, which is 0 if nobody has written to it; NULL: no room. */
static inline unsigned long long *image_vmcs_field(struct image_vmcs *vmcs, unsigned int field)
{
	unsigned int at = field * 2654435761U % IMAGE_VMCS_FIELDS;

	for (unsigned int i = 0; i < IMAGE_VMCS_FIELDS; i++, at = (at + 1) % IMAGE_VMCS_FIELDS) {
		if (vmcs->field[at] == field + 1)
			return &vmcs->value[at];
		if (vmcs->field[at])
			continue;
		vmcs->field[at] = field + 1;
		vmcs->value[at] = 0;
		return &vmcs->value[at];
	}
	return (void *)0;
}

#endif
