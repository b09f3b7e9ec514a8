/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Binding: a channel between a client domain and a server domain of any two nodes.
 *
 * A server offers (bind_offer()), and sets a record of the name service that says so
 * (bind_record()). A client connects to the name: its node looks the record up, asks the server's
 * node, that asks the server, which accepts or refuses. Then the channel is made: on one node by
 * hooks.local(), between two by node 0, which owns the memory of channels and knows both ends.
 * Nothing here waits.
 *
 * Whoever closes, ends, or dies, at whatever step: the other side is told once, and node 0 takes
 * the channel away when both ends have let go of it. The runner calls from one thread; hooks
 * never call back.
 *
 * A connection ends at the client by one call of opened() or failed(), then closed() if it was
 * open and the other side ended it. At the server offered() is followed by opened() or closed(),
 * and opened() by closed() if the other side ended it. Who closes himself hears nothing more.
 */
#ifndef ABI_PROTOCOL_BIND_H
#define ABI_PROTOCOL_BIND_H

#include <abi/protocol/names.h>

#define BIND_SLOTS_DEFAULT 64u /* of a ring, if the client does not say */
#define BIND_SLOTS_MAX 4096u
#define BIND_STUCK_US 1000000u /* a node that does not let go of a closed channel is reported */
#define BIND_TABLE_MAX 32768u
#define BIND_PLACE(handle) ((handle) & 0xffff) /* of a connection: its entry, below conn_count */
/**
 * BIND_UNSENT - messages for one peer that it has not handled, with tables of @conns and
 * @channels
 */
#define BIND_UNSENT(conns, channels) (3u * (conns) + 2u * (channels) + 16u)
/** BIND_RECORD - value[2] of a record that names an offer */
#define BIND_RECORD 0x62696e6465722031ull

#define BIND_ERRORS(E)                                                                             \
	E(MISSING, "there is no such name")                                                        \
	E(LATE_NAME, "the deadline has passed, and nobody offered the name")                       \
	E(LATE_SERVER, "the deadline has passed, and the server did not answer")                   \
	E(NOT_OFFER, "the name is there, but names no service")                                    \
	E(INTERFACE, "the service speaks another interface")                                       \
	E(VERSION, "the service speaks another version of the interface")                          \
	E(GONE, "the name is there, but its server does not offer it any more")                    \
	E(REFUSED, "the server refused")                                                           \
	E(BUSY, "the server has as many connections to answer as it may have")                     \
	E(CONNECTS, "the domain has as many unanswered connections as it may have")                \
	E(CHANNELS, "the domain has as many channels as it may have")                              \
	E(OFFERS, "the domain offers as many services as it may")                                  \
	E(TABLE, "the node has as many connections or channels as it can have")                    \
	E(MEMORY, "node 0 could not make the channel")                                             \
	E(ABANDONED, "the client gave up")                                                         \
	E(ENDED, "the domain at the other end has ended")                                          \
	E(CLOSED, "the other end closed the channel")                                              \
	E(NODE, "the node of the other end is no member of the partition any more")                \
	E(INVALID, "a name has 1 to 63 bytes, and a ring 4 to 4096 slots, a power of two")         \
	E(HANDLE, "there is no such connection or offer of this domain, or not in this state")     \
	E(STOPPED, "this node is no member of the partition")                                      \
	E(WITHIN, "both ends are on a node that makes no channels within itself")

/** enum bind_error - 0: well */
enum bind_error {
	BIND_OK,
#define BIND_E(name, sentence) BIND_E_##name,
	BIND_ERRORS(BIND_E)
#undef BIND_E
	BIND_E_COUNT
};

/**
 * struct bind_ask - what a client wants; @wait: for the name, if it is not there or its server
 * gone
 */
struct bind_ask {
	char name[NAMES_NAME_BYTES];
	uint32_t interface;
	uint32_t version;
	uint32_t slots; /* of each ring; 0: BIND_SLOTS_DEFAULT */
	bool wait;
};

/** struct bind_conn - a connection at one of its ends */
struct bind_conn {
	uint8_t state;
	bool server;
	uint16_t generation;
	uint32_t domain;
	uint32_t peer;        /* node of the other end */
	uint32_t peer_epoch;
	uint32_t peer_domain;
	uint32_t offer;
	uint32_t end;         /* at this end, once open */
	uint32_t twin;        /* the other end if that is on this node, once open */
	uint64_t tag;
	uint64_t number;
	uint64_t channel;
	uint64_t deadline;
	uint64_t seen;        /* version of the record that was tried */
	struct bind_ask ask;  /* of the server's end without the name */
};

/** struct bind_offer - a service of a domain of this node */
struct bind_offer {
	bool used;
	uint16_t generation;
	uint32_t domain;
	uint64_t tag;
	uint32_t interface;
	uint32_t version;
};

/** struct bind_channel - at node 0: index 0 of an array is the client's end, 1 the server's */
struct bind_channel {
	uint8_t state;
	bool closed[2];   /* let go, or dead */
	bool told[2];
	bool reported;
	uint16_t generation;
	uint32_t node[2];
	uint32_t epoch[2];
	uint32_t end[2];  /* what the runner calls it there */
	uint32_t conn;
	uint32_t slots;
	uint64_t number;
	uint64_t since;   /* when the first end let go; 0: none has */
};

/**
 * struct bind_hooks - what the machine tells its runner
 * @offered: to the server's domain: somebody connects; answer by bind_accept() or bind_refuse()
 * @opened:  @end is this end of the channel, as channel() or local() named it
 * @failed:  to the client's domain: @detail is the server's version for VERSION, its number for
 *          REFUSED
 * @closed:  the other side ended it
 * @local:   both ends are of this node: make two endpoints; Return: 0 or enum bind_error. NULL: this
 *          node does not, who asks fails with WITHIN
 * @unlocal: take them away
 * @channel: at node 0: make channel @id, then call bind_made(), later, not from here
 * @unmake:  at node 0: both ends let go of it: take it away, then call bind_unmade()
 * @stuck:   at node 0: @node does not let go of a closed channel; to be removed by a change of view
 */
struct bind_hooks {
	void (*offered)(void *ctx, uint32_t domain, uint64_t offer_tag, uint32_t handle,
			uint32_t client_node, uint32_t client_domain);
	void (*opened)(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t end);
	void (*failed)(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t detail);
	void (*closed)(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t error);
	int (*local)(void *ctx, const struct bind_conn *client, const struct bind_conn *server,
		     uint32_t end[2]);
	void (*unlocal)(void *ctx, const uint32_t end[2]);
	void (*channel)(void *ctx, uint64_t id, const struct bind_channel *c);
	void (*unmake)(void *ctx, uint64_t id, const struct bind_channel *c);
	void (*stuck)(void *ctx, uint32_t node);
};

/**
 * struct bind_limits - of this node; those of a domain count both ends
 * @connects: of a domain, not answered yet; @channels: of a domain, these and open ones
 * @offers: of a domain; @backlog: unanswered at one server domain; @node_backlog: from one node
 * @node_channels: node 0: channels that a node may have; @own_channels: that node 0 itself may; 0: as many
 */
struct bind_limits {
	uint32_t connects;
	uint32_t channels;
	uint32_t offers;
	uint32_t backlog;
	uint32_t node_backlog;
	uint32_t node_channels;
	uint32_t own_channels;
};

/** struct bind_memory - zeroed; at most BIND_TABLE_MAX each; @channels only at node 0 */
struct bind_memory {
	struct bind_conn *conns;
	uint32_t conn_count;
	struct bind_offer *offers;
	uint32_t offer_count;
	struct bind_channel *channels;
	uint32_t channel_count;
};

/** struct bind - all fields are the machine's own */
struct bind {
	uint32_t self;
	bool stopped;
	bool frozen;
	uint32_t ending; /* domain that is just ending; NAMES_NOBODY: none */
	struct protocol_set members;
	uint32_t epoch[PROTOCOL_NODES_MAX];
	const struct names *names;
	struct protocol_port port;
	struct bind_hooks hooks;
	void *ctx;
	struct bind_limits limits;
	struct bind_memory memory;
	uint64_t now;
	uint64_t number;  /* of the last connection */
	uint64_t refused; /* connections with an error, ever */
	uint64_t strangers;
};

/** bind_init - begin; @names: of this node, only read. Return: 0, -URPC_EINVAL */
int bind_init(struct bind *b, uint32_t self, const struct names *names,
	      const struct bind_limits *limits, const struct bind_memory *memory,
	      const struct protocol_port *port, const struct bind_hooks *hooks, void *ctx);

/** bind_message - of interface PROTOCOL_BIND. Return: 0, -URPC_EPROTO: @from broke the protocol */
int bind_message(struct bind *b, uint32_t from, uint16_t type, const void *payload,
		 uint32_t bytes, uint64_t now);

/**
 * bind_view - a view was installed
 * @epoch: of each member, by node number, as the view machine keeps them
 */
void bind_view(struct bind *b, const struct protocol_set *members, const uint32_t *epoch,
	       uint64_t now);

/**
 * bind_freeze, bind_thaw - no connection is asked for in between; others begin frozen, node 0 not
 */
void bind_freeze(struct bind *b);
void bind_thaw(struct bind *b, uint64_t now);

/**
 * bind_tick - after anything happened to the names, and at the time returned (us, PROTOCOL_NEVER)
 */
uint64_t bind_tick(struct bind *b, uint64_t now);

/** bind_offer_open - offer a service; @offer: its number. Return: 0 or enum bind_error */
int bind_offer_open(struct bind *b, uint32_t domain, uint64_t tag, uint32_t interface,
		    uint32_t version, uint32_t *offer);

/** bind_offer_close - no more; who was not answered is refused. Return: 0 or enum bind_error */
int bind_offer_close(struct bind *b, uint32_t domain, uint32_t offer);

/** bind_record - values of the record to set (NAMES_OP_SET, EPHEMERAL) under the service's name */
void bind_record(uint32_t offer, uint32_t interface, uint32_t version,
		 uint64_t value[NAMES_VALUES]);

/**
 * bind_connect - begin to connect; opened() or failed() comes once, perhaps within the call
 * @deadline: us, PROTOCOL_NEVER; @handle: to close it, or to give up
 * Return: 0, or enum bind_error: refused, nothing comes
 */
int bind_connect(struct bind *b, uint32_t domain, uint64_t tag, const struct bind_ask *ask,
		 uint64_t deadline, uint64_t now, uint32_t *handle);

/**
 * bind_accept - a server takes what offered() told; opened() or closed() comes. @tag: from now on
 */
int bind_accept(struct bind *b, uint32_t domain, uint32_t handle, uint64_t tag, uint64_t now);

/** bind_refuse - @reason is the server's own number. Return: 0 or enum bind_error */
int bind_refuse(struct bind *b, uint32_t domain, uint32_t handle, uint32_t reason);

/** bind_close - either end, in any state: the other side is told. Return: 0 or enum bind_error */
int bind_close(struct bind *b, uint32_t domain, uint32_t handle);

/** bind_domain_end - closes all that a domain of this node has, with ENDED at the other side */
void bind_domain_end(struct bind *b, uint32_t domain);

/** bind_made - node 0: channel @id is made, or @error (enum bind_error); @end: the two ends */
void bind_made(struct bind *b, uint64_t id, uint32_t error, const uint32_t end[2], uint64_t now);

/** bind_unmade - node 0: what unmake() asked for is done */
void bind_unmade(struct bind *b, uint64_t id);

/** bind_quiet - nothing is under way here; @open: connections and channels that are open */
bool bind_quiet(const struct bind *b, uint32_t *open);

/** bind_sentence - for an enum bind_error; never NULL */
const char *bind_sentence(uint32_t error);

#endif
