// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is in the partition, as it changes; and what a program does when its core leaves.
 *
 *   members keep    writes each view, and ends when somebody has handed over
 *   members leave   hands over to it when its core is about to leave, and says that it has
 *   members stay    says nothing
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/names.h>
#include <lib/view.h>

#define HANDED "members.handed"
#define LONG_NS 120000000000ull

static int failed(const char *what, int error)
{
	printf("%s: error %d\n", what, -error);
	return 1;
}

static void show(const struct rt_view *view)
{
	printf("view");
	for (unsigned int node = 0; node < 64; node++) {
		if (view->members >> node & 1)
			printf(" %u", node);
	}
	printf("\n");
	fflush(stdout);
}

static void *wait_for_it(void *unused)
{
	int error = rt_name_pass(HANDED, LONG_NS);

	(void)unused;
	if (error)
		failed("nobody handed over", error);
	else
		printf("handed over\n");
	fflush(stdout);
	exit(error ? 1 : 0);
}

static int keep(void)
{
	pthread_t thread;
	int error = rt_name_semaphore(HANDED, 0);

	if (error)
		return failed("semaphore", error);
	return pthread_create(&thread, NULL, wait_for_it, NULL) ? failed("thread", 0) : 0;
}

static void hand_over(void)
{
	int error = rt_name_post(HANDED, 1);

	if (error)
		failed("post", error);
	error = rt_view_ready();
	if (error)
		failed("ready", error);
}

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	struct rt_waitset set = { 0 };
	struct rt_view_watch watch;
	struct rt_event *event;
	struct rt_view view;
	int error;

	if (strcmp(how, "keep") && strcmp(how, "leave") && strcmp(how, "stay")) {
		fprintf(stderr, "usage: members keep|leave|stay\n");
		return 2;
	}
	if (!strcmp(how, "keep") && keep())
		return 1;
	error = rt_view_watch(&watch);
	if (error)
		return failed("watch", error);
	if (rt_view_ready() != -RT_ENOENT)
		return failed("nobody waits, but it is", 0);
	rt_waitset_add(&set, &watch.event);
	for (;;) {
		rt_waitset_wait(&set, RT_NEVER, &event);
		if (rt_view_next(&watch, &view))
			continue;
		show(&view);
		if (view.leaves && !strcmp(how, "leave"))
			hand_over();
	}
}
