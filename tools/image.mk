# SPDX-License-Identifier: GPL-2.0-only
# Glue and link of the kernel image; run by tools/image.sh in the tree's object
# directory, after the tree's own objects are built there.
#	TOP	the suite's sources
#	WORK	where glue objects and the image go
#	FLAGS	a file with the flags that the tree compiled sev.o with
#	TREE_OBJS	the tree's objects
#	PARTS		what is linked, if not those and the glue
#	UNPROVIDE	symbols that the glue shall not have

KERNEL := $(TOP)/lib/inproc/src/kernel
# Files named tdx_* are for trees that have a tdx.c.
GLUE_SRCS := $(wildcard $(KERNEL)/*.c $(KERNEL)/*.S)
ifeq ($(filter %/vmx/main.o,$(TREE_OBJS)),)
GLUE_SRCS := $(filter-out $(KERNEL)/tdx_%,$(GLUE_SRCS))
endif
GLUE_OBJS := $(patsubst $(KERNEL)/%,$(WORK)/glue/%.o,$(GLUE_SRCS))
LDS := $(KERNEL)/image.lds

# Static in the tree's files, and set by the glue as hardware set-up would.
GLOBALS := svm_x86_ops x86_emulator_cache min_sev_asid nr_asids sev_enc_bit sev_me_mask \
	   sev_asid_bitmap sev_reclaim_asid_bitmap sev_enabled sev_es_enabled sev_snp_enabled \
	   min_snp_asid max_snp_asid min_sev_es_asid max_sev_es_asid \
	   snp_supported_policy_bits \
	   vt_x86_ops host_idt_base user_return_msrs associated_tdvcpus tdx_module_initialized tdx_module_status \
	   tdx_global_keyid tdx_guest_keyid_start tdx_nr_guest_keyids

# Given by image.lds, not to be bound as missing.
LDS_SYMBOLS := const_pcpu_hot const_current_task const_cpu_current_top_of_stack \
	       __per_cpu_start __per_cpu_end __start___bug_table __stop___bug_table \
	       __start___ex_table __stop___ex_table

# IMAGE_UNDEF_BASE and IMAGE_UNDEF_STEP of lib/inproc/src/loader.h
UNDEF_BASE := 1879048192
UNDEF_STEP := 65536

$(WORK)/image.elf: $(WORK)/all.o $(WORK)/undefined.lds $(LDS)
	ld -static -z noexecstack --no-warn-rwx-segments -T $(LDS) -T $(WORK)/undefined.lds \
		-o $@.new $(WORK)/all.o
	mv $@.new $@

# Each symbol that nobody provides gets an address of its own, at which nothing
# is mapped: whoever calls, reads or writes it is told its name (fault.c).
$(WORK)/undefined.lds: $(WORK)/all.o
	nm -u $< | awk -v base=$(UNDEF_BASE) -v step=$(UNDEF_STEP) -v skip='$(LDS_SYMBOLS)' \
		'BEGIN { n = split(skip, s, " "); for (i = 1; i <= n; i++) no[s[i]] = 1 } \
		 $$1 == "U" && !($$2 in no) { printf "PROVIDE(%s = 0x%x);\n", $$2, base; base += step }' > $@.new
	mv $@.new $@

PARTS := $(WORK)/tree.o $(if $(UNPROVIDE),$(WORK)/glue.o,$(GLUE_OBJS))
$(WORK)/glue.o: $(GLUE_OBJS)
	ld -r -z noexecstack -o $@ $^
	objcopy $(foreach s,$(UNPROVIDE),--redefine-sym $(s)=unprovided_$(s)) $@

$(WORK)/all.o: $(PARTS)
	ld -r -z noexecstack -o $@ $^

$(WORK)/tree.o: $(TREE_OBJS) $(MAKEFILE_LIST)
	ld -r -z noexecstack -o $@ $(TREE_OBJS)
	objcopy $(addprefix --globalize-symbol=,$(GLOBALS)) $@

# kbuild's flags carry quotes for the shell: they come through a file.
$(WORK)/glue/%.o: $(KERNEL)/% $(FLAGS) $(WORK)/glue_probe.h $(TOP)/tools/image.mk
	@mkdir -p $(@D)
	@eval "$$(cat $(FLAGS)) $(if $(filter %.S,$<),-D__ASSEMBLY__) -I$(WORK) -I$(KERNEL) \
		-I$(KERNEL)/.. -MMD -MP -MF $@.d -MT $@ -c -o $@ $<"

-include $(wildcard $(WORK)/glue/*.d)
