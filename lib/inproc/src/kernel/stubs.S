/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stubs: functions around the code under test that do nothing and return 0.
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
	stub __kvm_migrate_pit_timer
	stub __kvm_migrate_timers
	stub __kvm_mmu_refresh_passthrough_bits
	stub __local_bh_enable_ip
	stub __rcu_read_lock
	stub __rcu_read_unlock
	stub __srcu_read_lock
	stub __srcu_read_unlock
	stub __static_key_slow_dec_deferred
	stub amd_get_dr_addr_mask
	stub cancel_delayed_work_sync
	stub cancel_work_sync
	stub check_tsc_unstable
	stub clflush_cache_range
	stub cpufreq_cpu_get
	stub cpufreq_cpu_put
	stub cpufreq_quick_get
	stub cpus_read_lock
	stub cpus_read_unlock
	stub cr4_read_shadow
	stub dump_stack
	stub fpregs_assert_state_consistent
	stub fpu_sync_guest_vmexit_xfd_state
	stub fpu_update_guest_xfd
	stub fred_entry_from_kvm
	stub gds_ucode_mitigated
	stub housekeeping_enabled
	stub hrtimer_cancel
	stub hrtimer_init
	stub hrtimer_setup
	stub hrtimer_start_range_ns
	stub hw_breakpoint_restore
	stub init_timer_key
	stub irq_work_queue
	stub irq_work_sync
	stub jump_label_update_timeout
	stub kvm_async_pf_wakeup_all
	stub kvm_check_async_pf_completion
	stub kvm_clear_async_pf_completion_queue
	stub kvm_cpu_get_interrupt
	stub kvm_cpu_has_extint
	stub kvm_cpu_has_injectable_intr
	stub kvm_cpu_has_interrupt
	stub kvm_cpu_has_pending_timer
	stub kvm_dirty_ring_check_request
	stub kvm_destroy_vcpus
	stub kvm_disable_virtualization
	stub kvm_enable_virtualization
	stub kvm_flush_remote_tlbs_memslot
	stub kvm_free_pit
	stub kvm_get_kvm
	stub kvm_gpc_activate
	stub kvm_gpc_deactivate
	stub kvm_gpc_init
	stub kvm_gpc_refresh
	stub kvm_init_mmu
	stub kvm_inject_pending_timer_irqs
	stub kvm_io_bus_register_dev
	stub kvm_io_bus_unregister_dev
	stub kvm_ioapic_destroy
	stub kvm_ioapic_init
	stub kvm_ioapic_scan_entry
	stub kvm_irq_has_notifier
	stub kvm_irq_routing_update
	stub kvm_mediated_pmu_load
	stub kvm_mediated_pmu_put
	stub kvm_mmu_after_set_cpuid
	stub kvm_mmu_destroy
	stub kvm_mmu_free_obsolete_roots
	stub kvm_mmu_init_vm
	stub kvm_mmu_invalidate_mmio_sptes
	stub kvm_mmu_load
	stub kvm_mmu_may_ignore_guest_pat
	stub kvm_mmu_post_init_vm
	stub kvm_mmu_pre_destroy_vm
	stub kvm_mmu_reset_context
	stub kvm_mmu_set_mmio_spte_value
	stub kvm_mmu_sync_roots
	stub kvm_mmu_uninit_vm
	stub kvm_mmu_unload
	stub kvm_need_perf_global_ctrl_intercept
	stub kvm_need_rdpmc_intercept
	stub kvm_notify_acked_irq
	stub kvm_notify_irqfd_resampler
	stub kvm_pic_destroy
	stub kvm_pic_init
	stub kvm_pmu_branch_retired
	stub kvm_pmu_destroy
	stub kvm_pmu_handle_event
	stub kvm_pmu_init
	stub kvm_pmu_is_valid_msr
	stub kvm_pmu_instruction_retired
	stub kvm_pmu_ops_update
	stub kvm_pmu_refresh
	stub kvm_pmu_trigger_event
	stub kvm_post_set_cr0
	stub kvm_post_set_cr4
	stub kvm_put_kvm
	stub kvm_read_and_reset_apf_flags
	stub kvm_register_perf_callbacks
	stub kvm_release_page_clean
	stub kvm_scan_ioapic_routes
	stub kvm_set_posted_intr_wakeup_handler
	stub kvm_setup_default_ioapic_and_pic_routing
	stub kvm_setup_default_irq_routing
	stub kvm_smm_changed
	stub kvm_vcpu_on_spin
	stub kvm_zap_gfn_range
	stub lockdep_assert_cpus_held
	stub mark_page_accessed
	stub mark_page_dirty_in_slot
	stub mark_tsc_unstable
	stub migrate_disable
	stub migrate_enable
	stub msr_set_bit
	stub perf_get_x86_pmu_capability
	stub profile_hits
	stub queue_delayed_work_on
	stub queue_work_on
	stub rcu_note_context_switch
	stub set_page_dirty_lock
	stub sev_platform_shutdown
	stub single_task_running
	stub static_key_slow_dec
	stub static_key_slow_inc
	stub svm_allocate_nested
	stub switch_fpu_return
	stub synchronize_srcu
	stub synchronize_srcu_expedited
	stub timer_init_key
	stub user_return_notifier_register
	stub user_return_notifier_unregister
	stub vmx_do_interrupt_irqoff
	stub wbinvd_on_all_cpus
	stub wbinvd_on_cpu
	stub wbinvd_on_cpus_mask
	stub wbnoinvd_on_cpus_mask
	stub write_ibpb
	stub x86_entry_from_kvm
	stub x86_virt_get_ref
	stub x86_virt_put_ref
	stub x86_virt_spec_ctrl
	xorl %eax, %eax
	ret

/* The same, but callers count on every register being as it was. */
	stub preempt_schedule_thunk
	ret

	.section .note.GNU-stack, "", @progbits
