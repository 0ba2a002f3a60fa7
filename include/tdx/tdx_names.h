/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for the numbers of TDCALLs and TDVMCALLs.
 */
#ifndef TDX_NAMES_H
#define TDX_NAMES_H

#include "check/names.h"

extern const struct value_names
	names_tdvmcall,		/* R10, the VMM's status */
	names_tdcall,		/* RAX, the TDX module's status */
	names_leaf,		/* R11, leaves with an exit */
	names_vector;

#endif
