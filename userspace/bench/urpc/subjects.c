// SPDX-License-Identifier: GPL-2.0-only
/* The list; HAVE_* say which packages were there when this was built. */
#include "bench.h"

extern const struct subject subject_raw, subject_urpc, subject_line_chosen,
	subject_line_plain, subject_line_fetch,
	subject_clear, subject_ck, subject_rte, subject_wfcq, subject_boost, subject_pipe,
	subject_eventfd, subject_futex, subject_mq, subject_unix, subject_blocking,
	subject_pipe_spin, subject_eventfd_spin, subject_mq_spin, subject_unix_spin;

const struct subject *const subjects[] = {
	&subject_raw,
	&subject_urpc,
	&subject_line_chosen,
	&subject_line_plain,
	&subject_line_fetch,
	&subject_clear,
#ifdef HAVE_CK
	&subject_ck,
#endif
#ifdef HAVE_RTE
	&subject_rte,
#endif
#ifdef HAVE_BOOST
	&subject_boost,
#endif
#ifdef HAVE_URCU
	&subject_wfcq,
#endif
	&subject_eventfd_spin,
	&subject_pipe_spin,
	&subject_mq_spin,
	&subject_unix_spin,
	&subject_blocking,
	&subject_futex,
	&subject_eventfd,
	&subject_pipe,
	&subject_mq,
	&subject_unix,
	NULL,
};
