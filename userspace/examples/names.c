// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Count how often this program was run on a partition, in a record that others can see: every run that
 * is there at the same time adds one, under a lock, and waits until so many have come.
 *
 *     names PARTITION RUNS
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <remora/remora.h>

#define WAIT_MS 30000

static int fail(const char *what, int err, const struct remora_error *error)
{
	fprintf(stderr, "%s: %s\n", what, error->message[0] ? error->message : strerror(-err));
	return 1;
}

/* The record is shared: it is written by all, and gone with the first that made it. */
static int add_one(struct remora_names *names, uint64_t *seen, struct remora_error *error)
{
	uint64_t value[REMORA_NAMES_VALUES] = { 0 };
	struct remora_names_record record;
	int err = remora_lock(names, "example.lock", WAIT_MS, error);

	if (err)
		return err;
	if (!remora_name_get(names, "example.count", &record, NULL))
		value[0] = record.value[0];
	*seen = ++value[0];
	err = remora_name_set(names, "example.count", value, REMORA_NAMES_SHARED, error);
	remora_unlock(names, "example.lock", NULL);
	return err;
}

int main(int argc, char **argv)
{
	unsigned long runs = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct remora_error error = { 0 };
	struct remora_partition *partition;
	struct remora_names *names;
	uint64_t seen = 0;
	int err;

	if (!runs || runs > 1000) {
		fprintf(stderr, "usage: names PARTITION RUNS\n");
		return 2;
	}
	err = remora_partition_open(&partition, argv[1], false);
	if (err)
		return fail(argv[1], err, &error);
	err = remora_names_open(&names, partition, &error);
	remora_partition_close(partition);
	if (err)
		return fail("names", err, &error);
	err = add_one(names, &seen, &error);
	if (!err)
		err = remora_barrier(names, "example.meeting", (uint32_t)runs, WAIT_MS, &error);
	if (!err)
		printf("%" PRIu64 "\n", seen);
	remora_names_close(names);
	return err ? fail("names", err, &error) : 0;
}
