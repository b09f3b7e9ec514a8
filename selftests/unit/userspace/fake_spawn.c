// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that are words: the first argument says what the program does, as a shell's command would.
 * FAKE_REFUSE: errno with which all are refused. FAKE_BUSY: number of the core on which programs run.
 * FAKE_ENTRIES: so many of them are listed on the other cores.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_spawn.h"

#define WINDOW 4096
#define FLOOD 3000000

static void say(struct fake_spawn *s, char stream, const char *text)
{
	char out[4097];

	out[0] = stream;
	strcpy(out + 1, text);
	s->send(s->to, REMORA_SPAWN_OUTPUT, out, 1 + strlen(text));
}

static void end(struct fake_spawn *s, uint32_t how, int status, const char *why)
{
	struct {
		struct remora_spawn_exited exited;
		char why[64];
	} out = { .exited = { .how = how, .status = status, .cycles = 2000000000 } };

	s->running = false;
	strcpy(out.why, why);
	s->send(s->to, REMORA_SPAWN_EXITED, &out, sizeof(out.exited) + strlen(why));
}

static void want(struct fake_spawn *s, uint32_t bytes)
{
	const struct remora_spawn_wanted wanted = { .bytes = s->taken + bytes };

	s->send(s->to, REMORA_SPAWN_WANTED, &wanted, sizeof(wanted));
}

static void flood(struct fake_spawn *s)
{
	char out[4001];

	for (int at = 0; at < FLOOD; at += 4000) {
		out[0] = 1;
		for (int i = 0; i < 4000; i++)
			out[1 + i] = "0123456789"[(at + i) % 10];
		s->send(s->to, REMORA_SPAWN_OUTPUT, out, sizeof(out));
	}
}

static void tell_start(struct fake_spawn *s)
{
	char text[512];

	snprintf(text, sizeof(text), "name=%s ram=%llu class=%u weight=%u budget=%llu period=%llu "
		 "argc=%u environ=%u sum=%u bytes=%llu\n", s->start.name,
		 (unsigned long long)s->start.ram_bytes, s->start.class_, s->start.weight,
		 (unsigned long long)s->start.budget_us, (unsigned long long)s->start.period_us,
		 s->start.argc, s->start.environ_count, s->sum, (unsigned long long)s->start.elf_bytes);
	say(s, 1, text);
	for (uint32_t i = 0; i < s->start.argc + s->start.environ_count; i++) {
		snprintf(text, sizeof(text), "[%s]\n", s->argument[i]);
		say(s, 1, text);
	}
}

static void run(struct fake_spawn *s)
{
	const char *word = s->start.argc > 1 ? s->argument[1] : "tell";

	s->running = true;
	if (!strcmp(word, "cat") || !strcmp(word, "head")) {
		want(s, WINDOW);
	} else if (!strcmp(word, "late")) {
		want(s, 4 * WINDOW);
		usleep(1500000);
	} else if (!strcmp(word, "exit")) {
		say(s, 2, "leaving\n");
		end(s, REMORA_SPAWN_RETURNED, atoi(s->argument[2]), "");
	} else if (!strcmp(word, "die")) {
		end(s, REMORA_SPAWN_DIED, 139, "page fault: \033[2Jwrite to 0x8");
	} else if (!strcmp(word, "flood")) {
		flood(s);
		end(s, REMORA_SPAWN_RETURNED, 0, "");
	} else if (!strcmp(word, "junk")) {
		s->send(s->to, 99, "", 0);
	} else if (!strcmp(word, "status")) {
		end(s, REMORA_SPAWN_RETURNED, 4711, "");
	} else if (!strcmp(word, "spin") || !strcmp(word, "stubborn")) {
		say(s, 1, "spinning\n");
	} else {
		tell_start(s);
		end(s, REMORA_SPAWN_RETURNED, 0, "");
	}
}

static void take_strings(struct fake_spawn *s)
{
	const char *at = s->strings;

	for (uint32_t i = 0; i < s->start.argc + s->start.environ_count && i < 64; i++) {
		s->argument[i] = at;
		at += strlen(at) + 1;
	}
}

static void take_data(struct fake_spawn *s, uint32_t node, const char *data, size_t bytes)
{
	const struct remora_spawn_started started = { .domain = 1, .ram_bytes = 1 << 20 };
	const char *refuse = getenv("FAKE_REFUSE");

	for (size_t i = 0; i < bytes; i++)
		s->sum = s->sum * 31 + (unsigned char)data[i];
	s->got += bytes;
	if (refuse) {
		struct {
			struct remora_spawn_refused refused;
			char why[64];
		} out = { .refused.error = atoi(refuse) };

		snprintf(out.why, sizeof(out.why), "fake words of core %u", node);
		s->send(s->to, REMORA_SPAWN_REFUSED, &out, sizeof(out.refused) + strlen(out.why));
	} else if (s->got == s->start.elf_bytes) {
		s->send(s->to, REMORA_SPAWN_STARTED, &started, sizeof(started));
		run(s);
	}
}

static void take_input(struct fake_spawn *s, const char *data, size_t bytes)
{
	char out[8192];

	if (!strcmp(s->argument[1], "head")) {
		end(s, REMORA_SPAWN_RETURNED, 0, "");
		return;
	}
	if (!strcmp(s->argument[1], "late")) {
		s->taken += bytes;
		return;
	}
	out[0] = 1;
	memcpy(out + 1, data, bytes);
	s->send(s->to, REMORA_SPAWN_OUTPUT, out, 1 + bytes);
	s->taken += bytes;
	want(s, WINDOW);
}

static void tell_list(struct fake_spawn *s, uint32_t node, uint32_t tag)
{
	uint32_t count = getenv("FAKE_BUSY") && (uint32_t)atoi(getenv("FAKE_BUSY")) == node ? 2 :
			 getenv("FAKE_ENTRIES") ? (uint32_t)atoi(getenv("FAKE_ENTRIES")) : 0;
	const struct remora_spawn_counts counts = {
		.tag = tag, .domains = count, .ram_free = 50 << 20, .ram_total = 60 << 20, .caps = 123,
		.kernel_pages = 7, .spawned = 9,
	};

	for (uint32_t i = 1; i <= count; i++) {
		struct remora_spawn_entry e = { .tag = tag, .domain = i, .state = i, .ram_bytes = 16 << 20,
						.cycles = 3000000000 };

		snprintf(e.name, sizeof(e.name), "prog\033%u", i);
		s->send(s->to, REMORA_SPAWN_ENTRY, &e, sizeof(e));
	}
	s->send(s->to, REMORA_SPAWN_COUNTS, &counts, sizeof(counts));
}

void fake_spawn_message(struct fake_spawn *s, uint32_t node, uint16_t type, const char *data, size_t bytes)
{
	struct remora_spawn_ask ask = { 0 };
	struct remora_spawn_done done;
	char text[24];

	if (bytes >= sizeof(ask))
		memcpy(&ask, data, sizeof(ask));
	switch (type) {
	case REMORA_SPAWN_START:
		memcpy(&s->start, data, sizeof(s->start));
		memcpy(s->strings, data + sizeof(s->start), bytes - sizeof(s->start));
		take_strings(s);
		break;
	case REMORA_SPAWN_DATA:
		take_data(s, node, data, bytes);
		break;
	case REMORA_SPAWN_INPUT:
		if (s->running)
			take_input(s, data, bytes);
		break;
	case REMORA_SPAWN_INPUT_END:
		if (s->running && !strcmp(s->argument[1], "late")) {
			snprintf(text, sizeof(text), "%llu\n", (unsigned long long)s->taken);
			say(s, 1, text);
		}
		if (s->running)
			end(s, REMORA_SPAWN_RETURNED, 5, "");
		break;
	case REMORA_SPAWN_INTERRUPT:
		if (s->running && strcmp(s->argument[1], "stubborn"))
			end(s, REMORA_SPAWN_INTERRUPTED, 130, "interrupted");
		break;
	case REMORA_SPAWN_LIST:
		tell_list(s, node, ask.tag);
		break;
	case REMORA_SPAWN_KILL:
		done = (struct remora_spawn_done){ ask.tag, ask.domain == 7 ? 0 : ask.domain == 8 ? EAGAIN :
								   ENOENT };
		s->send(s->to, REMORA_SPAWN_DONE, &done, sizeof(done));
		break;
	}
}
