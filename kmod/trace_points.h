/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace events, remora:*. What happened on Linux's side is traced where it happens; what
 * happened on a core comes out of its ring later, as the same events: node tells whose they are, and
 * tsc when it was, so that sorting by tsc puts both sides on one time line.
 *
 * Those that a core can record tell the cores to do so as long as somebody listens: their reg and
 * unreg functions.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM remora

#if !defined(REMORA_TRACE_POINTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define REMORA_TRACE_POINTS_H

#include <linux/tracepoint.h>
#include <linux/remora.h>

#include <abi/boot.h>
#include <abi/trace.h>

/* The two enumerations of the print formats, for those who read the trace as binary. */
TRACE_DEFINE_ENUM(REMORA_OFFLINE);
TRACE_DEFINE_ENUM(REMORA_BOOTING);
TRACE_DEFINE_ENUM(REMORA_RUNNING);
TRACE_DEFINE_ENUM(REMORA_STOPPING);
TRACE_DEFINE_ENUM(REMORA_CRASHED);
TRACE_DEFINE_ENUM(ABI_CORE_STARTED);
TRACE_DEFINE_ENUM(ABI_CORE_RUNNING);
TRACE_DEFINE_ENUM(ABI_CORE_STOPPED);
TRACE_DEFINE_ENUM(ABI_CORE_CRASHED);
TRACE_DEFINE_ENUM(ABI_TRACE_SHOOT_START);
TRACE_DEFINE_ENUM(ABI_TRACE_SHOOT_REQUEST);
TRACE_DEFINE_ENUM(ABI_TRACE_SHOOT_TAKEN);
TRACE_DEFINE_ENUM(ABI_TRACE_SHOOT_DONE_HERE);
TRACE_DEFINE_ENUM(ABI_TRACE_SHOOT_ACKNOWLEDGE);
TRACE_DEFINE_ENUM(ABI_TRACE_SHOOT_FINISH);

#define remora_show_channel(channel)                                                               \
	__print_symbolic(channel, { 0x100, "control" }, { 0x101, "peer" }, { 0x102, "shootdown" }, \
			 { 0xffff, "none" })
#define remora_show_state(state)                                                                   \
	__print_symbolic(state, { REMORA_OFFLINE, "offline" }, { REMORA_BOOTING, "booting" },      \
			 { REMORA_RUNNING, "running" }, { REMORA_STOPPING, "stopping" },           \
			 { REMORA_CRASHED, "crashed" })
#define remora_show_core(state)                                                                    \
	__print_symbolic(state, { ABI_CORE_STARTED, "started" }, { ABI_CORE_RUNNING, "running" },  \
			 { ABI_CORE_STOPPED, "stopped" }, { ABI_CORE_CRASHED, "crashed" })
#define remora_show_step(step)                                                                     \
	__print_symbolic(step, { ABI_TRACE_SHOOT_START, "start" },                                 \
			 { ABI_TRACE_SHOOT_REQUEST, "request" },                                   \
			 { ABI_TRACE_SHOOT_TAKEN, "taken" },                                       \
			 { ABI_TRACE_SHOOT_DONE_HERE, "done" },                                    \
			 { ABI_TRACE_SHOOT_ACKNOWLEDGE, "acknowledge" },                           \
			 { ABI_TRACE_SHOOT_FINISH, "finish" })

/* What all records have in common. @name has REMORA_NAME_MAX bytes. */
#define REMORA_RECORD_PROTO                                                                        \
	TP_PROTO(const char *name, u32 node, const struct abi_trace_record *record)
#define REMORA_RECORD_ARGS TP_ARGS(name, node, record)
#define REMORA_RECORD_FIELDS                                                                       \
	TP_STRUCT__entry(__array(char, partition, REMORA_NAME_MAX) __field(u16, node)              \
			 __field(u16, peer) __field(u32, channel) __field(u64, number)             \
			 __field(u64, arg) __field(u64, tsc))
#define REMORA_RECORD_ASSIGN                                                                       \
	TP_fast_assign(memcpy(__entry->partition, name, REMORA_NAME_MAX);                          \
		       __entry->node = node;                                                       \
		       __entry->peer = record->node;                                               \
		       __entry->channel = record->channel;                                         \
		       __entry->number = record->number;                                           \
		       __entry->arg = record->arg;                                                 \
		       __entry->tsc = record->tsc;)

/* reg and unreg are made in trace.c. */
#define REMORA_RECORD_EVENT(class, event)                                                          \
	int remora_trace_reg_##event(void);                                                        \
	void remora_trace_unreg_##event(void);                                                     \
	DEFINE_EVENT_FN(class, remora_##event, REMORA_RECORD_PROTO, REMORA_RECORD_ARGS,            \
			remora_trace_reg_##event, remora_trace_unreg_##event)

DECLARE_EVENT_CLASS(remora_message,
	REMORA_RECORD_PROTO, REMORA_RECORD_ARGS, REMORA_RECORD_FIELDS, REMORA_RECORD_ASSIGN,
	TP_printk("partition=%s node=%u peer=%u channel=%s number=%llu type=%llu bytes=%llu tsc=%llu",
		  __entry->partition, __entry->node, __entry->peer,
		  remora_show_channel(__entry->channel), __entry->number,
		  __entry->arg & 0xffff, __entry->arg >> 16, __entry->tsc)
);
REMORA_RECORD_EVENT(remora_message, send);
REMORA_RECORD_EVENT(remora_message, receive);

DECLARE_EVENT_CLASS(remora_bell,
	REMORA_RECORD_PROTO, REMORA_RECORD_ARGS, REMORA_RECORD_FIELDS, REMORA_RECORD_ASSIGN,
	TP_printk("partition=%s node=%u peer=%u channel=%s number=%llu tsc=%llu",
		  __entry->partition, __entry->node, __entry->peer,
		  remora_show_channel(__entry->channel), __entry->number, __entry->tsc)
);
REMORA_RECORD_EVENT(remora_bell, doorbell_sent);
REMORA_RECORD_EVENT(remora_bell, doorbell_taken);

DECLARE_EVENT_CLASS(remora_sleep,
	REMORA_RECORD_PROTO, REMORA_RECORD_ARGS, REMORA_RECORD_FIELDS, REMORA_RECORD_ASSIGN,
	TP_printk("partition=%s node=%u peer=%u channel=%s number=%llu cycles=%llu tsc=%llu",
		  __entry->partition, __entry->node, __entry->peer,
		  remora_show_channel(__entry->channel), __entry->number, __entry->arg,
		  __entry->tsc)
);
REMORA_RECORD_EVENT(remora_sleep, block);
REMORA_RECORD_EVENT(remora_sleep, wake);

DECLARE_EVENT_CLASS(remora_core_state,
	REMORA_RECORD_PROTO, REMORA_RECORD_ARGS, REMORA_RECORD_FIELDS, REMORA_RECORD_ASSIGN,
	TP_printk("partition=%s node=%u state=%s number=%#llx tsc=%llu",
		  __entry->partition, __entry->node, remora_show_core(__entry->arg),
		  __entry->number, __entry->tsc)
);
REMORA_RECORD_EVENT(remora_core_state, core);

DECLARE_EVENT_CLASS(remora_shoot,
	REMORA_RECORD_PROTO, REMORA_RECORD_ARGS, REMORA_RECORD_FIELDS, REMORA_RECORD_ASSIGN,
	TP_printk("partition=%s node=%u peer=%u channel=%s number=%llu step=%s tsc=%llu",
		  __entry->partition, __entry->node, __entry->peer,
		  remora_show_channel(__entry->channel), __entry->number,
		  remora_show_step(__entry->arg), __entry->tsc)
);
REMORA_RECORD_EVENT(remora_shoot, shootdown);

DECLARE_EVENT_CLASS(remora_mark,
	REMORA_RECORD_PROTO, REMORA_RECORD_ARGS, REMORA_RECORD_FIELDS, REMORA_RECORD_ASSIGN,
	TP_printk("partition=%s node=%u number=%llu arg=%llu tsc=%llu",
		  __entry->partition, __entry->node, __entry->number, __entry->arg, __entry->tsc)
);
REMORA_RECORD_EVENT(remora_mark, note);

/* Linux's view of a partition (node 0) or of a core; number counts the partition's changes. */
TRACE_EVENT(remora_state,
	TP_PROTO(const char *name, u32 node, u32 state, u64 number, u64 tsc),
	TP_ARGS(name, node, state, number, tsc),
	TP_STRUCT__entry(
		__array(char, partition, REMORA_NAME_MAX)
		__field(u16, node)
		__field(u32, state)
		__field(u64, number)
		__field(u64, tsc)
	),
	TP_fast_assign(
		memcpy(__entry->partition, name, REMORA_NAME_MAX);
		__entry->node = node;
		__entry->state = state;
		__entry->number = number;
		__entry->tsc = tsc;
	),
	TP_printk("partition=%s node=%u state=%s number=%llu tsc=%llu", __entry->partition,
		  __entry->node, remora_show_state(__entry->state), __entry->number, __entry->tsc)
);

/* Records of a core that are missing at this place; tsc is that of the last one before it. */
TRACE_EVENT(remora_lost,
	TP_PROTO(const char *name, u32 node, u64 lost, u64 bad, u64 tsc),
	TP_ARGS(name, node, lost, bad, tsc),
	TP_STRUCT__entry(
		__array(char, partition, REMORA_NAME_MAX)
		__field(u16, node)
		__field(u64, lost)
		__field(u64, bad)
		__field(u64, tsc)
	),
	TP_fast_assign(
		memcpy(__entry->partition, name, REMORA_NAME_MAX);
		__entry->node = node;
		__entry->lost = lost;
		__entry->bad = bad;
		__entry->tsc = tsc;
	),
	TP_printk("partition=%s node=%u lost=%llu bad=%llu tsc=%llu", __entry->partition,
		  __entry->node, __entry->lost, __entry->bad, __entry->tsc)
);

#endif

/* The build's include path has the module's folder. */
#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace_points
#include <trace/define_trace.h>
