// SPDX-License-Identifier: GPL-2.0-only
/* Whom a thread works for. */
#include "vm.h"

__thread struct src_now src_now;
