/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHARE_H
#define SHARE_H

#include <stdint.h>

/** refused - try what must be refused, and tell. @node: another core */
int refused(uint32_t node);

#endif
