/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A case on each mutant of the kernel that it reaches (tools/mutants).
 */
#ifndef MUTANTS_H
#define MUTANTS_H

#include <stdbool.h>

/* Is that what this program runs for?  To be asked before anything is forked. */
bool mutants_wanted(void);

/*
 * In a case's process, whose verdict comes to @exit_code, a memory that children share: true
 * in each child that has to run the case as usual, and in the end, when all is kept, false.
 */
bool mutants_turn(const char *name, int *exit_code);

/* In a program that a case has run, when it has done what it runs for. */
void mutants_tell_marks(void);

#endif
