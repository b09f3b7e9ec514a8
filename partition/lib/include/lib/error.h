/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Error numbers of the run-time library: those of Linux, since a C library made for it sees them. */
#ifndef LIB_ERROR_H
#define LIB_ERROR_H

enum rt_error {
	RT_EPERM = 1,
	RT_ENOENT = 2,
	RT_ESRCH = 3,
	RT_EINTR = 4,
	RT_EIO = 5,
	RT_EBADF = 9,
	RT_EAGAIN = 11,
	RT_ENOMEM = 12,
	RT_EACCES = 13,
	RT_EFAULT = 14,
	RT_EBUSY = 16,
	RT_EEXIST = 17,
	RT_EINVAL = 22,
	RT_ENFILE = 23,
	RT_EMFILE = 24,
	RT_ENOTTY = 25,
	RT_ENOSPC = 28,
	RT_ESPIPE = 29,
	RT_EPIPE = 32,
	RT_EDOM = 33,
	RT_ERANGE = 34,
	RT_EDEADLK = 35,
	RT_ENOSYS = 38,
	RT_EIDRM = 43,
	RT_EPROTO = 71,
	RT_EOVERFLOW = 75,
	RT_EUSERS = 87,
	RT_EPROTONOSUPPORT = 93,
	RT_EOPNOTSUPP = 95,
	RT_ESHUTDOWN = 108,
	RT_ETIMEDOUT = 110,
	RT_EDQUOT = 122,
	RT_ECONNREFUSED = 111,
	RT_ECANCELED = 125,
};

#endif
