// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The same from C++: a channel as an object, batches of messages, and a message over several slots.
 *
 *	c++ batch.cc $(pkg-config --cflags --libs libremora) -o batch && ./batch NAME
 */
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <remora/remora.h>

namespace {

class error : public std::runtime_error {
public:
	error(const std::string &what, int err)
		: std::runtime_error(what + ": " + std::strerror(-err))
	{
	}
};

int check(const char *what, int result)
{
	if (result < 0)
		throw error(what, result);
	return result;
}

struct closer {
	void operator()(remora_partition *partition) const { remora_partition_close(partition); }
	void operator()(remora_chan *chan) const { remora_chan_close(chan); }
};

using partition = std::unique_ptr<remora_partition, closer>;
using channel = std::unique_ptr<remora_chan, closer>;

partition open_partition(const char *name)
{
	remora_partition *p = nullptr;

	check(name, remora_partition_open(&p, name, false));
	return partition(p);
}

channel bind(const partition &p, uint32_t node, uint32_t service)
{
	remora_error reason = {};
	remora_chan *chan = nullptr;
	int err = remora_chan_bind(&chan, p.get(), node, service, 0, REMORA_BIND_MAPPED, &reason);

	if (err)
		throw std::runtime_error(reason.message[0] ? reason.message : std::strerror(-err));
	return channel(chan);
}

// A thousand numbers there and back, a batch at a time.
uint64_t exchange(const channel &chan)
{
	std::array<remora_message, 32> batch = {};
	uint64_t sent = 0, got = 0, sum = 0;

	while (got < 1000) {
		uint32_t size = 0;

		for (; size < batch.size() && sent < 1000; size++, sent++) {
			batch[size].length = sizeof(sent);
			batch[size].payload[0] = sent;
		}
		check("sending", remora_chan_send_batch(chan.get(), batch.data(), size, 5000));
		while (got < sent) {
			int n = check("receiving",
				      remora_chan_recv_batch(chan.get(), batch.data(),
							     uint32_t(batch.size()), 5000));

			for (int i = 0; i < n; i++, got++)
				sum += batch[size_t(i)].payload[0];
		}
	}
	return sum;
}

// As long a message as fits, and back.
size_t exchange_long(const channel &chan)
{
	std::vector<unsigned char> out(remora_chan_long_max(chan.get())), in(out.size());
	uint16_t type = 0;
	size_t length = 0;

	std::iota(out.begin(), out.end(), static_cast<unsigned char>(1));
	check("sending", remora_chan_send_long(chan.get(), 7, out.data(), out.size(), 5000));
	check("receiving",
	      remora_chan_recv_long(chan.get(), &type, in.data(), in.size(), &length, 5000));
	if (type != 7 || length != out.size() || in != out)
		throw std::runtime_error("the long message came back changed");
	return length;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 2) {
		std::fprintf(stderr, "usage: batch PARTITION\n");
		return 2;
	}
	try {
		channel chan = bind(open_partition(argv[1]), 1, REMORA_SERVICE_ECHO);

		std::printf("sum of 1000 messages: %llu\n",
			    static_cast<unsigned long long>(exchange(chan)));
		std::printf("longest message: %zu bytes\n", exchange_long(chan));
	} catch (const std::exception &e) {
		std::fprintf(stderr, "%s\n", e.what());
		return 1;
	}
	return 0;
}
