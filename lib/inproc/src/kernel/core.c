// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left of virt/kvm/kvm_main.c and of the kernel around it: lists of
 * vCPUs, loading a vCPU onto a CPU, signals, time.  Fakes.
 */
#include "glue_probe.h"

#ifdef HAVE_ENTRY_VIRT
#include <linux/entry-virt.h>
#else
#include <linux/entry-kvm.h>
#endif
#include <linux/sched/signal.h>
#include <linux/xarray.h>
#include <linux/ktime.h>

#include "glue.h"
#include "x86.h"

DEFINE_MUTEX(kvm_lock);
LIST_HEAD(vm_list);
bool kvm_rebooting;
volatile unsigned long jiffies;

int glue_core_init(void)
{
	vmemmap_base = (unsigned long)glue_host->page_structs;
	return 0;
}

static DEFINE_PER_CPU(struct kvm_vcpu *, glue_running_vcpu);

void vcpu_load(struct kvm_vcpu *vcpu)
{
	glue_irq_lock();
	this_cpu_write(glue_running_vcpu, vcpu);
	kvm_arch_vcpu_load(vcpu, smp_processor_id());
	glue_irq_unlock();
}

void vcpu_put(struct kvm_vcpu *vcpu)
{
	kvm_arch_vcpu_put(vcpu);
	this_cpu_write(glue_running_vcpu, NULL);
}

struct kvm_vcpu *kvm_get_running_vcpu(void)
{
	return this_cpu_read(glue_running_vcpu);
}

/* The process has blocked signals already, and passes its own mask to the engine. */
void kvm_sigset_activate(struct kvm_vcpu *vcpu)
{
}

void kvm_sigset_deactivate(struct kvm_vcpu *vcpu)
{
}

#ifdef HAVE_XFER_WORK_VCPU
int xfer_to_guest_mode_handle_work(struct kvm_vcpu *vcpu)
{
	if (!test_and_clear_thread_flag(TIF_SIGPENDING))
		return 0;
	kvm_handle_signal_exit(vcpu);
	return -EINTR;
}
#else
int xfer_to_guest_mode_handle_work(void)
{
	return test_and_clear_thread_flag(TIF_SIGPENDING) ? -EINTR : 0;
}
#endif

/* kvm->vcpu_array is the only xarray that kernel code here looks into. */
static struct glue_vm *glue_xa_vm(struct xarray *xa)
{
	return to_glue_vm(container_of(xa, struct kvm, vcpu_array));
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	return index < GLUE_MAX_VCPUS ? glue_xa_vm(xa)->vcpus[index] : NULL;
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	struct glue_vm *vm = glue_xa_vm(xa);

	for (; *index <= max && *index < GLUE_MAX_VCPUS; (*index)++)
		if (vm->vcpus[*index])
			return vm->vcpus[*index];
	return NULL;
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	(*index)++;
	return xa_find(xa, index, max, filter);
}

/* Of a request without action it only matters that vCPUs leave the guest: see td_page(). */
bool kvm_make_all_cpus_request(struct kvm *kvm, unsigned int req)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	if (req & KVM_REQUEST_NO_ACTION)
		return false;
	kvm_for_each_vcpu(i, vcpu, kvm) {
		set_bit(req & KVM_REQUEST_MASK, (void *)&vcpu->requests);
		if (glue_vendor->notify)
			glue_vendor->notify(vcpu);
	}
	return false;
}

ktime_t ktime_get_raw(void)
{
	return glue_host->time_ns();
}

ktime_t ktime_get_with_offset(enum tk_offsets offs)
{
	return glue_host->time_ns();
}

/* No device is emulated in the kernel: port and memory-mapped I/O is the VMM's. */
int kvm_io_bus_write(struct kvm_vcpu *vcpu, enum kvm_bus bus_idx, gpa_t addr, int len,
		     const void *val)
{
	return -EOPNOTSUPP;
}

int kvm_io_bus_read(struct kvm_vcpu *vcpu, enum kvm_bus bus_idx, gpa_t addr, int len, void *val)
{
	return -EOPNOTSUPP;
}

/* Newer trees only. */
int kvm_lock_all_vcpus(struct kvm *kvm);
void kvm_unlock_all_vcpus(struct kvm *kvm);

int kvm_lock_all_vcpus(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm)
		mutex_lock(&vcpu->mutex);
	return 0;
}

void kvm_unlock_all_vcpus(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm)
		mutex_unlock(&vcpu->mutex);
}
