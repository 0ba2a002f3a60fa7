// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for arch/x86/kernel/alternative.c: what a kernel patches into its code at boot, as
 * far as something depends on it.  A fake: features of CPUs leave the code as it is, which
 * then asks boot_cpu_data.
 *
 * Patched are copies from and to the VMM's memory that the compiler has made inline: where
 * a slow CPU would call a function, ours is called, which announces the copy; and the
 * highest address that the VMM can have, which is a constant in assembly code.
 */
#include <linux/string.h>
#include <asm/alternative.h>

#include "glue.h"

extern struct alt_instr __start_altinstructions[], __stop_altinstructions[];
extern s32 __start_runtime_ptr_USER_PTR_MAX[] __weak, __stop_runtime_ptr_USER_PTR_MAX[] __weak;
extern unsigned long glue_user_ptr_max asm("USER_PTR_MAX");

void rep_movs_alternative(void);
void rep_stos_alternative(void) __weak;
void glue_rep_movs(void);
void glue_rep_stos(void);

#define GLUE_CALL	0xe8
#define GLUE_CALL_LEN	5
#define GLUE_NOP	0x90

static const struct {
	void (*from)(void), (*to)(void);
} glue_calls[] = {
	{ rep_movs_alternative, glue_rep_movs },
	{ rep_stos_alternative, glue_rep_stos },
};

/* Where the 4 bytes at @p, relative to what follows them, point to. */
static unsigned long glue_target(const u8 *p)
{
	s32 offset;

	memcpy(&offset, p, sizeof(offset));
	return (unsigned long)p + sizeof(offset) + offset;
}

static void glue_patch_call(u8 *at, unsigned int len, void (*to)(void))
{
	s32 offset = (unsigned long)to - ((unsigned long)at + GLUE_CALL_LEN);

	at[0] = GLUE_CALL;
	memcpy(at + 1, &offset, sizeof(offset));
	memset(at + GLUE_CALL_LEN, GLUE_NOP, len - GLUE_CALL_LEN);
}

void glue_alternatives_apply(void)
{
	struct alt_instr *a;
	unsigned int i;
	s32 *p;

	for (a = __start_altinstructions; a < __stop_altinstructions; a++) {
		u8 *at = (u8 *)&a->instr_offset + a->instr_offset;
		const u8 *by = (u8 *)&a->repl_offset + a->repl_offset;

		if (a->replacementlen != GLUE_CALL_LEN || by[0] != GLUE_CALL ||
		    a->instrlen < GLUE_CALL_LEN)
			continue;
		for (i = 0; i < ARRAY_SIZE(glue_calls); i++)
			if (glue_calls[i].from &&
			    glue_target(by + 1) == (unsigned long)glue_calls[i].from)
				glue_patch_call(at, a->instrlen, glue_calls[i].to);
	}
	for (p = __start_runtime_ptr_USER_PTR_MAX; p < __stop_runtime_ptr_USER_PTR_MAX; p++)
		memcpy((u8 *)p + *p, &glue_user_ptr_max, sizeof(glue_user_ptr_max));
}
