// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of the fake module. The mapped kind has a thread that plays the core: it echoes, arms
 * and sleeps just as a core does, so that a wake-up lost by the library would be lost here, too.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <urpc/bulk.h>

#include "fake.h"
#include "fake_chan.h"
#include "fake_spawn.h"

#define QUEUE 64u
#define HDR_RESERVED (1ull << 63)

/*
 * @bell, @news: the doorbells of the core and of the process, under lock
 * @queue: messages of a channel that is not mapped, echoed by being read again
 */
struct fake_chan {
	int fd;
	bool mapped;
	uint32_t slots, node, service;
	uint64_t ring_bytes;
	char *memory;
	struct urpc_chan core;
	pthread_t thread;
	bool bell, stop;
	struct fake_spawn spawn;
	struct remora_message queue[QUEUE];
	unsigned int head, tail;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum fake_peer behaviour;
static unsigned int turns; /* changes of behaviour */
static unsigned int notifications;

void fake_peer_set(enum fake_peer b)
{
	pthread_mutex_lock(&lock);
	behaviour = b;
	__atomic_fetch_add(&turns, 1, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

unsigned int fake_notifications(void)
{
	return __atomic_load_n(&notifications, __ATOMIC_RELAXED);
}

static void broadcast(void)
{
	pthread_mutex_lock(&lock);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static bool is_echoing(struct fake_chan *c)
{
	return __atomic_load_n(&behaviour, __ATOMIC_RELAXED) == FAKE_ECHO &&
	       !__atomic_load_n(&c->stop, __ATOMIC_RELAXED);
}

static void send_back(void *to, uint16_t type, const void *data, size_t length)
{
	struct fake_chan *c = to;

	while (is_echoing(c) && urpc_send_long(&c->core, type, data, length)) {
		if (urpc_notify_needed(&c->core))
			broadcast();
		sched_yield();
	}
	if (urpc_notify_needed(&c->core))
		broadcast();
}

static void answer(struct fake_chan *c, uint16_t type, const void *data, size_t length)
{
	if (c->service == REMORA_SERVICE_SPAWN)
		fake_spawn_message(&c->spawn, c->node, type, data, length);
	else
		send_back(c, type, data, length);
}

static void echo(struct fake_chan *c)
{
	unsigned char payload[URPC_LONG_BYTES];
	uint16_t type;
	size_t length;

	while (is_echoing(c) &&
	       !urpc_recv_long(&c->core, &type, payload, sizeof(payload), &length))
		answer(c, type, payload, length);
}

static void *play_core(void *context)
{
	struct fake_chan *c = context;

	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
		unsigned int seen = __atomic_load_n(&turns, __ATOMIC_ACQUIRE);
		bool quiet;

		echo(c);
		quiet = !is_echoing(c) || urpc_arm(&c->core);
		if (urpc_ack_notify_needed(&c->core))
			broadcast();
		pthread_mutex_lock(&lock);
		while (quiet && !c->bell && !c->stop && seen == turns)
			pthread_cond_wait(&changed, &lock);
		c->bell = false;
		pthread_mutex_unlock(&lock);
		urpc_disarm(&c->core);
	}
	return NULL;
}

static int start_core(struct fake_chan *c)
{
	void *tx, *rx;

	c->memory = mmap(NULL, 2 * c->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (c->memory == MAP_FAILED)
		return -errno;
	rx = c->memory;
	tx = c->memory + c->ring_bytes;
	urpc_chan_init(&c->core, tx, rx, c->slots);
	return -pthread_create(&c->thread, NULL, play_core, c);
}

int fake_chan_open(struct fake_chan **chan, const struct remora_bind *request)
{
	struct fake_chan *c = aligned_alloc(64, (sizeof(*c) + 63) & ~63ul);

	memset(c, 0, sizeof(*c));
	c->slots = request->slots ? request->slots : 64;
	c->node = request->node;
	c->service = request->service;
	c->spawn.send = send_back;
	c->spawn.to = c;
	c->mapped = request->flags & REMORA_BIND_MAPPED;
	c->ring_bytes = urpc_ring_bytes(c->slots);
	c->fd = memfd_create("channel", MFD_CLOEXEC);
	if (ftruncate(c->fd, (off_t)(2 * c->ring_bytes)) || (c->mapped && start_core(c)))
		abort();
	*chan = c;
	return c->fd;
}

void fake_chan_close(struct fake_chan *c)
{
	if (c->mapped) {
		pthread_mutex_lock(&lock);
		__atomic_store_n(&c->stop, true, __ATOMIC_RELAXED);
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
		pthread_join(c->thread, NULL);
		munmap(c->memory, 2 * c->ring_bytes);
	}
	free(c);
}

int fake_chan_info(struct fake_chan *c, struct remora_channel *info)
{
	info->slots = c->slots;
	info->node = c->node;
	info->service = c->service;
	info->ring_bytes = c->ring_bytes;
	info->tx_offset = 0;
	info->rx_offset = c->ring_bytes;
	info->tsc_khz = 2000000;
	info->poll_cycles = 20000;
	return 0;
}

/* Why nothing more goes through, or 0. */
static int why_over(void)
{
	return behaviour == FAKE_DEAD ? -EHOSTDOWN : behaviour == FAKE_CLOSED ? -EPROTO : 0;
}

int fake_chan_notify(struct fake_chan *c)
{
	__atomic_fetch_add(&notifications, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&lock);
	c->bell = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return why_over();
}

void fake_chan_scribble(struct fake_chan *c)
{
	struct urpc_ring *ring = c->core.tx;

	urpc_store_release(&ring->slots[c->core.tx_next & (c->slots - 1)].header,
			   HDR_RESERVED | (c->core.tx_next & URPC_HDR_SEQ_MASK));
}

void fake_chan_sleep_for_room(struct fake_chan *c)
{
	urpc_store_relaxed(&c->core.tx->armed_ack, 1);
	urpc_store_release(&c->core.tx->armed, URPC_ARMED_SEND);
}

bool fake_chan_maps(const struct fake_chan *c)
{
	return c->mapped;
}

ssize_t fake_chan_read(struct fake_chan *c, struct remora_message *messages, size_t size)
{
	ssize_t done = 0;

	if (c->mapped)
		return -EBUSY;
	if (size < sizeof(*messages))
		return -EMSGSIZE;
	pthread_mutex_lock(&lock);
	for (; size >= sizeof(*messages) && c->head != c->tail && behaviour != FAKE_HELD;
	     size -= sizeof(*messages), done += (ssize_t)sizeof(*messages))
		*messages++ = c->queue[c->tail++ % QUEUE];
	if (!done)
		done = why_over() ? why_over() : -EAGAIN;
	pthread_mutex_unlock(&lock);
	return done;
}

ssize_t fake_chan_write(struct fake_chan *c, const struct remora_message *messages, size_t size)
{
	ssize_t done = 0;

	if (c->mapped)
		return -EBUSY;
	if (!size || size % sizeof(*messages))
		return -EMSGSIZE;
	pthread_mutex_lock(&lock);
	for (; size && !why_over() && c->head - c->tail < QUEUE;
	     size -= sizeof(*messages), done += (ssize_t)sizeof(*messages))
		c->queue[c->head++ % QUEUE] = *messages++;
	if (!done)
		done = why_over() ? why_over() : -EAGAIN;
	pthread_mutex_unlock(&lock);
	return done;
}

/* The same rules as the module's: an end that is not armed is told to look for itself. */
static short events_of(struct fake_chan *c)
{
	struct urpc_ring *tx = (struct urpc_ring *)c->memory;
	struct urpc_ring *rx = (struct urpc_ring *)(c->memory + c->ring_bytes);
	short events = 0;
	uint32_t armed;

	if (behaviour == FAKE_DEAD)
		return POLLHUP | POLLIN;
	if (behaviour == FAKE_CLOSED)
		return POLLHUP | POLLERR | POLLIN;
	if (!c->mapped) {
		events |= c->head != c->tail && behaviour != FAKE_HELD ? POLLIN : 0;
		return events | (c->head - c->tail < QUEUE ? POLLOUT : 0);
	}
	armed = urpc_load_acquire(&tx->armed);
	if (!(armed & URPC_ARMED_RECV) || urpc_ring_ready(rx, c->slots, tx->armed_at))
		events |= POLLIN;
	if (!(armed & URPC_ARMED_SEND) || urpc_ring_acked(rx, tx->armed_ack))
		events |= POLLOUT;
	return events;
}

short fake_chan_events(struct fake_chan *c)
{
	short events;

	pthread_mutex_lock(&lock);
	events = events_of(c);
	pthread_mutex_unlock(&lock);
	return events;
}

int fake_chan_poll(struct fake_chan *c, struct pollfd *pfd, int timeout_ms)
{
	struct timespec end;
	int late = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += timeout_ms % 1000 * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lock);
	for (;;) {
		pfd->revents = events_of(c) & (pfd->events | POLLHUP | POLLERR);
		if (pfd->revents || !timeout_ms || late)
			break;
		late = timeout_ms < 0 ? pthread_cond_wait(&changed, &lock) :
					pthread_cond_timedwait(&changed, &lock, &end);
	}
	pthread_mutex_unlock(&lock);
	return pfd->revents ? 1 : 0;
}
