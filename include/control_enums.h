/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of control.h that the kernel image has, too, and so without types of any side. */
#ifndef CONTROL_ENUMS_H
#define CONTROL_ENUMS_H

/* What the kernel must not do with memory; each is a requirement of its own. */
enum control_mem_bug {
	CONTROL_MEM_BOUNDS,	/* accessed past its end or before its start */
	CONTROL_MEM_FREED,	/* accessed after it was freed, freed twice or by the wrong function */
	CONTROL_MEM_LEAK,	/* not freed when its VM was destroyed */
	CONTROL_MEM_REACHED,	/* a page given back that a guest still reaches */
	CONTROL_MEM_STALE,	/* out of a guest's page tables, but its TLB was not flushed */
	CONTROL_MEM_MAP_GONE,	/* guest memory accessed through a mapping that is gone */
	CONTROL_MEM_MAP_LEFT,	/* guest memory mapped or pinned when its VM was destroyed */
	CONTROL_MEM_KMAP_LEFT,	/* kmap_local_page() or fdget() not undone on return */
	CONTROL_MEM_PIN_SHORT,	/* pinned after return, but not as for long */
	CONTROL_MEM_KMAP_ORDER,	/* local mappings not ended in the reverse order */
	CONTROL_MEM_FIRMWARE,	/* a page given back while firmware or a guest owns it */
	CONTROL_MEM_VMSA,	/* taken from a guest while VMRUN uses it, or used after that */
	CONTROL_MEM_NO_VMSA,	/* VMRUN with a VMSA that is no page */
	CONTROL_MEM_KEYID,	/* a TD's KeyID not given back with its VM, or too early */
	CONTROL_MEM_UNCHARGED,	/* a page that a VM has for long is charged to no cgroup */
	CONTROL_HOST_STATE,	/* a guest's run has changed registers of the host's for good */
	CONTROL_SEV_TLB,	/* VMRUN with translations that may be stale */
	CONTROL_SVM_CLEAN,	/* VMRUN with a VMCB that calls clean what a CPU has not */
	CONTROL_SEV_INTERCEPT,	/* an intercept for which the guest has no event */
	CONTROL_SEV_LBR,	/* an SEV-ES guest without a record of branches of its own */
	CONTROL_SEV_EXCEPTION,	/* an exception that a guest can keep a CPU with */
	CONTROL_SEV_ASID,	/* VMRUN with an ASID that firmware has not activated for a guest */
	CONTROL_SEV_LEFT,	/* of a guest with firmware, or charged for it, when no VM is left */
	CONTROL_SEV_BUSY,	/* a command for firmware that has not answered the one before */
	CONTROL_SEV_DIRECT_MAP,	/* a page assigned that the host has in a mapping of 2 MiB */
	CONTROL_SEV_CACHE,	/* memory changes hands with what caches have of it */
	CONTROL_TD_CACHE,	/* the TDX module gets a page of which caches were not written back */
	CONTROL_VMX_LEFT,	/* a CPU is in VMX operation when it goes offline */
	CONTROL_UNDEFINED,	/* a sanitizer found undefined behaviour */
	CONTROL_NR_MEM_BUGS
};

/* Steps of the kernel's that can be made to fail. */
enum control_step {
	CONTROL_STEP_ALLOC,	/* an allocation for a VM */
	CONTROL_STEP_PSP,	/* a command of the PSP's */
	CONTROL_STEP_RMP,	/* a page assigned in the RMP */
	CONTROL_STEP_VCPU,	/* a vCPU that is created gets its place in KVM's array */
	CONTROL_STEP_CHARGE,	/* a cgroup's limit holds for a VM's KeyID or ASID */
	CONTROL_STEP_USER,	/* bytes copied from or to the VMM */
	CONTROL_STEP_RECLAIM,	/* firmware gives a page back */
	CONTROL_STEP_OVERLAP,	/* an RMPUPDATE that no other one of a CPU's overlaps */
	CONTROL_STEP_ANSWER,	/* firmware answers a command, before the kernel waits no longer */
	CONTROL_NR_STEPS
};

/* What a misc cgroup is charged for. */
enum control_charge { CONTROL_CHARGE_SEV, CONTROL_CHARGE_SEV_ES, CONTROL_NR_CHARGES };
#define CONTROL_NR_CGROUPS	2

/* Where another thread may come in between, see struct control_interleave. */
enum control_point_kind {
	CONTROL_POINT_START,	/* a thread begins */
	CONTROL_POINT_LOCK,	/* a lock is about to be taken, or was by trylock; or RCU, SRCU */
	CONTROL_POINT_UNLOCK,	/* it is about to be given back: no point, but told */
	CONTROL_POINT_GIVEN,	/* it has been */
	CONTROL_POINT_STEP,	/* the steps of enum control_step */
	CONTROL_POINT_SEAMCALL = CONTROL_POINT_STEP + CONTROL_NR_STEPS,
	CONTROL_POINT_GUEST,	/* the CPU has entered the guest, which has executed nothing */
	CONTROL_POINT_HOST,	/* it has left it */
	CONTROL_POINT_YIELD,	/* the thread lets others run */
	CONTROL_POINT_END,	/* it has come to its end, and another one goes on */
};

/* The name of points behind a SEAMCALL that the TDX module has a TD locked in. */
#define CONTROL_TD_LOCK	"the TDX module's lock of a TD"

/* An access to memory; without any of these it is a plain read. */
enum control_access {
	CONTROL_ACCESS_WRITE = 1,
	CONTROL_ACCESS_READ_TOO = 2,	/* a write that reads as well */
	CONTROL_ACCESS_MARKED = 4,	/* READ_ONCE(), WRITE_ONCE(), an atomic operation */
	CONTROL_ACCESS_WANTED = 8,	/* data_race() */
	CONTROL_ACCESS_ASSERT = 16,	/* ASSERT_EXCLUSIVE_*(): it is none */
	CONTROL_ACCESS_FREE = 32,	/* what is there is freed */
};

/* What orders accesses of several threads, beside locks and atomic operations. */
enum control_order {
	CONTROL_ORDER_PUT,	/* what this thread has done is before what follows a GET of that */
	CONTROL_ORDER_GET,
	CONTROL_ORDER_FENCE,	/* ... follows a read of what it writes atomically from now on */
	CONTROL_ORDER_SYNC,	/* a lock is given back that was only said to be taken (lock_sync()) */
	CONTROL_ORDER_GRACE,	/* RCU and SRCU readers that have ended are before this */
};

/* How a schedule ended. */
enum control_interleaved {
	CONTROL_INTERLEAVED,	/* every thread has come to its end */
	CONTROL_NO_SWITCH,	/* so too, but a switch was to a thread that could not run */
	CONTROL_DEADLOCK,	/* each thread waits for another one */
	CONTROL_LIVELOCK,	/* they run on and on */
	CONTROL_STUCK,		/* one runs on outside of kernel code */
};

/* What KVM hands on to the kernel's own handlers after a guest was interrupted by it. */
enum control_host_event {
	CONTROL_HOST_INTERRUPT,
	CONTROL_HOST_NMI,
	CONTROL_HOST_MACHINE_CHECK,
	CONTROL_NR_HOST_EVENTS
};

/* What becomes of a TDH.VP.ENTER; but for the first, the CPU does it in place of the guest. */
enum control_td_exit_kind {
	CONTROL_TD_GUEST,	/* what the guest does */
	CONTROL_TD_STATUS,	/* a status, with or without a VMX exit reason */
	CONTROL_TD_NOTIFY,	/* the guest lets no interrupt in, for a time */
	CONTROL_TD_BUS_LOCK,	/* it has made a bus lock */
	CONTROL_TD_BUS_LOCK_TOO,	/* it makes one together with its next exit */
};

#endif
