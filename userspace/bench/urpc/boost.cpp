// SPDX-License-Identifier: GPL-2.0-only
/* Boost.Lockfree's single-producer, single-consumer queue, a line by value. */
#include <cstring>
#include <new>

#include <boost/lockfree/spsc_queue.hpp>

#include "bench.h"

struct line {
	uint64_t words[8];
};

struct way {
	explicit way(unsigned int slots) : queue(slots)
	{
	}
	alignas(256) boost::lockfree::spsc_queue<line> queue;
};

struct chan {
	explicit chan(unsigned int slots) : first(slots), second(slots)
	{
	}
	way first;
	way second;
	way &out(int end)
	{
		return end ? second : first;
	}
};

static void *chan_open(unsigned int slots)
{
	return new (std::nothrow) chan(slots);
}

static void chan_close(void *c)
{
	delete static_cast<chan *>(c);
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	line l;

	std::memcpy(l.words, words, sizeof(l.words));
	return c->out(end).queue.push(l);
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	if (!c->out(!end).queue.pop(*reinterpret_cast<line *>(words)))
		return nullptr;
	return words;
}

#include "subject.h"
DEFINE_SUBJECT(subject_boost, "Boost.Lockfree spsc_queue", SUBJECT_STREAM | SUBJECT_SLOTS);
