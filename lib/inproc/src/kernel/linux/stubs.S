/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for functions around the code under test.  Stubs that do nothing and return 0.
 * No test may depend on one of them.  Weak, so that a tree's own object or a
 * fake takes precedence.
 */
	.text
	.balign 16

.macro stub name
	.weak \name
	.type \name, @function
\name:
.endm

	stub ___migrate_enable
	stub __cond_resched
	stub __cpuhp_remove_state
	stub __cpuhp_remove_state_cpuslocked
	stub __cpuhp_setup_state
	stub __cpuhp_setup_state_cpuslocked
	stub __delay
	stub __flush_tlb_all
	stub __folio_put
	stub __local_bh_enable_ip
	stub __rcu_read_lock
	stub __rcu_read_unlock
	stub __srcu_read_lock
	stub __srcu_read_unlock
	stub __static_key_slow_dec_deferred
	stub amd_iommu_activate_guest_mode
	stub amd_iommu_deactivate_guest_mode
	stub amd_iommu_register_ga_log_notifier
	stub amd_iommu_snp_disable
	stub amd_iommu_update_ga
	stub amd_pmu_disable_virt
	stub amd_pmu_enable_virt
	stub cancel_delayed_work_sync
	stub cancel_work_sync
	stub atomic_notifier_chain_register
	stub atomic_notifier_chain_unregister
	stub check_tsc_unstable
	stub cpufreq_cpu_get
	stub cpufreq_cpu_put
	stub cpufreq_quick_get
	stub cpus_read_lock
	stub cpus_read_unlock
	stub dma_set_coherent_mask
	stub dma_set_mask
	stub dump_stack
	stub e820__mapped_raw_any
	stub execute_with_initialized_rng
	stub fpregs_assert_state_consistent
	stub fpu_sync_guest_vmexit_xfd_state
	stub fpu_update_guest_xfd
	stub gds_ucode_mitigated
	stub housekeeping_enabled
	stub hrtimer_cancel
	stub hrtimer_init
	stub hrtimer_setup
	stub hrtimer_start_range_ns
	stub hw_breakpoint_restore
	stub init_timer_key
	stub irq_remapping_cap
	stub irq_set_vcpu_affinity
	stub irq_work_queue
	stub irq_work_sync
	stub jump_label_update_timeout
	stub lockdep_assert_cpus_held
	stub mark_page_accessed
	stub mark_tsc_unstable
	stub mce_is_memory_error
	stub mce_usable_address
	stub migrate_disable
	stub migrate_enable
	stub msr_set_bit
	stub pci_select_bars
	stub pci_set_master
	stub pcim_enable_device
	stub pcim_iomap_regions
	stub perf_create_mediated_pmu
	stub perf_load_guest_context
	stub perf_load_guest_lvtpc
	stub perf_put_guest_context
	stub perf_put_guest_lvtpc
	stub perf_register_guest_info_callbacks
	stub perf_release_mediated_pmu
	stub perf_unregister_guest_info_callbacks
	stub profile_hits
	stub queue_delayed_work_on
	stub queue_work_on
	stub rcu_note_context_switch
	stub single_task_running
	stub static_key_slow_dec
	stub static_key_slow_inc
	stub switch_vcpu_ibpb
	stub synchronize_srcu
	stub synchronize_srcu_expedited
	stub timer_init_key
	stub user_return_notifier_register
	stub user_return_notifier_unregister
	stub walk_iomem_res_desc
	stub write_ibpb
	stub x86_virt_get_ref
	stub x86_virt_put_ref
	stub x86_virt_spec_ctrl
	xorl %eax, %eax
	ret

/* The same, but callers count on every register being as it was. */
	stub preempt_schedule_thunk
	ret

	.section .note.GNU-stack, "", @progbits
