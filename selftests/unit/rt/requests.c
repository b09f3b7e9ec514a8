// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program asks its monitor, by the library's own channel to it (lib/monitor.c) and what is made of it: channels,
 * jobs, views, watches. The test is the monitor. A thread that waits lets it run, then the pollers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include <lib/crt.h>
#include <lib/monitor.h>
#include <lib/names.h>
#include <lib/spawn.h>
#include <lib/stream.h>
#include <lib/view.h>
#include <lib/vspace.h>

#include <bind_priv.h>

#define RINGS ABI_DOMAIN_STREAM
#define LOG 64u

static struct abi_dispatcher dispatcher;
static struct rt_poller *pollers;
static struct urpc_chan chan;
static struct monitor_end end; /* the monitor's */
static bool deaf;              /* it takes nothing now */
static uint64_t closed[LOG], pieces[LOG];
static unsigned int closed_count, piece_count, woken;
static const struct monitor_view_changed *ahead; /* told before the answer to a watch */
static uint32_t spawn_error;

struct abi_dispatcher *rt_dispatcher = &dispatcher;
bool (*rt_vspace_taken)(uint64_t address);

/* ---- the rest of the library ---- */

const struct abi_startup *rt_startup(void)
{
	static const struct abi_startup startup = { .domain = 7 };

	return &startup;
}

void rt_poller_add(struct rt_poller *poller)
{
	poller->next = pollers;
	pollers = poller;
}

static void poll_all(void)
{
	uint32_t was = rt_disable();

	for (struct rt_poller *p = pollers; p; p = p->next)
		p->poll();
	rt_enable(was);
}

void rt_preempt(void)
{
}

int64_t rt_stream_hint(void)
{
	return 0;
}

void rt_stream_tell(void)
{
}

uint64_t rt_deadline_ns(uint64_t ns)
{
	return ns;
}

unsigned int rt_wake(struct rt_queue *queue, unsigned int count)
{
	(void)queue, (void)count;
	woken++;
	return 0;
}

int rings_map(struct rt_bound *b)
{
	b->channel.event.set = NULL;
	return 0;
}

void rings_copy(struct rt_bound *b)
{
	(void)b;
}

void rings_unmap(struct rt_bound *b)
{
	(void)b;
}

bool rings_have(const struct rt_bound *b, uint64_t address)
{
	(void)b, (void)address;
	return false;
}

void rt_channel_close(struct rt_channel *channel)
{
	rt_waitset_remove(&channel->event);
}

/* ---- the monitor ---- */

static int on_connect(void *ctx, uint32_t from, const struct monitor_bind_connect *m)
{
	const struct monitor_bind_connect_reply reply = { .tag = m->tag };
	const struct monitor_bind_opened opened = { .binding = m->binding, .slots = 64 };

	(void)ctx, (void)from;
	assert_int_equal(monitor_bind_connect_reply_send(&end, &reply), 0);
	return monitor_bind_opened_send(&end, &opened);
}

static int on_close(void *ctx, uint32_t from, const struct monitor_bind_close *m)
{
	(void)ctx, (void)from;
	closed[closed_count++ % LOG] = m->binding;
	return 0;
}

static int on_spawn(void *ctx, uint32_t from, const struct monitor_spawn *m)
{
	const struct monitor_spawn_reply reply = { .tag = m->tag, .error = spawn_error, .job = 9 };

	(void)ctx, (void)from;
	return monitor_spawn_reply_send(&end, &reply);
}

static int on_piece(void *ctx, uint32_t from, const struct monitor_image_piece *m)
{
	(void)ctx, (void)from;
	pieces[piece_count++ % LOG] = m->offset;
	return 0;
}

static int on_view_watch(void *ctx, uint32_t from, const struct monitor_view_watch *m)
{
	const struct monitor_view_watch_reply reply = { .tag = m->tag, .number = 3, .members = 7 };

	(void)ctx, (void)from;
	if (ahead)
		assert_int_equal(monitor_view_changed_send(&end, ahead), 0);
	return monitor_view_watch_reply_send(&end, &reply);
}

static int on_name_watch(void *ctx, uint32_t from, const struct monitor_name_watch *m)
{
	const struct monitor_name_watch_reply reply = { .tag = m->tag };

	(void)ctx, (void)from;
	return monitor_name_watch_reply_send(&end, &reply);
}

static int on_name_unwatch(void *ctx, uint32_t from, const struct monitor_name_unwatch *m)
{
	const struct monitor_name_unwatch_reply reply = { .tag = m->tag };

	(void)ctx, (void)from;
	return monitor_name_unwatch_reply_send(&end, &reply);
}

static const struct monitor_handlers handlers = {
	.bind_connect = on_connect, .bind_close = on_close, .spawn = on_spawn, .image_piece = on_piece,
	.view_watch = on_view_watch, .name_watch = on_name_watch, .name_unwatch = on_name_unwatch,
};

static void monitor_runs(void)
{
	if (deaf || monitor_bind(&end))
		return;
	while (!monitor_receive(&end, &handlers, NULL, 0))
		;
	assert_false(chan.broken);
}

int rt_block_outside(struct rt_queue *queue, uint64_t deadline)
{
	static unsigned int turns;

	(void)queue, (void)deadline;
	assert_true(++turns < 10000);
	monitor_runs();
	poll_all();
	return 0;
}

int rt_block(struct rt_queue *queue, uint64_t deadline)
{
	return rt_block_outside(queue, deadline);
}

/* ---- the tests ---- */

static uint64_t connect_one(struct rt_bound *b)
{
	const struct rt_wish wish = { .name = "service" };

	assert_int_equal(rt_connect(b, &wish, RT_NEVER), 0);
	return b->binding;
}

static int say_nothing(struct monitor_end *e, const void *message)
{
	return monitor_bind_close_send(e, message);
}

/* No room for anything more, until the monitor has run. */
static unsigned int fill_ring(void)
{
	const struct monitor_bind_close m = { .binding = 1000000 };
	unsigned int count = 0;
	uint32_t was = rt_disable();

	deaf = true;
	while (rt_monitor_say(say_nothing, &m) != -URPC_EAGAIN)
		count++;
	rt_enable(was);
	return count;
}

static void monitor_listens(void)
{
	deaf = false;
	for (int i = 0; i < 4; i++) {
		monitor_runs();
		poll_all();
	}
}

static const uint8_t file[4096];

static const char *const argv[] = { "job", NULL };

static const struct rt_spawn_program program = {
	.name = "job", .nodes = 2, .file = file, .file_bytes = sizeof(file), .argv = argv,
};

static void spawn_one(struct rt_job *job)
{
	assert_int_equal(rt_spawn(job, &program), 0);
	assert_int_equal(job->job, 9);
}

static void end_one(struct rt_job *job)
{
	const struct monitor_spawn_exited m = { .image = job->number, .status = 5 };

	assert_int_equal(monitor_spawn_exited_send(&end, &m), 0);
	assert_int_equal(rt_job_wait(job, RT_NEVER), 0);
	assert_int_equal(job->status, 5);
}

static void want(const struct rt_job *job, uint64_t offset, uint32_t bytes)
{
	const struct monitor_image_wanted m = { .image = job->number, .offset = offset, .bytes = bytes };

	assert_int_equal(monitor_image_wanted_send(&end, &m), 0);
}

/* What found no room is said later: of channels and of jobs, whichever a program used first or last. */
static void test_owed(void **state)
{
	struct rt_job job, second;
	struct rt_bound bound;
	unsigned int filled;
	uint64_t binding;

	(void)state;
	spawn_one(&job);
	binding = connect_one(&bound);
	spawn_one(&second);
	filled = fill_ring();
	rt_bound_close(&bound);
	want(&job, 1024, 1024);
	want(&second, 2048, 1024);
	poll_all();
	assert_int_equal(closed_count + piece_count, 0);
	monitor_listens();
	assert_int_equal(closed_count, filled + 1);
	assert_int_equal(closed[filled % LOG], binding);
	assert_int_equal(piece_count, 2);
	assert_int_equal(pieces[0], 1024);
	assert_int_equal(pieces[1], 2048);
	end_one(&second);
	end_one(&job);
}

/* Pieces that are not of the file, and of no job, are not sent; nor do they stop the others. */
static void test_pieces(void **state)
{
	struct rt_job job, none = { .number = 1ull << 40 };

	(void)state;
	piece_count = 0;
	spawn_one(&job);
	want(&job, 4096, 1);
	want(&job, UINT64_MAX, 2);
	want(&none, 0, 1);
	want(&job, 3072, 1024);
	monitor_listens();
	assert_int_equal(piece_count, 1);
	assert_int_equal(pieces[0], 3072);
	end_one(&job);
	spawn_error = 1;
	assert_int_equal(rt_spawn(&job, &program), -RT_ECANCELED);
	spawn_error = 0;
}

static void tell_view(uint32_t number, uint64_t members)
{
	const struct monitor_view_changed m = { .number = number, .members = members };

	assert_int_equal(monitor_view_changed_send(&end, &m), 0);
	poll_all();
}

static void assert_view(struct rt_view_watch *w, uint32_t number)
{
	struct rt_view view;

	assert_int_equal(rt_view_next(w, &view), 0);
	assert_int_equal(view.number, number);
	assert_int_equal(rt_view_next(w, &view), -RT_EAGAIN);
}

/* The first view, the latest of several, and nothing any more for who does not watch. */
static void test_views(void **state)
{
	const struct monitor_view_changed four = { .number = 4, .members = 3 };
	struct rt_view_watch one, two, three;
	struct rt_waitset set = { 0 };
	struct rt_event *event;
	struct rt_view view;

	(void)state;
	assert_int_equal(rt_view_watch(&one), 0);
	assert_view(&one, 3);
	assert_int_equal(rt_waitset_add(&set, &one.event), 0);
	ahead = &four;
	assert_int_equal(rt_view_watch(&two), 0);
	ahead = NULL;
	assert_view(&two, 4);
	assert_int_equal(rt_waitset_wait(&set, RT_NEVER, &event), 0);
	assert_ptr_equal(event, &one.event);
	assert_view(&one, 4);
	assert_int_equal(rt_view_watch(&three), 0);
	tell_view(5, 1);
	tell_view(6, 1);
	rt_view_unwatch(&two); /* neither the first of the list nor the last */
	rt_view_unwatch(&two);
	tell_view(7, 1);
	assert_view(&one, 7);
	assert_view(&three, 7);
	assert_view(&two, 6);
	rt_view_unwatch(&one);
	assert_null(one.event.set);
	rt_view_unwatch(&three);
	tell_view(8, 1);
	assert_int_equal(rt_view_next(&three, &view), -RT_EAGAIN);
}

static void tell_name(const struct rt_name_watch *w, const char *name)
{
	struct monitor_name_changed m = { .watch = w->number, .what = NAMES_SET };

	strcpy(m.name, name);
	assert_int_equal(monitor_name_changed_send(&end, &m), 0);
	poll_all();
}

/* Each hears of its own; who takes none for long hears that some are missing, after those that are there. */
static void test_names(void **state)
{
	struct rt_name_watch one = { 0 }, two = { 0 };
	struct rt_name_change change;

	(void)state;
	assert_int_equal(rt_name_watch(&one, "a"), 0);
	assert_int_equal(rt_name_watch(&two, "b"), 0);
	for (unsigned int i = 0; i < RT_NAME_CHANGES + 3; i++)
		tell_name(&one, i ? "a.next" : "a.first");
	tell_name(&two, "b.only");
	for (unsigned int i = 0; i < RT_NAME_CHANGES; i++) {
		assert_int_equal(rt_name_changed(&one, &change), 0);
		assert_string_equal(change.name.name, i ? "a.next" : "a.first");
	}
	assert_int_equal(rt_name_changed(&one, &change), 0);
	assert_int_equal(change.what, NAMES_MISSED);
	assert_int_equal(rt_name_changed(&one, &change), -RT_EAGAIN);
	assert_int_equal(rt_name_unwatch(&one), 0);
	tell_name(&one, "a.late");
	assert_int_equal(rt_name_changed(&one, &change), -RT_EAGAIN);
	assert_int_equal(rt_name_changed(&two, &change), 0);
	assert_string_equal(change.name.name, "b.only");
	assert_int_equal(rt_name_unwatch(&two), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owed),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_names),
	};
	struct abi_requests *rings = (struct abi_requests *)ABI_DOMAIN_REQUESTS;

	if (mmap((void *)RINGS, ABI_DOMAIN_STREAM_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)RINGS)
		return 1;
	urpc_chan_init(&chan, (struct urpc_ring *)(void *)rings->answer,
		       (const struct urpc_ring *)(const void *)rings->ask, ABI_REQUEST_SLOTS);
	monitor_server(&end, &chan);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
