/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for the numbers of the GHCB protocol.
 */
#ifndef GHCB_NAMES_H
#define GHCB_NAMES_H

#include "check/names.h"

extern const struct value_names
	names_nae,		/* NAE events */
	names_info_1,		/* SW_EXITINFO1 of an answer */
	names_malformed,	/* SW_EXITINFO2 of a malformed-input answer */
	names_guest_request,	/* SW_EXITINFO2 of a guest request */
	names_psc,		/* SW_EXITINFO2 of a page state change */
	names_ghcb_msr;		/* bits 11:0 of the GHCB MSR */

#endif
