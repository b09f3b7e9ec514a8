/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors as they travel in control messages: negative, with the values of Linux's errno. */
#ifndef ERRORS_H
#define ERRORS_H

#define ERR_PERM 1
#define ERR_NOENT 2
#define ERR_AGAIN 11
#define ERR_NOMEM 12
#define ERR_FAULT 14
#define ERR_BUSY 16
#define ERR_EXIST 17
#define ERR_INVAL 22
#define ERR_NOSPC 28
#define ERR_RANGE 34
#define ERR_NOSYS 38
#define ERR_PROTO 71
#define ERR_OPNOTSUPP 95
#define ERR_TIMEDOUT 110
#define ERR_CANCELED 125

#define ERR_MAX 4095

#endif
