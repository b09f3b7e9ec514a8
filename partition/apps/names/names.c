// SPDX-License-Identifier: GPL-2.0-only
/* The names of a partition, as a command: try each operation by itself, also what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/names.h>
#include <lib/stream.h>
#include <abi/domain.h>

#include "names.h"

static int said(int error)
{
	if (error)
		printf("refused (%d): %s\n", -error, rt_names_sentence(error));
	fflush(stdout);
	return error ? 1 : 0;
}

static uint64_t number(char **arg)
{
	return *arg ? strtoull(*arg, NULL, 10) : 0;
}

/* Milliseconds, or for ever. */
static uint64_t patience(char **arg)
{
	return *arg ? number(arg) * 1000000 : RT_NEVER;
}

static void show(const struct rt_name *n)
{
	static const char *const kinds[] = { "free", "record", "lock", "semaphore", "barrier" };

	printf("%s %s %lu, of program %u of node %u\n", n->kind < 5 ? kinds[n->kind] : "?", n->name,
	       (unsigned long)n->value[0], n->domain, n->node);
}

/* set NAME VALUE [stays|shared|new]: and wait for the end of input, as the record goes with the program. */
static int set(char **arg)
{
	const uint64_t value[NAMES_VALUES] = { number(arg + 1) };
	const char *how = arg[1] && arg[2] ? arg[2] : "";
	uint32_t flags = !strcmp(how, "stays") ? RT_NAME_STAYS | RT_NAME_SHARED :
			 !strcmp(how, "shared") ? RT_NAME_SHARED :
			 !strcmp(how, "new") ? RT_NAME_NEW : 0;
	int error = rt_name_set(arg[0], value, flags);

	if (!error && !strcmp(how, "hold")) {
		printf("set\n");
		fflush(stdout);
		getchar();
	}
	return said(error);
}

static int get(char **arg)
{
	struct rt_name n;
	int error = arg[1] ? rt_name_wait(arg[0], &n, patience(arg + 1)) : rt_name_get(arg[0], &n);

	if (!error)
		show(&n);
	return said(error);
}

static int list(char **arg)
{
	struct rt_name n;
	uint32_t at = 0;
	int error;

	while (!(error = rt_name_list(arg[0] ? arg[0] : "", &at, &n)))
		show(&n);
	return said(error == -RT_ENOENT ? 0 : error);
}

static int drop(char **arg)
{
	return said(rt_name_remove(arg[0]));
}

/* lock NAME [MS [hold]]: with "hold" it is kept until the end of input. */
static int lock(char **arg)
{
	int error = rt_name_lock(arg[0], patience(arg + 1));

	if (error)
		return said(error);
	printf("locked\n");
	fflush(stdout);
	if (arg[1] && arg[2])
		getchar();
	return said(rt_name_unlock(arg[0]));
}

static int unlock(char **arg)
{
	return said(rt_name_unlock(arg[0]));
}

/* pass NAME COUNT: a semaphore of one's own, used up, and once more. */
static int pass(char **arg)
{
	uint64_t count = number(arg + 1);
	int error = rt_name_semaphore(arg[0], count);

	for (uint64_t i = 0; !error && i < count; i++)
		error = rt_name_pass(arg[0], RT_NEVER);
	if (!error && rt_name_pass(arg[0], 0) != -RT_EBUSY)
		error = -RT_EIO;
	if (!error && rt_name_pass(arg[0], 1000000) != -RT_ETIMEDOUT)
		error = -RT_EIO;
	if (!error)
		error = rt_name_post(arg[0], 1);
	if (!error)
		error = rt_name_pass(arg[0], 0);
	if (!error)
		printf("passed %lu times\n", (unsigned long)count + 1);
	return said(error);
}

/* fill PREFIX: records until one is refused. */
static int fill(char **arg)
{
	const uint64_t value[NAMES_VALUES] = { 1 };
	char name[NAMES_NAME_BYTES];
	int made = 0, error = 0;

	while (!error && made < 10000) {
		snprintf(name, sizeof(name), "%.40s.%d", arg[0], made);
		error = rt_name_set(name, value, 0);
		made += !error;
	}
	printf("%d records\n", made);
	return said(error);
}

/* watch PREFIX COUNT: so many changes. */
static int watch(char **arg)
{
	static struct rt_name_watch w;
	struct rt_waitset set = { 0 };
	struct rt_name_change c;
	struct rt_event *event;
	int error = rt_name_watch(&w, arg[0]);

	if (error)
		return said(error);
	printf("watching\n");
	fflush(stdout);
	rt_waitset_add(&set, &w.event);
	for (uint64_t left = number(arg + 1); left; left--) {
		while (rt_name_changed(&w, &c))
			rt_waitset_wait(&set, RT_NEVER, &event);
		printf("%s %s %lu\n", c.what == NAMES_SET ? "set" : c.what == NAMES_GONE ? "gone" : "missed",
		       c.name.name, (unsigned long)c.name.value[0]);
		fflush(stdout);
	}
	return said(rt_name_unwatch(&w));
}

static const struct {
	const char *name;
	int (*run)(char **arg);
	int arguments;
} verbs[] = {
	{ "set", set, 2 },   { "get", get, 1 },	      { "list", list, 0 }, { "drop", drop, 1 },
	{ "lock", lock, 1 }, { "unlock", unlock, 1 }, { "pass", pass, 2 }, { "fill", fill, 1 },
	{ "watch", watch, 2 }, { "flood", flood, 1 }, { "spoil", spoil, 1 }, { "hello", hello, 0 },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(argv[1], verbs[i].name) && argc - 2 >= verbs[i].arguments)
			return verbs[i].run(argv + 2);
	}
	fprintf(stderr, "usage: names set NAME VALUE [hold|stays|shared|new] | get NAME [MS] | list [PREFIX] |\n"
			"  drop NAME | lock NAME [MS [hold]] | unlock NAME | pass NAME COUNT | fill PREFIX |\n"
			"  watch PREFIX COUNT | flood THREADS | spoil WAY | hello\n");
	return 2;
}
