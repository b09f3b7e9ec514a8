/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* Channels to programs of a partition, by name; part of <linux/remora.h>, which is to be included. */
#ifndef _UAPI_LINUX_REMORA_OFFER_H
#define _UAPI_LINUX_REMORA_OFFER_H

/*
 * A service is an interface and a version under a name. A program connects to one, and the program that offers
 * it accepts: both have a channel then. For a program of Linux that is a descriptor as from REMORA_IOC_BIND, and
 * the other end is a program on a core. All is done by a file of names, and over when that is closed: its offers
 * end, and so do its channels, whose other ends are told.
 *
 * Once an end is over the other one hears it: poll() says EPOLLHUP, read() gives what had arrived, then EPIPE,
 * write() and REMORA_IOC_NOTIFY fail with EPIPE, or EHOSTDOWN if the core had died by then.
 */

/* In struct remora_channel: the channel is to a program. REMORA_IOC_BIND does not know it. */
#define REMORA_SERVICE_PROGRAM 258

#define REMORA_CONNECT_WAIT (1u << 3) /* for the name, if it is not there or its server is gone */

/** struct remora_names_connect - REMORA_IOC_NAMES_CONNECT: returns a channel's descriptor */
struct remora_names_connect {
	__u32 size;
	__u32 flags;      /* REMORA_BIND_*, REMORA_CONNECT_WAIT */
	__s32 timeout_ms; /* -1: without end; a signal ends it (EINTR), and then nothing was done */
	__u32 slots;      /* of each ring; 0: 64 */
	__u32 interface;
	__u32 version;
	__u32 detail;     /* out: the server's own number with BIND_REFUSED, its version or interface */
	__u32 reserved;
	char name[REMORA_NAMES_NAME_MAX];
	struct remora_error error;
};

/**
 * struct remora_names_offer - REMORA_IOC_NAMES_OFFER: returns the offer's descriptor
 * Sets the record @name, which must not be there; it goes when the last copy of the descriptor is closed, or, if
 * the file of names has too many unanswered requests then, as soon as one of them is answered.
 * poll(): EPOLLIN while somebody asks; EPOLLHUP: the file of names was closed, or the partition destroyed.
 */
struct remora_names_offer {
	__u32 size;
	__u32 flags; /* REMORA_NAMES_CLOEXEC */
	__u32 interface;
	__u32 version;
	char name[REMORA_NAMES_NAME_MAX];
	struct remora_error error;
};

#define REMORA_IOC_NAMES_CONNECT _IOWR(REMORA_IOC_MAGIC, 0x33, struct remora_names_connect)
#define REMORA_IOC_NAMES_OFFER _IOWR(REMORA_IOC_MAGIC, 0x34, struct remora_names_offer)

/* ---- an offer ---- */

/** struct remora_offer_accept - REMORA_IOC_OFFER_ACCEPT: take who has asked first; a channel's descriptor */
struct remora_offer_accept {
	__u32 size;
	__u32 flags;      /* REMORA_BIND_* */
	__s32 timeout_ms; /* for somebody to ask; -1: without end, 0: not at all */
	__u32 node;       /* out: who it is: node and number of the program there */
	__u32 domain;
	__u32 reserved;
	struct remora_error error;
};

/** struct remora_offer_refuse - REMORA_IOC_OFFER_REFUSE: who has asked first is refused */
struct remora_offer_refuse {
	__u32 size;
	__u32 reason; /* the server's own number, for the client */
	struct remora_error error;
};

#define REMORA_IOC_OFFER_ACCEPT _IOWR(REMORA_IOC_MAGIC, 0x38, struct remora_offer_accept)
#define REMORA_IOC_OFFER_REFUSE _IOWR(REMORA_IOC_MAGIC, 0x39, struct remora_offer_refuse)

#endif
