// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX threads on one core: numbers go through a queue from a producer to workers, whose sums are
 * added up under a mutex; each thread has a variable of its own.
 *
 *   remora-cc -O2 -pthread -o threads threads.c && remora run NAME threads 4
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NUMBERS 10000u
#define ROOM 16u

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int number[ROOM];
	unsigned int first, count, ended;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static _Thread_local unsigned long mine;
static pthread_mutex_t total_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long total;

static void put(unsigned int number)
{
	pthread_mutex_lock(&queue.lock);
	while (queue.count == ROOM)
		pthread_cond_wait(&queue.changed, &queue.lock);
	queue.number[(queue.first + queue.count++) % ROOM] = number;
	pthread_cond_broadcast(&queue.changed);
	pthread_mutex_unlock(&queue.lock);
}

/* Return: 0 when there will be none any more */
static unsigned int take(void)
{
	unsigned int number = 0;

	pthread_mutex_lock(&queue.lock);
	while (!queue.count && !queue.ended)
		pthread_cond_wait(&queue.changed, &queue.lock);
	if (queue.count) {
		number = queue.number[queue.first];
		queue.first = (queue.first + 1) % ROOM;
		queue.count--;
		pthread_cond_broadcast(&queue.changed);
	}
	pthread_mutex_unlock(&queue.lock);
	return number;
}

static void *work(void *arg)
{
	unsigned int number;

	while ((number = take()))
		mine += number;
	pthread_mutex_lock(&total_lock);
	total += mine;
	pthread_mutex_unlock(&total_lock);
	return arg;
}

int main(int argc, char **argv)
{
	const unsigned int count = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 4;
	struct timespec nap = { .tv_nsec = 10000000 };
	pthread_t worker[64];
	void *was;

	if (count < 1 || count > 64) {
		fprintf(stderr, "usage: threads [1 to 64]\n");
		return 2;
	}
	for (unsigned int i = 0; i < count; i++) {
		if (pthread_create(&worker[i], NULL, work, &total)) {
			fprintf(stderr, "threads: cannot make thread %u\n", i);
			return 1;
		}
	}
	nanosleep(&nap, NULL);
	for (unsigned int i = 1; i <= NUMBERS; i++)
		put(i);
	pthread_mutex_lock(&queue.lock);
	queue.ended = 1;
	pthread_cond_broadcast(&queue.changed);
	pthread_mutex_unlock(&queue.lock);
	for (unsigned int i = 0; i < count; i++) {
		pthread_join(worker[i], &was);
		if (was != &total)
			return 1;
	}
	printf("%u threads added up %u numbers: %lu\n", count, NUMBERS, total);
	return total == NUMBERS * (NUMBERS + 1ul) / 2 && !mine ? 0 : 1;
}
