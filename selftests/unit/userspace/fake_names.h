/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of names of the fake module: what there is is fixed, and only looked at. */
#ifndef FAKE_NAMES_H
#define FAKE_NAMES_H

/** fake_names_ioctl - LIST, a few at a time, of what FAKE_NAMES wants: a number. Return: 0 or -errno */
int fake_names_ioctl(unsigned long request, void *arg);

#endif
