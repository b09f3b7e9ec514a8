/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* Shootdowns by message; part of <linux/remora.h>, which is to be included. */
#ifndef _UAPI_LINUX_REMORA_SHOOTDOWN_H
#define _UAPI_LINUX_REMORA_SHOOTDOWN_H

/*
 * Ways of a shootdown's messages: P(NAME, number, "sentence"), after Fig 6 of the SOSP 2009 paper.
 */
#define REMORA_SHOOTDOWN_PROTOCOLS(P)                                                              \
	P(BROADCAST, 1, "one shared line that all recipients poll; each acknowledges on its own")  \
	P(UNICAST, 2, "one call line for each recipient")                                          \
	P(MULTICAST, 3, "one call a package, forwarded inside it by an aggregation core")          \
	P(NUMA_MULTICAST, 4, "multicast, farthest package first, lines on the receiver's NUMA node")

enum remora_shootdown_protocol {
#define REMORA_SHOOTDOWN_ENUM(name, number, text) REMORA_SHOOTDOWN_##name = number,
	REMORA_SHOOTDOWN_PROTOCOLS(REMORA_SHOOTDOWN_ENUM)
#undef REMORA_SHOOTDOWN_ENUM
};

/*
 * What a recipient does before it acknowledges: M(NAME, number, "sentence"). The numbers are those
 * of enum abi_shoot_method.
 */
#define REMORA_SHOOTDOWN_METHODS(M)                                                                \
	M(NONE, 0, "nothing: the messages alone")                                                  \
	M(PAGE, 1, "INVLPG of each page")                                                          \
	M(PCID, 2, "INVPCID of the whole context, where the CPU has it")                           \
	M(FULL, 3, "everything, global translations too, by toggling CR4.PGE")

enum remora_shootdown_method {
#define REMORA_SHOOTDOWN_ENUM(name, number, text) REMORA_SHOOTDOWN_BY_##name = number,
	REMORA_SHOOTDOWN_METHODS(REMORA_SHOOTDOWN_ENUM)
#undef REMORA_SHOOTDOWN_ENUM
};

#define REMORA_SHOOTDOWN_PAGES_MAX 512
#define REMORA_SHOOTDOWN_COUNT_MAX 1000000

/**
 * struct remora_shootdown - REMORA_IOC_SHOOTDOWN: TLB shootdowns by message between CPU drivers
 *
 * One round: the initiator's request goes to every recipient, each invalidates, acknowledges, and
 * the last acknowledgement ends it. Between measured rounds the recipients touch their test pages
 * (unmeasured, also by message), so that there is a translation to invalidate, and change what the
 * pages are mapped to: a translation used after its invalidation is noticed (SHOOTDOWN_STALE).
 *
 * One run at a time a partition (SHOOTDOWN_BUSY). The caller can be killed. A round that is not
 * over after 4 s ends the run (CORE_NO_ANSWER), a core that dies ends it (CORE_DEAD).
 */
struct remora_shootdown {
	__u32 size;
	__u32 flags;     /* 0 */
	__u32 protocol;  /* enum remora_shootdown_protocol */
	__u32 method;    /* enum remora_shootdown_method */
	__u32 pages;     /* in the window that is shot down, 1 to REMORA_SHOOTDOWN_PAGES_MAX */
	__u32 initiator; /* node number; 0: the module itself, on the CPU of the caller */
	__u32 count;     /* measured rounds, 1 to REMORA_SHOOTDOWN_COUNT_MAX */
	__u32 reserved;  /* 0 */
	__u64 nodes;     /* recipients, a bit a node number; not bit 0, not the initiator's */
	/* out: TSC cycles from before the first store to after the last acknowledgement was seen */
	__u64 min;
	__u64 median;
	__u64 p99;
	__u64 max;
	__u64 samples; /* that median and p99 stand on, spread over the rounds; at most 4096 */
	/*
	 * out: invalidations that the recipients counted: count * recipients * pages by PAGE,
	 * count * recipients by PCID, FULL, and, requests acknowledged, by NONE
	 */
	__u64 handled;
	/*
	 * out: TSC cycles a recipient takes from seeing the request to having acknowledged; of an
	 * aggregation core with the time its own recipients take. The median of the recipients'
	 * medians, and the largest of all
	 */
	__u64 lost_median;
	__u64 lost_max;
	struct remora_error error;
};

#endif
