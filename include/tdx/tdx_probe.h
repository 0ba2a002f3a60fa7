/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which revision of the TDX exits the KVM under test speaks.
 */
#ifndef TDX_PROBE_H
#define TDX_PROBE_H

#include "exits/tdx.h"

/*
 * The revision that this machine's KVM speaks.  KVM_TDX_CAPABILITIES tells of "tdx"; the
 * others have nothing to be asked, so a TD makes a request, and the exit's reason tells.
 * tdx_revision_find() is for main(), before cases fork; it gives NULL, or why there is none.
 */
const char *tdx_revision_find(void);
const struct tdx_revision *tdx_revision(void);

#endif
