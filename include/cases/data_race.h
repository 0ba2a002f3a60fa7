/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data races that schedules have shown, on a kernel that tells of its accesses (tools/image.sh
 * --races).
 *
 * One that KCSAN tells of by default is a failure, but those of the list in COCO_KNOWN_RACES
 * (tools/known-races has its form).  Where the only plain accesses are aligned writes up to a
 * word, KCSAN takes them for marked but with CONFIG_KCSAN_STRICT (kcsan.rst): those are notes.
 */
#ifndef CASES_DATA_RACE_H
#define CASES_DATA_RACE_H

/* Keep the schedule that the races which are new were shown by. */
void data_races_keep(const char *schedule);
/* Tell of those that are new since this was called last, by @nr threads that call @names. */
void data_races_tell(const char *const *names, unsigned int nr);

#endif
