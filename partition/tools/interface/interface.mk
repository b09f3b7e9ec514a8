# SPDX-License-Identifier: GPL-2.0-only
# Headers of the interfaces in partition/interfaces/, for every makefile that needs them: include this,
# add $(INTERFACE_CPPFLAGS) to the include paths, and let what includes <abi/if/NAME.h> depend on
# $(INTERFACE_HEADERS). A definition of one's own: $(INTERFACE_TOOL) [--port] -o DIRECTORY NAME.if.
INTERFACE_MK := $(lastword $(MAKEFILE_LIST))
INTERFACE_DIR := $(patsubst %/,%,$(dir $(INTERFACE_MK)))
INTERFACE_PARTITION := $(or $(patsubst %/tools/interface,%,$(filter %/tools/interface,$(INTERFACE_DIR))),.)
INTERFACE_OUT ?= $(INTERFACE_PARTITION)/build/interfaces
INTERFACE_TOOL := $(INTERFACE_OUT)/remora-interface
INTERFACE_CPPFLAGS := -I$(INTERFACE_OUT)
INTERFACE_FILES := $(wildcard $(INTERFACE_PARTITION)/interfaces/*.if)
INTERFACE_NAMES := $(notdir $(basename $(INTERFACE_FILES)))
INTERFACE_HEADERS := $(INTERFACE_NAMES:%=$(INTERFACE_OUT)/abi/if/%.h)
HOSTCC ?= gcc

# Under another name first: two makes may be at it.
$(INTERFACE_TOOL): $(wildcard $(INTERFACE_DIR)/*.c $(INTERFACE_DIR)/*.h) $(INTERFACE_MK)
	@mkdir -p $(@D)
	$(if $(V),,@)$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -Wshadow \
		-o $@.$$$$ $(filter %.c,$^) && mv $@.$$$$ $@

# One run makes all of an interface's headers; those that did not change keep their time.
$(INTERFACE_HEADERS): $(INTERFACE_OUT)/abi/if/%.h: $(INTERFACE_PARTITION)/interfaces/%.if \
		$(INTERFACE_TOOL)
	@mkdir -p $(@D)
	$(if $(V),,@)$(INTERFACE_TOOL) --port -o $(@D) $<

# No two with one number.
$(INTERFACE_OUT)/checked: $(INTERFACE_FILES) $(INTERFACE_TOOL)
	$(if $(V),,@)$(if $(INTERFACE_FILES),$(INTERFACE_TOOL) --check $(INTERFACE_FILES),:)
	@touch $@

.PHONY: interfaces
interfaces: $(INTERFACE_HEADERS) $(INTERFACE_OUT)/checked
