/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NAMES_H
#define NAMES_H

/* bad.c: what no program should do. flood THREADS: so many calls at a time; spoil WAY */
int flood(char **arg);
int spoil(char **arg);
int hello(char **arg);

#endif
