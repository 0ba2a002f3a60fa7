// SPDX-License-Identifier: GPL-2.0-only
/* The engine in use. */
#include "engine.h"

const struct engine_ops *engine;
