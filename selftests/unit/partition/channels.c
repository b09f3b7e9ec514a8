// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of node 0 to ring 3, on the fake machine: the test is node 0, and the monitor, whose system
 * calls it makes in its place. What can only be timed by luck elsewhere is timed here.
 */
#include <stdlib.h>

#include <abi/domain.h>
#include <abi/object.h>
#include <cap_agree.h>
#include <capability.h>
#include <dispatcher.h>
#include <endpoint.h>
#include <memory.h>
#include <object.h>
#include <timer.h>
#include <userlink.h>

#include "node0.h"

#define OBJECT FAKE_OWN
#define FRAME (FAKE_OWN + 0x2000)
#define CNODE (FAKE_OWN + 0x4000)
#define DEPTH ABI_DOMAIN_ROOT_BITS
#define ROOM 0x80000000ul /* where more memory lies */

static struct dispatcher *monitor;
static struct cap_entry *endpoint;
static struct cap_entry kernel = { .type = ABI_CAP_KERNEL };
static struct cap_entry channel = { .type = ABI_CAP_URPC, .base = CHANNEL, .end = CHANNEL + 1 };
static struct urpc_chan end; /* the monitor's */
static unsigned int stays;

/* ---- ring 3 of the fake machine ---- */

const char *arch_user_init(void)
{
	return NULL;
}

void arch_context_init(struct arch_context *context, uint64_t root, void *xstate)
{
	context->root = root;
	context->xstate = xstate;
}

void arch_user_switch(struct arch_context *context)
{
	(void)context;
}

/* Awake, it sleeps again. */
void arch_user_run(struct arch_context *context, struct user_event *event)
{
	(void)context;
	stays++;
	dispatcher_sleep(monitor, UINT64_MAX);
	monitor->upcall = true;
	*event = (struct user_event){ .kind = USER_INTERRUPT };
}

void arch_context_save(const struct arch_context *context, struct abi_registers *registers)
{
	(void)context, (void)registers;
}

void arch_context_upcall(struct arch_context *context, uint64_t entry, uint64_t stack,
			 uint64_t dispatcher, uint64_t upcall,
			 const uint64_t arguments[ABI_UPCALL_ARGUMENTS])
{
	(void)context, (void)entry, (void)stack, (void)dispatcher, (void)upcall, (void)arguments;
}

uint64_t arch_context_rip(const struct arch_context *context)
{
	return context->rip;
}

/* ---- the monitor ---- */

static int operation(int (*call)(struct object_call *c), struct cap_entry *cap, uint64_t a, uint64_t b)
{
	struct object_call c = { .d = monitor, .cap = cap, .arg = { a, b } };

	return call(&c);
}

static void make_monitor(void)
{
	const struct abi_dispatcher_setup setup = { .frame_va = 0x10000, .name = "monitor" };
	const struct sched_params params = { .class = SCHED_BEST_EFFORT, .weight = 1 };
	struct cap_entry *slot;

	monitor = dispatcher_of(&(struct cap_entry){ .base = OBJECT });
	slot = dispatcher_slots(monitor);
	assert_int_equal(cap_create(&cap_space, &slot[DISPATCHER_ROOT], ABI_CAP_CNODE, CNODE,
				    ABI_CAP_SLOT_BYTES << DEPTH,
				    ABI_CAP_RW, 0), 0);
	assert_int_equal(cap_create(&cap_space, &slot[DISPATCHER_FRAME], ABI_CAP_FRAME, FRAME, 8192,
				    ABI_CAP_RW, 0), 0);
	endpoint = (struct cap_entry *)memory_at(CNODE) + 1;
	assert_int_equal(cap_create(&cap_space, endpoint, ABI_CAP_ENDPOINT,
				    OBJECT + ABI_CAP_ENDPOINTS_AT, 64, ABI_CAP_RW, 0), 0);
	assert_int_equal(dispatcher_set_up(monitor, &setup, &params, &slot[DISPATCHER_FRAME],
					   &slot[DISPATCHER_FRAME]), 0);
	monitor->shared->entry[ABI_UPCALL_RUN] = 0x400000;
	assert_int_equal(operation(endpoint_buffer, endpoint, 4096, 4), 0);
	assert_int_equal(operation(kernel_serve, &kernel, 1, DEPTH), 0);
}

static int start(void **state)
{
	int rc = node0_start(state);

	if (dispatchers_init())
		return -1;
	capabilities_init();
	make_monitor();
	return rc;
}

/* The notice of that number, taken. */
static const struct abi_lmp_record *told(enum abi_lmp_notice kind)
{
	struct abi_lmp_buffer *b = memory_at(FRAME + 4096);
	const struct abi_lmp_record *r = &b->record[b->taken % 4];

	assert_int_equal(r->number, b->taken + 1);
	assert_int_equal(r->kind, kind);
	b->taken++;
	return r;
}

static void bind_user(void)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);
	const struct abi_lmp_record *r;

	memset(arch_window(FAKE_RING(4)), 0, 2 * urpc_ring_bytes(FAKE_SLOTS));
	urpc_chan_init(&bound, arch_window(FAKE_RING(5)), arch_window(FAKE_RING(4)), FAKE_SLOTS);
	urpc_chan_init(&end, arch_window(FAKE_RING(4)), arch_window(FAKE_RING(5)), FAKE_SLOTS);
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	r = told(ABI_LMP_BIND);
	assert_int_equal(r->word[0], CHANNEL);
	assert_int_equal(r->word[3], FAKE_RING(4));
	assert_int_equal(operation(urpc_wake, &channel, 0, 0), 0);
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL, 0), 0);
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.payload[0], tag);
}

static void send_unbind(void)
{
	struct abi_ctl_unbind request = { .tag = ++tag, .channel = CHANNEL };

	assert_int_equal(urpc_send(&control, ABI_CTL_UNBIND, &request, sizeof(request)), 0);
	fake_step();
}

static int answered(void)
{
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal((uint32_t)msg.payload[0], tag);
	return (int)(msg.payload[0] >> 32);
}

static void unbind_user(void)
{
	send_unbind();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	told(ABI_LMP_UNBIND);
	assert_int_equal(operation(kernel_unbound, &kernel, CHANNEL, 0), 0);
	assert_int_equal(answered(), 0);
}

static void post(void)
{
	assert_int_equal(urpc_send(&bound, 1, NULL, 0), 0);
	assert_true(urpc_notify_needed(&bound));
}

/* ---- sleep ---- */

/* Node 0's message, and its doorbell, in the last window before the core prepares to sleep. */
static void late_message(void)
{
	post();
	fake_window = fake_world;
}

static void no_halt(void)
{
	fail_msg("the core halts though the monitor has a message");
}

static void idle(void)
{
	for (unsigned int i = 0; i < 3; i++)
		idle_turn(fake_tsc += 1000 * MS);
}

static void test_last_window(void **state)
{
	void (*world)(void) = fake_world;
	unsigned int before;

	(void)state;
	bind_user();
	dispatcher_wake(monitor);
	idle();
	assert_false(monitor->task.runnable);
	assert_true(urpc_arm(&end));
	before = stays;
	fake_world = no_halt;
	fake_window = late_message;
	idle_turn(fake_tsc += 1000 * MS);
	fake_world = fake_window = world;
	assert_int_equal(stays, before + 1);
	urpc_disarm(&end);
	assert_int_equal(urpc_recv(&end, &msg), 0);
	dispatcher_sleep(monitor, UINT64_MAX);
	unbind_user();
}

static void test_at_sleep(void **state)
{
	(void)state;
	bind_user();
	dispatcher_wake(monitor);
	assert_true(urpc_arm(&end));
	post();
	/* Its doorbell is taken while the monitor is awake. */
	fake_step();
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_true(monitor->task.runnable);
	urpc_disarm(&end);
	assert_int_equal(urpc_recv(&end, &msg), 0);
	assert_true(urpc_arm(&end));
	dispatcher_sleep(monitor, UINT64_MAX);
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_false(monitor->task.runnable);
	/* For room as well as for messages. */
	urpc_disarm(&end);
	dispatcher_wake(monitor);
	for (unsigned int i = 0; i < FAKE_SLOTS; i++)
		assert_int_equal(urpc_send(&end, 1, NULL, 0), 0);
	assert_true(urpc_arm_send(&end));
	dispatcher_sleep(monitor, UINT64_MAX);
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_false(monitor->task.runnable);
	fake_step();
	assert_false(monitor->task.runnable);
	for (unsigned int i = 0; i < FAKE_SLOTS; i++)
		assert_int_equal(urpc_recv(&bound, &msg), 0);
	fake_step();
	assert_true(monitor->task.runnable);
	unbind_user();
}

/* Whatever is in the rings, no memory but theirs is looked at: the sanitizers see to that. */
static void test_wild_rings(void **state)
{
	struct urpc_ring *tx, *rx;

	(void)state;
	bind_user();
	tx = arch_window(FAKE_RING(4));
	rx = arch_window(FAKE_RING(5));
	srand(5);
	for (unsigned int i = 0; i < 100000; i++) {
		tx->armed = (uint32_t)rand();
		tx->armed_at = (uint64_t)rand() << 33 | (uint64_t)rand();
		tx->armed_ack = (uint64_t)rand() << 33;
		rx->ack = (uint64_t)rand() << 33;
		dispatcher_sleep(monitor, UINT64_MAX);
		userlinks_poll();
	}
	tx->armed = 0;
	unbind_user();
}

/* ---- a monitor that takes its time ---- */

static void pass(uint64_t ms)
{
	fake_tsc += ms * MS;
	fake_step();
}

static void test_silent(void **state)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);

	(void)state;
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	told(ABI_LMP_BIND);
	pass(990);
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	pass(20);
	assert_int_equal(answered(), -ERR_TIMEDOUT);
	send_unbind();
	pass(490);
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	pass(20);
	assert_int_equal(answered(), -ERR_PROTO);
	/* It wakes up: node 0 has nothing to hear any more, but the monitor has to unbind. */
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL, 0), 0);
	told(ABI_LMP_UNBIND);
	assert_true(userlink_taken(CHANNEL));
	assert_int_equal(operation(kernel_unbound, &kernel, CHANNEL, 0), 0);
	assert_false(userlink_taken(CHANNEL));
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
}

/* Node 0 sleeps until the answer: its doorbell does not wait for a turn of the event loop. */
static void test_answer_rings(void **state)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);
	unsigned int rung;

	(void)state;
	/* Refused, it changes nothing. */
	assert_int_equal(operation(endpoint_buffer, endpoint, 0, 4), OBJECT_ERRNO(ERR_INVAL));
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	told(ABI_LMP_BIND);
	assert_true(urpc_arm(&control));
	rung = fake_rings;
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL, 0), 0);
	assert_int_equal(fake_rings, rung + 1);
	urpc_disarm(&control);
	assert_int_equal(answered(), 0);
	send_unbind();
	told(ABI_LMP_UNBIND);
	assert_true(urpc_arm(&control));
	assert_int_equal(operation(kernel_unbound, &kernel, CHANNEL, 0), 0);
	assert_int_equal(fake_rings, rung + 2);
	urpc_disarm(&control);
	assert_int_equal(answered(), 0);
}

/* Node 0 gives up before the monitor has heard of it at all: its buffer is full. */
static void test_untold(void **state)
{
	struct abi_lmp_buffer *b = memory_at(FRAME + 4096);
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);
	uint64_t taken = b->taken;

	(void)state;
	b->taken = taken - 4;
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	send_unbind();
	tag--;
	assert_int_equal(answered(), -ERR_CANCELED);
	tag++;
	assert_int_equal(answered(), 0);
	/* Told once there is room, when the monitor looks after its messages. */
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	b->taken = taken;
	dispatcher_wake(monitor);
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_true(monitor->task.runnable);
	told(ABI_LMP_BIND);
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL, ERR_NOMEM), 0);
	assert_int_equal(answered(), -ERR_NOMEM);
}

/* ---- another core at the other end ---- */

static void test_bad_peers(void **state)
{
	static const struct {
		uint32_t service, channel, peer, peer_apic_id;
	} bad[] = {
		{ ABI_SERVICE_SPAWN, CHANNEL, 1, 12 },              /* the core itself */
		{ ABI_SERVICE_SPAWN, CHANNEL, ABI_NODES_MAX, 12 },
		{ ABI_SERVICE_SPAWN, CHANNEL, UINT32_MAX, 12 },
		{ ABI_SERVICE_SPAWN, CHANNEL, 0, 12 },
		{ ABI_SERVICE_SPAWN, CHANNEL, 2, 0 },               /* its own APIC */
		{ ABI_SERVICE_SPAWN, ABI_CHANNEL_MONITOR(2), 2, 12 },
		{ ABI_SERVICE_MONITOR, CHANNEL, 2, 12 },
		{ ABI_SERVICE_MONITOR, ABI_CHANNEL_MONITOR(3), 2, 12 },
		{ ABI_SERVICE_MONITOR, ABI_CHANNEL_MONITOR(0), 2, 12 },
		{ ABI_SERVICE_MONITOR, ABI_CHANNEL_NUMBERS, 0, 0 },
		{ ABI_SERVICE_MONITOR, UINT32_MAX, 2, 12 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct abi_ctl_bind request = good_bind(bad[i].service);

		request.channel = bad[i].channel;
		request.peer = bad[i].peer;
		request.peer_apic_id = bad[i].peer_apic_id;
		assert_int_equal(ask(ABI_CTL_BIND, request), -ERR_INVAL);
	}
}

/* A link of monitors: its number, its peer, whom its doorbells ring, and that anybody's doorbell does. */
static void test_peer(void **state)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_MONITOR);
	struct abi_ctl_unbind over = { .channel = ABI_CHANNEL_MONITOR(63) };
	struct cap_entry cap = { .type = ABI_CAP_URPC, .base = ABI_CHANNEL_MONITOR(63),
				 .end = ABI_CHANNEL_MONITOR(63) + 1 };
	const struct abi_lmp_record *r;

	(void)state;
	memset(arch_window(FAKE_RING(4)), 0, 2 * urpc_ring_bytes(FAKE_SLOTS));
	urpc_chan_init(&bound, arch_window(FAKE_RING(5)), arch_window(FAKE_RING(4)), FAKE_SLOTS);
	urpc_chan_init(&end, arch_window(FAKE_RING(4)), arch_window(FAKE_RING(5)), FAKE_SLOTS);
	request.tag = ++tag;
	request.channel = ABI_CHANNEL_MONITOR(63);
	request.peer = 63;
	request.peer_apic_id = 77;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	r = told(ABI_LMP_BIND);
	assert_int_equal(r->words, 6);
	assert_int_equal(r->word[0], ABI_CHANNEL_MONITOR(63));
	assert_int_equal(r->word[1], ABI_SERVICE_MONITOR);
	assert_int_equal(r->word[5], 63);
	assert_int_equal(operation(urpc_wake, &cap, 0, 0), 0);
	assert_int_equal(operation(kernel_bound, &kernel, ABI_CHANNEL_MONITOR(63), 0), 0);
	assert_int_equal(answered(), 0);
	assert_int_equal(operation(urpc_notify, &cap, 0, 0), 0);
	assert_int_equal(fake_ring_apic, 77);
	assert_int_equal(fake_ring_vector, ABI_VECTOR_DOORBELL);
	dispatcher_sleep(monitor, UINT64_MAX);
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_true(urpc_arm(&end));
	fake_step();
	assert_false(monitor->task.runnable);
	post();
	fake_core->count.doorbells++;
	fake_step();
	assert_true(monitor->task.runnable);
	over.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_UNBIND, &over, sizeof(over)), 0);
	fake_step();
	assert_int_equal(told(ABI_LMP_UNBIND)->word[0], ABI_CHANNEL_MONITOR(63));
	assert_int_equal(operation(kernel_unbound, &kernel, ABI_CHANNEL_MONITOR(63), 0), 0);
	assert_int_equal(answered(), 0);
	assert_int_equal(operation(urpc_notify, &cap, 0, 0), OBJECT_ERRNO(ERR_NOENT));
}

/* A program that computes alone keeps the event loop waiting for long: node 0 does not. */
static void test_closed_at_once(void **state)
{
	struct abi_ctl_closed event;

	(void)state;
	bind_user();
	assert_int_equal(operation(kernel_closed, &kernel, CHANNEL, ERR_PROTO), 0);
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.type, ABI_CTL_CLOSED);
	memcpy(&event, msg.payload, sizeof(event));
	assert_int_equal(event.channel, CHANNEL);
	assert_int_equal(event.status, -ERR_PROTO);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	assert_int_equal(unbind(), 0);
}

/* A channel of programs, which the monitor has been told to take from its program. */
static void unbinding_program(void)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_PROGRAM);
	struct abi_ctl_unbind over = { .channel = CHANNEL + 1 };

	request.channel = CHANNEL + 1;
	request.tx = FAKE_RING(6);
	request.rx = FAKE_RING(7);
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	told(ABI_LMP_BIND);
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL + 1, 0), 0);
	assert_int_equal(answered(), 0);
	over.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_UNBIND, &over, sizeof(over)), 0);
	fake_step();
	told(ABI_LMP_UNBIND);
}

static void test_over(void **state)
{
	struct abi_ctl_closed event;

	(void)state;
	bind_user();
	unbinding_program();
	dispatcher_exit(monitor, 0);
	/* Nobody takes the rings from the program now. */
	assert_int_equal(answered(), -ERR_PROTO);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.type, ABI_CTL_CLOSED);
	memcpy(&event, msg.payload, sizeof(event));
	assert_int_equal(event.status, -ERR_CANCELED);
	assert_false(userlink_taken(CHANNEL));
	assert_int_equal(unbind(), 0);
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);

	assert_int_equal(ask(ABI_CTL_BIND, request), -ERR_NOENT);
}

/* ---- memory ---- */

static int memory(uint16_t type, uint64_t base, uint64_t bytes, uint64_t at)
{
	struct abi_ctl_memory request = { .base = base, .bytes = bytes, .at = at, .numa = 3 };

	return ask_bytes(type, &request, sizeof(request));
}

/* The first slot for an extent that has nothing from the boot information. */
static struct cap_entry *extent_slot(void)
{
	return (struct cap_entry *)memory_at(CNODE) + ABI_SLOT_EXTENTS + fake_boot->extent_count;
}

static void test_memory_comes_and_goes(void **state)
{
	const uint64_t bytes = 2 * ABI_MEMORY_STEP + ABI_LARGE_PAGE_SIZE;
	struct cap_entry *slot = extent_slot();
	struct cap_entry frame = { 0 };
	uint32_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(slot->type, ABI_CAP_NONE);
		assert_false(memory_within(ROOM, bytes, ABI_EXTENT_RAM));
		assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, bytes, i * ABI_MEMORY_STEP), 0);
		assert_true(memory_touched(ROOM + bytes - 1, 1));
	}
	assert_int_equal(fake_window_bytes, bytes);
	assert_true(memory_within(ROOM, bytes, ABI_EXTENT_RAM));
	assert_int_equal(slot->type, ABI_CAP_RAM);
	assert_int_equal(slot->base, ROOM);
	assert_int_equal(slot->end, ROOM + bytes);
	assert_int_equal(slot->rights, ABI_CAP_RIGHTS);
	/* It stays while anybody has any of it, in whatever form. */
	assert_int_equal(cap_create(&cap_space, &frame, ABI_CAP_RAM, ROOM, bytes, ABI_CAP_RIGHTS, 0), 0);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, 0), -ERR_BUSY);
	assert_int_equal(slot->type, ABI_CAP_RAM);
	cap_invoke(&cap_space, &(struct cap_op){ .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(&frame) });
	assert_int_equal(cap_create(&cap_space, &frame, ABI_CAP_FRAME, ROOM + 8192, 4096, ABI_CAP_RW, 0), 0);
	cap_invoke(&cap_space, &(struct cap_op){ .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(slot) });
	assert_int_equal(slot->type, ABI_CAP_NONE);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, 0), -ERR_BUSY);
	assert_true(memory_within(ROOM, bytes, ABI_EXTENT_RAM));
	cap_invoke(&cap_space, &(struct cap_op){ .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(&frame) });
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, ABI_MEMORY_STEP), -ERR_BUSY);
	assert_int_equal(fake_window_bytes, bytes);
	for (i = 0; i < 3; i++) {
		assert_true(memory_touched(ROOM, 1));
		assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, i * ABI_MEMORY_STEP), 0);
		assert_false(memory_within(ROOM, bytes, ABI_EXTENT_RAM));
	}
	assert_false(memory_touched(ROOM, bytes));
	assert_int_equal(fake_window_bytes, 0);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, 0), -ERR_NOENT);
}

static void test_memory_refused(void **state)
{
	const uint64_t large = ABI_LARGE_PAGE_SIZE;
	struct cap_entry *slot = extent_slot();
	uint32_t i, left = ABI_EXTENTS_MAX - fake_boot->extent_count;

	(void)state;
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, 0, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + 4096, large, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, large + 4096, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, large, large), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ABI_WINDOW_SIZE - large, 2 * large, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ABI_WINDOW_SIZE, large, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, 0, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, FAKE_SHARED & ~(large - 1), large, 0), -ERR_EXIST);
	/* Not from its middle on, and not once more. */
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, 2 * ABI_MEMORY_STEP, ABI_MEMORY_STEP), -ERR_NOENT);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, large, 0), 0);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, large, 0), -ERR_EXIST);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, 2 * large, 0), -ERR_NOENT);
	/* What fails on its way can be taken back, and its place is the next one's. */
	fake_window_error = -ERR_NOMEM;
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + large, large, 0), -ERR_NOMEM);
	fake_window_error = 0;
	assert_true(memory_touched(ROOM + large, 1));
	fake_window_bytes += large;
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM + large, large, 0), 0);
	assert_false(memory_touched(ROOM + large, 1));
	/* The monitor's capability goes with it, if it is the only one. */
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + large, large, 0), 0);
	assert_int_equal(slot[1].type, ABI_CAP_RAM);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM + large, large, 0), 0);
	assert_int_equal(slot[1].type, ABI_CAP_NONE);
	for (i = 1; i < left; i++)
		assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + i * large, large, 0), 0);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + i * large, large, 0), -ERR_NOSPC);
	for (i = 0; i < left; i++) {
		assert_int_equal(slot[i].base, ROOM + i * large);
		cap_invoke(&cap_space, &(struct cap_op){ .kind = ABI_CAP_DO_DELETE,
							.from = cap_slot_own(&slot[i]) });
		assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM + i * large, large, 0), 0);
	}
}

/* Nobody is there to have it. */
static void test_memory_without_monitor(void **state)
{
	(void)state;
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, ABI_LARGE_PAGE_SIZE, 0), -ERR_NOENT);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, ABI_LARGE_PAGE_SIZE, 0), 0);
	assert_int_equal(fake_window_bytes, 0);
}

/* ---- the last copy of what other cores know ---- */

#define KNOWN (FAKE_OWN + 0x20000)
#define HOLDER (FAKE_OWN + 0x21000)

static int known_state(uint8_t set, uint8_t clear)
{
	struct object_call c = { .d = monitor, .cap = &kernel,
				 .arg = { KNOWN | ABI_CAP_FRAME, ABI_PAGE_SIZE, set, clear } };

	return agreed_state(&c);
}

/* The only copy of a frame that other cores know is in a CNode whose last capability is deleted. */
static void know_and_end(void)
{
	static struct cap_entry holder;
	struct cap_op op = { .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(&holder) };
	struct cap_entry *inside = (struct cap_entry *)memory_at(HOLDER) + 3;

	memset(memory_at(HOLDER), 0, ABI_PAGE_SIZE);
	assert_int_equal(cap_create(&cap_space, &holder, ABI_CAP_CNODE, HOLDER, ABI_PAGE_SIZE, ABI_CAP_RW, 0), 0);
	assert_int_equal(cap_create(&cap_space, inside, ABI_CAP_FRAME, KNOWN, ABI_PAGE_SIZE, ABI_CAP_RW, 0), 0);
	assert_int_equal(known_state(CAP_REMOTE, 0), 0);
	assert_int_equal(capability_do(&op), 0);
}

/* Half a second, and a turn of ring 3. */
static void turn(void)
{
	uint64_t deadline = UINT64_MAX;

	pass(500);
	dispatchers_run(&deadline);
}

static bool told_nothing(void)
{
	struct abi_lmp_buffer *b = memory_at(FRAME + 4096);

	return b->record[b->taken % 4].number != b->taken + 1;
}

/* The monitor is asked once, when it has room, and again when it said something of the object. */
static void test_last_copy(void **state)
{
	struct abi_lmp_buffer *b = memory_at(FRAME + 4096);
	uint64_t taken = b->taken;

	(void)state;
	b->taken = taken - 4;
	know_and_end();
	turn();
	b->taken = taken;
	assert_true(told_nothing());
	assert_int_equal(cap_space.dying_count, 1);
	turn();
	assert_int_equal(told(ABI_LMP_LAST_COPY)->word[0], KNOWN);
	turn();
	assert_true(told_nothing());
	/* Still known elsewhere: asked for again. Known nowhere else: it goes. */
	assert_int_equal(known_state(CAP_REMOTE, 0), 0);
	turn();
	told(ABI_LMP_LAST_COPY);
	assert_int_equal(cap_space.dying_count, 1);
	assert_int_equal(known_state(0, CAP_REMOTE), 0);
	turn();
	assert_true(told_nothing());
	assert_int_equal(cap_space.dying_count, 0);
}

/* What waits for the monitor's word does not wait for a dead one: test_over() is between the two. */
static void test_last_copy_waits(void **state)
{
	(void)state;
	know_and_end();
	turn();
	told(ABI_LMP_LAST_COPY);
	assert_int_equal(cap_space.dying_count, 1);
}

static void test_last_copy_alone(void **state)
{
	(void)state;
	assert_true(monitor->over);
	turn();
	assert_int_equal(cap_space.dying_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_window), cmocka_unit_test(test_at_sleep),
		cmocka_unit_test(test_wild_rings),  cmocka_unit_test(test_silent),
		cmocka_unit_test(test_answer_rings), cmocka_unit_test(test_untold),
		cmocka_unit_test(test_bad_peers),   cmocka_unit_test(test_peer),
		cmocka_unit_test(test_last_copy),   cmocka_unit_test(test_last_copy_waits),
		cmocka_unit_test(test_memory_comes_and_goes),
		cmocka_unit_test(test_memory_refused),
		cmocka_unit_test(test_closed_at_once), cmocka_unit_test(test_over),
		cmocka_unit_test(test_memory_without_monitor),
		cmocka_unit_test(test_last_copy_alone),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
