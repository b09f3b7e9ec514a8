// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run at a time, one ping on its way at a time. Samples are spread over the run: every n-th
 * round trip is kept, so that the quantiles stand for all of it.
 */
#include <base/string.h>

#include <abi/peer.h>
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <errors.h>
#include <ping.h>
#include <timer.h>

#define PING_COUNT_MAX 1000000u
#define PING_SAMPLES 4096u
#define PING_TIMEOUT_MS 4000u /* for one round trip; node 0 waits for 5 s at least */

static struct {
	struct link *control; /* NULL: nothing runs */
	struct link *peer;
	struct timer timer;
	uint32_t tag;
	uint32_t count;
	uint64_t run; /* of this core, counted up */
	uint64_t done; /* round trips */
	uint64_t sent_at;
	uint64_t min;
	uint64_t max;
	uint32_t stride;
	uint32_t samples;
	uint64_t sample[PING_SAMPLES];
} ping;

/* Shell sort, gaps of Ciura's sequence; a few hundred microseconds at most. */
static void sort(uint64_t *values, uint32_t count)
{
	static const uint32_t gaps[] = { 1750, 701, 301, 132, 57, 23, 10, 4, 1 };

	for (uint32_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
		for (uint32_t i = gaps[g]; i < count; i++) {
			uint64_t value = values[i];
			uint32_t at = i;

			for (; at >= gaps[g] && values[at - gaps[g]] > value; at -= gaps[g])
				values[at] = values[at - gaps[g]];
			values[at] = value;
		}
	}
}

static void finish(int status)
{
	struct abi_ctl_peer_pong reply = { .tag = ping.tag, .status = status };
	struct link *control = ping.control;

	timer_cancel(&ping.timer);
	if (ping.samples) {
		sort(ping.sample, ping.samples);
		reply.min = ping.min;
		reply.median = ping.sample[(ping.samples - 1) / 2];
		reply.p99 = ping.sample[(uint64_t)(ping.samples - 1) * 99 / 100];
		reply.max = ping.max;
		reply.count = ping.done;
	}
	ping.control = NULL;
	control->promised--;
	link_send(control, ABI_CTL_REPLY | ABI_CTL_PEER_PING, &reply, sizeof(reply));
}

static void ping_expire(struct timer *timer)
{
	(void)timer;
	console_warning("node %u did not answer ping %lu within %u ms", ping.peer->node, ping.done,
			PING_TIMEOUT_MS);
	finish(-ERR_TIMEDOUT);
}

static bool send_next(void)
{
	struct abi_peer_ping msg = { .run = ping.run, .number = ping.done };

	if (!link_has_room(ping.peer, 1))
		return false;
	ping.sent_at = arch_cycles();
	link_send(ping.peer, ABI_PEER_PING, &msg, sizeof(msg));
	return timer_start(&ping.timer, ping.sent_at + PING_TIMEOUT_MS * boot_info->tsc_khz,
			   ping_expire);
}

int ping_start(struct link *control, const struct abi_ctl_peer_ping *request)
{
	struct link *peer = links_peer(request->peer);

	if (ping.control)
		return -ERR_BUSY;
	if (!peer)
		return -ERR_NOENT;
	if (!request->count || request->count > PING_COUNT_MAX)
		return -ERR_INVAL;
	ping.peer = peer;
	ping.tag = request->tag;
	ping.count = request->count;
	ping.run++;
	ping.done = 0;
	ping.min = UINT64_MAX;
	ping.max = 0;
	ping.stride = (request->count + PING_SAMPLES - 1) / PING_SAMPLES;
	ping.samples = 0;
	if (!send_next())
		return -ERR_BUSY;
	ping.control = control;
	control->promised++;
	return 0;
}

void ping_forget(void)
{
	if (!ping.control)
		return;
	timer_cancel(&ping.timer);
	ping.control->promised--;
	ping.control = NULL;
}

static void pong(struct link *link, const struct abi_peer_ping *msg)
{
	uint64_t cycles = arch_cycles() - ping.sent_at;

	/* An answer that came after the time-out belongs to nothing any more. */
	if (!ping.control || link != ping.peer || msg->run != ping.run || msg->number != ping.done)
		return;
	timer_cancel(&ping.timer);
	if (cycles < ping.min)
		ping.min = cycles;
	if (cycles > ping.max)
		ping.max = cycles;
	if (!(ping.done % ping.stride) && ping.samples < PING_SAMPLES)
		ping.sample[ping.samples++] = cycles;
	ping.done++;
	if (ping.done == ping.count)
		finish(0);
	else if (!send_next())
		finish(-ERR_BUSY);
}

static void peer_message(struct link *link, const struct urpc_msg *msg)
{
	struct abi_peer_ping body;

	if (msg->len != sizeof(body) ||
	    (msg->type != ABI_PEER_PING && msg->type != ABI_PEER_PONG)) {
		core_page->count.protocol_errors++;
		console_warning("node %u sent a message of type %u with %u bytes; it is dropped",
				link->node, msg->type, msg->len);
		return;
	}
	memcpy(&body, msg->payload, sizeof(body));
	if (msg->type == ABI_PEER_PING)
		link_send(link, ABI_PEER_PONG, &body, sizeof(body));
	else
		pong(link, &body);
}

static void peer_close(struct link *link)
{
	if (ping.control && ping.peer == link)
		finish(-ERR_PROTO);
}

const struct link_ops peer_ops = {
	.name = "peer",
	.ready = link_ready_reply,
	.message = peer_message,
	.close = peer_close,
};
