/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Membership: which nodes there are. Node 0 leads. Documentation/membership.md has the states, the
 * messages and the bounds.
 *
 * A view is a number and a set of nodes. Numbers grow and are never used twice; a view is changed
 * by
 *
 *   leader             each node of the old and of the new view
 *   PREPARE(n, set) -> freeze: start no operation any more
 *                   <- REPORT(n, blob): what it knows of operations of the nodes that go
 *   INSTALL(n, ..)  -> install; messages of nodes that went are dropped from now on
 *                   <- INSTALLED(n)
 *   GO(n)           -> thaw: start operations again
 *
 * A node that fails on the way is waited for no more; the next change, without it, follows at once,
 * before anybody has GO. Nobody has GO before everybody has installed, so what comes from a node
 * that operates in view n finds n installed everywhere.
 *
 * The number of the view in which a node came in is its epoch: a node number that is used again has
 * another one.
 *
 * One thread at a time for each struct view_state. The hooks must not call back into the machine,
 * with the exceptions that are named there.
 */
#ifndef ABI_PROTOCOL_VIEW_H
#define ABI_PROTOCOL_VIEW_H

#include <abi/protocol/port.h>
#include <abi/protocol/set.h>

/** VIEW_LEADER - the node that leads: Linux */
#define VIEW_LEADER 0u
/** VIEW_REMOVED_MAX - nodes that go in one change, so that the blobs have room; others go in the
 * next */
#define VIEW_REMOVED_MAX 4
/** VIEW_BLOB_MAX - bytes of what the hooks report() and outcome() may write */
#define VIEW_BLOB_MAX 4096
/** VIEW_TRIES - times that silence may be doubted (by confirm(), or for the watcher's own lateness)
 */
#define VIEW_TRIES 2
/** VIEW_UNSENT_MAX - messages that this machine may have unsent for one other node */
#define VIEW_UNSENT_MAX 16

/* Default settings, in microseconds: see struct view_settings. */
#define VIEW_ANSWER_US 20000u
#define VIEW_WAIT_US 250000u
#define VIEW_PATROL_US 500000u
#define VIEW_PHASE_US 2000000u
#define VIEW_DRAIN_US 5000000u
/** VIEW_TRANSIT_US - how long a message may be on its way for VIEW_DEAD_US to hold */
#define VIEW_TRANSIT_US 10000u

/**
 * VIEW_DEAD_US - from the death of a node to the view without it at the leader and all others, with
 * the default settings
 *
 * If others die before that, from the last of these deaths; if messages take at most
 * VIEW_TRANSIT_US; if at most VIEW_REMOVED_MAX die (each further VIEW_REMOVED_MAX: 5 transits
 * more); and each doubt of confirm() adds VIEW_WAIT_US. A node that lives and does not report, which
 * then is taken out as well, adds VIEW_PHASE_US. A dead node that asleep() vouches for is looked for
 * when somebody sends to it, and the time counts from that message.
 */
#define VIEW_DEAD_US (VIEW_PATROL_US + VIEW_ANSWER_US + VIEW_WAIT_US + 12 * VIEW_TRANSIT_US)

/**
 * struct view - which nodes there are
 * @number:  grows with each view; 0: none yet
 * @members: with node 0
 */
struct view {
	uint32_t number;
	struct protocol_set members;
};

/**
 * enum view_phase - what this node is, and where in a change of view
 * @VIEW_OUT:    in no view (yet)
 * @VIEW_FROZEN: PREPARE has come; it answers, and starts nothing
 * @VIEW_SET:    INSTALL has come; the same, in the new view
 * @VIEW_OPEN:   operates
 * @VIEW_GONE:   left or was expelled: nothing that comes has an effect until view_init()
 */
enum view_phase { VIEW_OUT, VIEW_FROZEN, VIEW_SET, VIEW_OPEN, VIEW_GONE };

/**
 * enum view_reason - why a node is suspected
 * @VIEW_SILENT: does not answer
 * @VIEW_BROKEN: breaks a protocol, or lets its queue overflow
 * @VIEW_STUCK:  lives, but holds a change of view up
 */
enum view_reason { VIEW_SILENT = 1, VIEW_BROKEN, VIEW_STUCK };

/**
 * struct view_settings - times in microseconds; the same on all nodes
 * @answer: a node that was sent to and not heard of since for so long is asked with PING
 * @wait:   so long after a PING with nothing heard it is suspected
 * @patrol: the leader asks who was not heard of for so long, sent to or not; 0: never
 * @phase:  so long may a node that lives hold up a step of a change before it is taken out
 */
struct view_settings {
	uint32_t answer;
	uint32_t wait;
	uint32_t patrol;
	uint32_t phase;
};

/** VIEW_SETTINGS_DEFAULT - an initializer */
#define VIEW_SETTINGS_DEFAULT                                               \
	{                                                                   \
		VIEW_ANSWER_US, VIEW_WAIT_US, VIEW_PATROL_US, VIEW_PHASE_US \
	}

/**
 * struct view_hooks - what the runner and the other machines do; each may be NULL
 * @freeze:  start no operation until @thaw; called once, even if several changes follow each other
 * @report:  write to @blob what is known of operations of the nodes that are in the current view and
 *           not in @proposed. Returns bytes, at most @max. After it, messages of these nodes are to
 *           be dropped: view_accepts() says so. Not called on a newcomer, whose report is empty
 * @begin:   leader: a collection of reports begins: forget those before
 * @merge:   leader: the report of node @from. Not 0: it is malformed, the node is taken out
 * @outcome: leader: write what follows from all reports, to be given to @install everywhere
 * @welcome: leader: send @node, which is to be a member with the INSTALL that follows, what it needs
 *           to be one (snapshots). Nothing else is sent to it before
 * @install: @now is the view; @old the one before (number 0: this node was in none). @blob is the
 *           leader's outcome. Nodes that went are dead: forget them. On the leader after INSTALL was
 *           sent to all. Not 0: the blob is malformed (then -URPC_EPROTO from view_message())
 * @thaw:    operate
 * @drain:   this node is asked to leave within @us: hand over or close what others use, tell
 *           programs, then call view_drained() (it may be called from inside this hook)
 * @gone:    this node is in no view any more; @left: it was asked to leave. Stop
 * @confirm: leader: @node is suspected. True: take it out now. False: doubtful; asked again after
 *           another PING, at most VIEW_TRIES times, then it is taken out. NULL: true
 * @fence:   leader: @node is taken out as failed, whether found dead or too slow: make sure that it
 *           does not run on, before returning. The others are told after it, and then count on it
 * @asleep:  leader: true when @node is known to be halted and well, so that patrol lets it sleep.
 *           NULL: false
 * @done:    leader: a view_join() or view_leave() is over. 0, or -VIEW_EGONE: it failed on the way.
 *           view_join() and view_leave() may be called from inside this hook
 */
struct view_hooks {
	void (*freeze)(void *ctx);
	uint32_t (*report)(void *ctx, const struct view *proposed, uint8_t *blob, uint32_t max);
	void (*begin)(void *ctx, const struct view *proposed);
	int (*merge)(void *ctx, uint32_t from, const uint8_t *blob, uint32_t bytes);
	uint32_t (*outcome)(void *ctx, uint8_t *blob, uint32_t max);
	void (*welcome)(void *ctx, uint32_t node, const struct view *next);
	int (*install)(void *ctx, const struct view *old, const struct view *now,
		       const uint8_t *blob, uint32_t bytes);
	void (*thaw)(void *ctx, const struct view *now);
	void (*drain)(void *ctx, uint64_t us);
	void (*gone)(void *ctx, bool left);
	bool (*confirm)(void *ctx, uint32_t node, enum view_reason why);
	void (*fence)(void *ctx, uint32_t node);
	bool (*asleep)(void *ctx, uint32_t node);
	void (*done)(void *ctx, uint32_t node, int error);
};

/* Errors beside urpc's. */
#define VIEW_EEXIST 17 /* is a member, or about to be one */
#define VIEW_ENOENT 2  /* is no member */
#define VIEW_EBUSY 16  /* it is about to go and its number not free, or it is about to come */
#define VIEW_EINVAL 22 /* no such node, or not for this node to ask */
#define VIEW_EGONE 32  /* it failed on the way */

/**
 * enum view_step - the leader's place in a change
 * @VIEW_IDLE:    no change
 * @VIEW_COLLECT: PREPARE sent, waits for REPORTs
 * @VIEW_SPREAD:  INSTALL sent, waits for INSTALLEDs
 */
enum view_step { VIEW_IDLE, VIEW_COLLECT, VIEW_SPREAD };

#define VIEW_WIRE (VIEW_BLOB_MAX + 128)

/**
 * struct view_state - one node's end; private but for view_*() below
 * @now:       the installed view
 * @next:      the proposed one, of the last PREPARE; its number is the highest used
 * @epoch:     view in which each member came in
 * @watch_at:  leader: when to look at all nodes next; others: tell it of silent ones not before
 * @asked:     nodes that were sent to and must be heard of by @deadline
 * @pinged:    those of them that were sent PING since
 * @doubted:   others: to be told to the leader as silent
 * @told:      others: were told to the leader as broken in this view
 * @heard:     when something last came from each
 * @tries:     how often its silence was doubted
 * @wanted_in, @wanted_out, @failed: leader: what the next change is to do. A node that failed is in
 *             @failed until a view without it is installed
 * @leaving, @draining: leader: are to be sent DRAIN; were. On a node: itself, after DRAIN
 * @waiting:   leader: have not answered the step yet
 * @arrived, @departed: leader: to be told done() with GO
 * @step_by:   leader: who has not answered by then is taken out as stuck
 * @late:      leader: times that a step was prolonged as the leader did not run
 * @drain_by:  leader: when those in @draining are taken out all the same
 * @facts:     what report() or outcome() wrote
 * @wire:      the long message under way out
 */
struct view_state {
	struct view now;
	struct view next;
	enum view_phase phase;
	enum view_step step;
	uint32_t self;
	const struct view_hooks *hooks;
	void *ctx;
	struct protocol_port port;
	struct view_settings settings;

	uint64_t watch_at;
	struct protocol_set asked;
	struct protocol_set pinged;
	struct protocol_set doubted;
	struct protocol_set told;
	uint64_t heard[PROTOCOL_NODES_MAX];
	uint64_t deadline[PROTOCOL_NODES_MAX];
	uint32_t epoch[PROTOCOL_NODES_MAX];
	uint8_t tries[PROTOCOL_NODES_MAX];

	struct protocol_set wanted_in;
	struct protocol_set wanted_out;
	struct protocol_set failed;
	struct protocol_set leaving;
	struct protocol_set draining;
	struct protocol_set waiting;
	struct protocol_set arrived;
	struct protocol_set departed;
	uint64_t step_by;
	uint8_t late;
	uint64_t drain_by[PROTOCOL_NODES_MAX];
	uint8_t facts[VIEW_BLOB_MAX] __attribute__((aligned(8)));
	uint8_t wire[VIEW_WIRE] __attribute__((aligned(8)));
};

URPC_STATIC_ASSERT(sizeof(struct view_state) < 32768, "constant size, and small");

/**
 * view_init - begin: the leader in view 1, of itself alone; others in none until the leader asks
 * @v:        the state; all of it is written
 * @self:     this node
 * @hooks:    stays the caller's and must live as long
 * @ctx:      for the hooks
 * @port:     copied
 * @settings: copied; NULL: the default
 * @now:      the time, in microseconds of this node's own clock
 */
void view_init(struct view_state *v, uint32_t self, const struct view_hooks *hooks, void *ctx,
	       const struct protocol_port *port, const struct view_settings *settings,
	       uint64_t now);

/**
 * view_message - a message of the interface "view" has come
 * @v:      the state
 * @from:   the node whose link it came on
 * @type:   PROTOCOL_TYPE(PROTOCOL_VIEW, ...)
 * @buffer: the payload, as it came: need not be aligned or true
 * @bytes:  its length
 * @now:    the time
 *
 * Does view_heard() itself. Late and lost causes are no errors: they are dropped.
 *
 * Return: 0, -URPC_EPROTO: no such message, or one that @from may not send now. The runner then
 * calls view_suspect(from, VIEW_BROKEN).
 */
int view_message(struct view_state *v, uint32_t from, uint16_t type, const void *buffer,
		 uint32_t bytes, uint64_t now);

/**
 * view_tick - the time has come, or may have
 * @v:   the state
 * @now: the time
 *
 * Call it when the returned time has come, and after each call of view_join(), view_leave(),
 * view_failed(), view_suspect(), view_sent() and view_message(), once for any number of them.
 * Messages that have arrived are to be handled before: a node that was not run for a while must not
 * take others for dead.
 *
 * Return: when to call again at the latest; PROTOCOL_NEVER: not before something happens.
 */
uint64_t view_tick(struct view_state *v, uint64_t now);

/** view_next - when view_tick() has silent nodes to look for, at the latest; PROTOCOL_NEVER */
uint64_t view_next(const struct view_state *v);

/**
 * view_heard - something has come from @node: any message of any protocol
 */
void view_heard(struct view_state *v, uint32_t node, uint64_t now);

/**
 * view_sent - a message of another protocol was sent to @node
 *
 * If nothing at all is heard from it for settings.answer, it is asked with PING.
 */
void view_sent(struct view_state *v, uint32_t node, uint64_t now);

/**
 * view_join - leader: take @node in; it runs view_init()ed and its links are made
 *
 * Return: 0: done() will tell; -VIEW_EEXIST, -VIEW_EBUSY, -VIEW_EINVAL.
 */
int view_join(struct view_state *v, uint32_t node);

/**
 * view_leave - let @node leave: on the leader, or on @node itself
 * @v:    the state
 * @node: who leaves; not 0
 * @us:   how long it may take to drain; then it is taken out. Only the leader's counts; a node
 *        that asks for itself has VIEW_DRAIN_US
 * @now:  the time
 *
 * Asking again changes nothing but, until the node has been asked to drain, @us.
 *
 * Return: 0 (on the leader done() will tell, on the node gone()); -VIEW_ENOENT, -VIEW_EINVAL, or
 * -VIEW_EBUSY: its view_join() is not over.
 */
int view_leave(struct view_state *v, uint32_t node, uint64_t us, uint64_t now);

/** view_drained - this node has drained (after the hook drain()) and can go */
void view_drained(struct view_state *v);

/** view_failed - leader: @node is dead, or is to be: the hook fence() is called, then it is taken out */
void view_failed(struct view_state *v, uint32_t node);

/**
 * view_suspect - this node thinks that something is wrong with @node
 * @v:    the state
 * @node: who; others than members are ignored
 * @why:  silent: it is sent PING first; else the leader asks its confirm() at once
 * @now:  the time
 */
void view_suspect(struct view_state *v, uint32_t node, enum view_reason why, uint64_t now);

/** view_current - the installed view; number 0: none */
static inline const struct view *view_current(const struct view_state *v)
{
	return &v->now;
}

/** view_operating - whether operations may be started */
static inline bool view_operating(const struct view_state *v)
{
	return v->phase == VIEW_OPEN;
}

/**
 * view_accepts - whether messages of other protocols from @node are to be handled
 *
 * True for members, but from this node's REPORT on not for those that are about to go: what they
 * still say must not come after what was reported. For a newcomer, true for the leader.
 */
bool view_accepts(const struct view_state *v, uint32_t node);

/** view_epoch - the number of the view in which @node, a member, came in: equal on all nodes */
static inline uint32_t view_epoch(const struct view_state *v, uint32_t node)
{
	return protocol_set_has(&v->now.members, node) ? v->epoch[node] : 0;
}

#endif
