/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link is this core's end of one channel, with what handles its messages: the control channel,
 * the channels to peers, and those bound to services.
 */
#ifndef LINK_H
#define LINK_H

#include <abi/ctl.h>
#include <urpc/bulk.h>

struct link;

/**
 * struct link_ops - what a kind of channel does
 * @name:    for the console
 * @ready:   may the next message be taken? Must make sure that every message that @message may send
 *           on this link because of it has room in the window
 * @message: handle one message
 * @long_message: the same for one of more than a slot's payload, at 8-byte aligned @bytes; may send
 *           up to @len bytes in one message. NULL: such a message breaks the protocol
 * @close:   the channel goes away: forget what refers to it; may be NULL
 */
struct link_ops {
	const char *name;
	bool (*ready)(struct link *link);
	void (*message)(struct link *link, const struct urpc_msg *msg);
	void (*long_message)(struct link *link, uint16_t type, const void *bytes, size_t len);
	void (*close)(struct link *link);
};

/** enum link_closed - a bound link that its core closed keeps its number until node 0 unbinds it */
enum link_closed {
	LINK_NOT_CLOSED = 0,
	LINK_UNTOLD = 1, /* node 0 does not know yet */
	LINK_TOLD = 2,
};

/**
 * struct link - one end in use
 * @chan:    the transport's end
 * @ops:     NULL: free
 * @node:    node at the other end
 * @number:  channel number of abi_ctl_bind, for bound channels
 * @label:   the channel as the trace knows it: @number, or an ABI_TRACE_CHANNEL
 * @tx_base: physical address of the ring this core writes
 * @rx_base: physical address of the ring this core reads
 * @promised: messages that will be sent later and have room kept in the window
 * @wants:   slots that the message in hand may need for an answer
 * @stalled: a message waits, but @ops->ready refused it, or there is no room for @wants slots
 * @sent:    something was sent since the peer was last notified
 * @owes:    links_flush() will look at it: its peer may have to be notified
 * @closed:  enum link_closed; only while @ops is NULL. @status: why, for node 0
 * @messages: received by the service, @bytes with that much payload
 */
struct link {
	struct urpc_chan chan;
	const struct link_ops *ops;
	uint32_t node;
	uint32_t number;
	uint32_t label;
	uint64_t tx_base;
	uint64_t rx_base;
	uint32_t promised;
	uint32_t wants;
	bool stalled;
	bool sent;
	bool owes;
	uint8_t closed;
	int32_t status;
	uint64_t messages;
	uint64_t bytes;
};

/**
 * links_init - open the control channel and the channels to peers
 * Dies when the boot information names rings outside the shared memory.
 */
void links_init(void);

/**
 * links_bind - open a bound channel
 * @bind: as it came from node 0; every field is checked
 * @ops:  the service
 * Return: 0, -ERR_BUSY when the number is in use or was not unbound, -ERR_INVAL when it is too
 * large, or the rings are not in shared memory, misaligned, of a wrong number of slots or in use.
 */
int links_bind(const struct abi_ctl_bind *bind, const struct link_ops *ops);

/** links_bind_check - the checks of links_bind() alone. Return: as there */
int links_bind_check(const struct abi_ctl_bind *bind);

/**
 * links_closed - a channel of ring 3 was closed there: tell node 0
 * @status: why, a negative errno value. The number stays taken until node 0 unbinds it
 */
void links_closed(uint32_t number, int status);

/** links_unbind - close a bound channel. Return: 0, -ERR_NOENT when none has that number. */
int links_unbind(uint32_t number);

/** links_peer - the link to another core, or NULL. Any value of @node. */
struct link *links_peer(uint32_t node);

/** links_each_bound - call @visit for every bound channel; @visit closes none. */
void links_each_bound(void (*visit)(struct link *link));

/** links_each - call @visit for every open link; @visit closes none. */
void links_each(void (*visit)(struct link *link));

/**
 * links_poll - take a bounded number of messages from every link and notify peers
 * Return: whether there was any message.
 */
bool links_poll(void);

/** links_flush - tell node 0 of ends, notify every peer that is owed it: the links of link_owes() alone. */
void links_flush(void);

/**
 * links_arm - announce sleep on every link
 * Return: false, and no link armed, when there is a message to handle.
 */
bool links_arm(void);

/** links_disarm - awake again. */
void links_disarm(void);

/**
 * link_send - send a message that link_has_room() was true for
 * Dies when there is no room: that is a mistake of the caller.
 */
void link_send(struct link *link, uint16_t type, const void *payload, size_t bytes);

/** link_send_long - the same for up to urpc_long_max() bytes; room for all its slots */
void link_send_long(struct link *link, uint16_t type, const void *payload, size_t bytes);

/** link_owes - something was sent or acknowledged; the sending functions here do it themselves. */
void link_owes(struct link *link);

/** link_has_room - is there room for @more messages of a slot beside those promised? */
bool link_has_room(struct link *link, uint32_t more);

/** link_ready_reply - the usual link_ops.ready: room for one answer. */
bool link_ready_reply(struct link *link);

#endif
