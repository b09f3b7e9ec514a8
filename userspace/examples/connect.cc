// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Connect to a program of a partition by the name of its service, send it a hundred numbers and see them come
 * back.
 *
 *	c++ connect.cc $(pkg-config --cflags --libs libremora) -o connect
 *	./connect PARTITION NAME INTERFACE VERSION
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

#include <remora/remora.h>

namespace {

struct closer {
	void operator()(remora_partition *partition) const { remora_partition_close(partition); }
	void operator()(remora_names *names) const { remora_names_close(names); }
	void operator()(remora_chan *chan) const { remora_chan_close(chan); }
};

template <typename T> using owned = std::unique_ptr<T, closer>;

void check(int err, const remora_error &error)
{
	if (err)
		throw std::runtime_error(error.message[0] ? error.message : std::strerror(-err));
}

owned<remora_names> open_names(const char *partition)
{
	remora_error error = {};
	remora_partition *p = nullptr;
	remora_names *names = nullptr;

	check(remora_partition_open(&p, partition, false), error);
	owned<remora_partition> closes(p);
	check(remora_names_open(&names, p, &error), error);
	return owned<remora_names>(names);
}

owned<remora_chan> connect(const owned<remora_names> &names, const remora_wish &wish)
{
	remora_error error = {};
	remora_chan *chan = nullptr;

	check(remora_connect(&chan, names.get(), &wish, 30000, nullptr, &error), error);
	return owned<remora_chan>(chan);
}

void exchange(const owned<remora_chan> &chan)
{
	remora_error error = {};

	for (uint64_t i = 0; i < 100; i++) {
		const uint64_t words[3] = { i, 0, i + 1 };
		remora_message message = {};

		check(remora_chan_send(chan.get(), 1, words, sizeof(words), 5000), error);
		check(remora_chan_recv(chan.get(), &message, 5000), error);
		if (message.payload[0] != i || message.payload[2] != i + 1)
			throw std::runtime_error("another message came back");
	}
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 5) {
		std::fprintf(stderr, "usage: connect PARTITION NAME INTERFACE VERSION\n");
		return 2;
	}
	try {
		// The channel ends with the names by which it was made.
		owned<remora_names> names = open_names(argv[1]);
		remora_wish wish = {};

		wish.name = argv[2];
		wish.interface = uint32_t(std::strtoul(argv[3], nullptr, 0));
		wish.version = uint32_t(std::strtoul(argv[4], nullptr, 0));
		wish.flags = REMORA_BIND_MAPPED | REMORA_CONNECT_WAIT;
		owned<remora_chan> chan = connect(names, wish);
		exchange(chan);
		std::printf("core %u answered 100 times\n", remora_chan_info(chan.get())->node);
	} catch (const std::exception &e) {
		std::fprintf(stderr, "%s\n", e.what());
		return 1;
	}
	return 0;
}
