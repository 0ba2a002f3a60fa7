/* SPDX-License-Identifier: GPL-2.0-only */
/* What an SNP VM's owner signs: its ID block (AMD 56860, "ID Block"). */
#ifndef ATTEST_ID_AUTH_H
#define ATTEST_ID_AUTH_H

#include <stdbool.h>

#include "snp_abi.h"

/* All of @auth, by an ID key and an author key that are made for it; false: libcrypto failed. */
bool attest_sign_id(const struct snp_id_block *id, struct snp_id_auth *auth);

#endif
