/* SPDX-License-Identifier: GPL-2.0-only */
/* For functions off the hot paths in files on them (FAST in the makefile): made small, not fast. */
#ifndef COLD_H
#define COLD_H

#define COLD __attribute__((cold))

#endif
