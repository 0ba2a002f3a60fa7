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
HAS_TDX := $(wildcard arch/x86/kvm/vmx/tdx.o)
# tdx/ is for trees that have a tdx.c.
GLUE_SRCS := $(wildcard $(addprefix $(KERNEL)/,*.[cS] linux/*.[cS] amd/*.[cS] intel/*.[cS] \
	$(if $(HAS_TDX),tdx/*.[cS])))
GLUE_OBJS := $(patsubst $(KERNEL)/%,$(WORK)/glue/%.o,$(GLUE_SRCS))
LDS := $(KERNEL)/image.lds

# IMAGE_UNDEF_BASE and IMAGE_UNDEF_STEP
undef = $(shell awk '$$2 == "IMAGE_UNDEF_$(1)" { print $$3 }' $(KERNEL)/../image/image.h)

$(WORK)/image.elf: $(WORK)/all.o $(WORK)/undefined.lds $(LDS)
	ld -static -z noexecstack --no-warn-rwx-segments -T $(LDS) -T $(WORK)/undefined.lds \
		-o $@.new $(WORK)/all.o
	mv $@.new $@

# Each symbol that nobody provides gets an address of its own, at which nothing
# is mapped: whoever calls, reads or writes it is told its name (fault.c).
# Not those that image.lds gives itself.
$(WORK)/undefined.lds: $(WORK)/all.o $(LDS)
	nm -u $< | awk -v base=$(call undef,BASE) -v step=$(call undef,STEP) -v lds=$(LDS) \
		'BEGIN { while ((getline line < lds) > 0) \
				if (match(line, /[A-Za-z_]+ =/)) \
					no[substr(line, RSTART, RLENGTH - 2)] = 1 } \
		 $$1 == "U" && !($$2 in no) { printf "PROVIDE(%s = %s + %d * %s);\n", $$2, base, nr++, step }' > $@.new
	mv $@.new $@

PARTS := $(WORK)/tree.o $(if $(UNPROVIDE),$(WORK)/glue.o,$(GLUE_OBJS))
$(WORK)/glue.o: $(GLUE_OBJS)
	ld -r -z noexecstack -o $@ $^
	objcopy $(foreach s,$(UNPROVIDE),--redefine-sym $(s)=unprovided_$(s)) $@

$(WORK)/all.o: $(PARTS)
	ld -r -z noexecstack -o $@ $^

# Each module's init_module() and __this_module get its name (linux/module.c).
MODULES := $(filter %/kvm.o %/kvm-amd.o %/kvm-intel.o,$(TREE_OBJS))
MODULE_DIR ?= arch/x86/kvm
NAMED := $(patsubst %,$(WORK)/%,$(notdir $(MODULES)))
RENAMES := $(TOP)/tools/image/renames
$(NAMED): $(WORK)/%: $(MODULE_DIR)/% $(RENAMES) $(MAKEFILE_LIST)
	sed -e '/^#/d' -e 's/%/$(subst -,_,$(basename $*))/' $(RENAMES) > $@.syms
	objcopy --redefine-syms=$@.syms $< $@

$(WORK)/tree.o: $(NAMED) $(TREE_OBJS)
	ld -r -z noexecstack -o $@ $(NAMED) $(filter-out $(MODULES),$(TREE_OBJS))

# kbuild's flags carry quotes for the shell: they come through a file.
$(WORK)/glue/%.o: $(KERNEL)/% $(FLAGS) $(WORK)/glue_probe.h $(TOP)/tools/image.mk $(TOP)/tools/image/glue.sh
	@mkdir -p $(@D)
	@$(TOP)/tools/image/glue.sh $< $@ "$$(cat $(FLAGS)) $(if $(filter %.S,$<),-D__ASSEMBLY__) -I$(WORK) -iquote $(KERNEL) -MMD -MP -MF $@.d -MT $@"

-include $(wildcard $(WORK)/glue/*.d $(WORK)/glue/*/*.d)
