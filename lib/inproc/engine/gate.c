// SPDX-License-Identifier: GPL-2.0-only
#include <sys/syscall.h>
#include <unistd.h>

#include "gate.h"

void gate_init(struct gate *gate)
{
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->changed, NULL);
	gate->inside = gate->paused = 0;
	gate->vcpus = NULL;
}

void gate_destroy(struct gate *gate)
{
	pthread_cond_destroy(&gate->changed);
	pthread_mutex_destroy(&gate->lock);
}

void gate_add(struct gate *gate, struct gate_vcpu *gv)
{
	pthread_mutex_lock(&gate->lock);
	gv->gate = gate;
	gv->next = gate->vcpus;
	gate->vcpus = gv;
	pthread_mutex_unlock(&gate->lock);
}

void gate_remove(struct gate_vcpu *gv)
{
	struct gate_vcpu **link;

	pthread_mutex_lock(&gv->gate->lock);
	for (link = &gv->gate->vcpus; *link; link = &(*link)->next) {
		if (*link == gv) {
			*link = gv->next;
			break;
		}
	}
	pthread_mutex_unlock(&gv->gate->lock);
}

bool gate_enter(struct gate_vcpu *gv)
{
	/* Not kept from one time to the next: after fork() it would be the parent's. */
	pid_t tid = syscall(SYS_gettid);
	struct gate *gate = gv->gate;
	bool in;

	pthread_mutex_lock(&gate->lock);
	while (gate->paused && !gv->kicked)
		pthread_cond_wait(&gate->changed, &gate->lock);
	in = !gv->kicked;
	gv->kicked = false;
	if (in) {
		gv->tid = tid;
		gv->inside = true;
		gate->inside++;
	}
	pthread_mutex_unlock(&gate->lock);
	return in;
}

void gate_leave(struct gate_vcpu *gv)
{
	struct gate *gate = gv->gate;

	pthread_mutex_lock(&gate->lock);
	gv->inside = false;
	gate->inside--;
	if (gate->paused)
		pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

void gate_kick(struct gate_vcpu *gv)
{
	struct gate *gate = gv->gate;

	pthread_mutex_lock(&gate->lock);
	gv->kicked = true;
	if (gv->inside)
		gv->interrupt(gv);
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

void gate_pause(struct gate *gate)
{
	struct gate_vcpu *gv;

	pthread_mutex_lock(&gate->lock);
	gate->paused++;
	for (gv = gate->vcpus; gv; gv = gv->next)
		if (gv->inside)
			gv->interrupt(gv);
	while (gate->inside)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

void gate_resume(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->paused--;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}
