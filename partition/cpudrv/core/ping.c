// SPDX-License-Identifier: GPL-2.0-only
/* One run at a time, one ping on its way at a time. */
#include <base/string.h>

#include <abi/peer.h>
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <errors.h>
#include <ping.h>
#include <samples.h>
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
	struct samples samples;
	uint64_t sample[PING_SAMPLES];
} ping;

static void finish(int status)
{
	struct abi_ctl_peer_pong reply = { .tag = ping.tag, .status = status };
	struct link *control = ping.control;

	timer_cancel(&ping.timer);
	if (ping.done) {
		reply.min = ping.samples.min;
		reply.median = samples_quantile(&ping.samples, 50);
		reply.p99 = samples_quantile(&ping.samples, 99);
		reply.max = ping.samples.max;
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
	samples_begin(&ping.samples, ping.sample, PING_SAMPLES, request->count);
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
	samples_add(&ping.samples, cycles);
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
