/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate in front of an engine's guests: who executes, who waits because
 * memory is being changed, who has been kicked.  Both engines use it.
 */
#ifndef INPROC_GATE_H
#define INPROC_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct gate_vcpu {
	struct gate_vcpu *next;
	struct gate *gate;
	bool inside;
	bool kicked;
	pid_t tid;			/* of the thread inside */
	/* Make the thread inside come out soon; under the gate's lock. */
	void (*interrupt)(struct gate_vcpu *gv);
};

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int inside, paused;
	struct gate_vcpu *vcpus;
};

void gate_init(struct gate *gate);
void gate_destroy(struct gate *gate);
void gate_add(struct gate *gate, struct gate_vcpu *gv);
void gate_remove(struct gate_vcpu *gv);

/*
 * Go in, when nobody holds the gate shut.  False: kicked, now or before, and
 * not inside; the kick is used up.
 */
bool gate_enter(struct gate_vcpu *gv);
void gate_leave(struct gate_vcpu *gv);
void gate_kick(struct gate_vcpu *gv);

/* Shut the gate and wait until everybody is out; open it again. */
void gate_pause(struct gate *gate);
void gate_resume(struct gate *gate);

#endif
