# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
# What a plain-make world needs of the transport. Set URPC_DIR to this folder, then include this.
URPC_DIR ?= $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
URPC_CPPFLAGS := -I$(URPC_DIR)/include
URPC_SRCS := $(URPC_DIR)/src/chan.c $(URPC_DIR)/src/bulk.c $(URPC_DIR)/src/line.c $(URPC_DIR)/src/fan.c
URPC_HEADERS := $(wildcard $(URPC_DIR)/include/urpc/*.h $(URPC_DIR)/include/urpc/arch/*.h)
