// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of libremora: what each call asks the module for, and what it makes of the answer. The module is
 * a function here that keeps the request and answers as it was told.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include <remora/remora.h>
#include "private.h"

#define NAME_63 "123456789012345678901234567890123456789012345678901234567890123"

int __wrap_ioctl(int fd, unsigned long command, ...);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
ssize_t __wrap_read(int fd, void *to, size_t room);
int __wrap_close(int fd);

static struct {
	unsigned int calls;
	unsigned long command;
	struct remora_names_open open;
	struct remora_names_ask ask;
	struct remora_names_list list;
	struct remora_names_watch watch;
	uint32_t reason; /* to fail with; 0: do not */
	unsigned int names; /* that a list finds */
	unsigned int early; /* reads that find nothing */
	int waited;
	int closed;
} module;

static struct remora_partition partition = { .fd = 4, .epoll = -1 };
static struct remora_names *names;

static int answer(struct remora_error *error)
{
	if (!module.reason)
		return 0;
	error->reason = module.reason;
	memset(error->message, 'w', sizeof(error->message));
	errno = remora_reason_errno(module.reason);
	return -1;
}

static int answer_list(struct remora_names_list *l)
{
	struct remora_names_record *to = (void *)(uintptr_t)l->records;
	uint32_t count = 0;

	assert_int_equal(l->record_size, sizeof(*to));
	for (; count < l->count && l->at < module.names; count++, l->at++) {
		memset(&to[count], 'x', sizeof(to[count]));
		to[count].name[0] = (char)('z' - l->at % 26);
	}
	l->count = count;
	return answer(&l->error);
}

int __wrap_ioctl(int fd, unsigned long command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	module.calls++;
	module.command = command;
	assert_int_equal(*(uint32_t *)arg, _IOC_SIZE(command));
	assert_int_equal(fd, command == REMORA_IOC_NAMES ? 4 : 7);
	if (command == REMORA_IOC_NAMES) {
		module.open = *(struct remora_names_open *)arg;
		return answer(&((struct remora_names_open *)arg)->error) ? -1 : 7;
	}
	if (command == REMORA_IOC_NAMES_ASK) {
		struct remora_names_ask *a = arg;

		module.ask = *a;
		a->record.value[2] = 99;
		memset(a->record.name, 'n', sizeof(a->record.name));
		return answer(&a->error);
	}
	if (command == REMORA_IOC_NAMES_LIST) {
		module.list = *(struct remora_names_list *)arg;
		return answer_list(arg);
	}
	module.watch = *(struct remora_names_watch *)arg;
	return answer(&((struct remora_names_watch *)arg)->error);
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	assert_int_equal(count, 1);
	assert_int_equal(fds->fd, 7);
	module.waited++;
	return timeout ? 1 : 0;
}

ssize_t __wrap_read(int fd, void *to, size_t room)
{
	assert_int_equal(fd, 7);
	assert_int_equal(room, sizeof(struct remora_names_event));
	if (module.early) {
		module.early--;
		errno = EAGAIN;
		return -1;
	}
	memset(to, 'e', room);
	return (ssize_t)room;
}

int __wrap_close(int fd)
{
	module.closed = fd;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	memset(&module, 0, sizeof(module));
	return remora_names_open(&names, &partition, NULL);
}

static int teardown(void **state)
{
	(void)state;
	remora_names_close(names);
	return module.closed != 7;
}

static void test_open(void **state)
{
	struct remora_names *none = NULL;
	struct remora_error error;

	(void)state;
	assert_int_equal(remora_names_fd(names), 7);
	assert_int_equal(module.open.flags, REMORA_NAMES_CLOEXEC | REMORA_NAMES_NONBLOCK);
	module.reason = REMORA_R_NAMES_USER;
	assert_int_equal(remora_names_open(&none, &partition, &error), -EDQUOT);
	assert_null(none);
	assert_int_equal(error.reason, REMORA_R_NAMES_USER);
	assert_int_equal(strlen(error.message), REMORA_MESSAGE_MAX - 1);
	remora_names_close(NULL);
}

/* What was asked for last. */
static void asked(uint32_t op, const char *name, uint32_t flags, int timeout_ms, uint64_t value)
{
	assert_int_equal(module.command, REMORA_IOC_NAMES_ASK);
	assert_int_equal(module.ask.op, op);
	assert_string_equal(module.ask.name, name);
	assert_int_equal(module.ask.flags, flags);
	assert_int_equal(module.ask.timeout_ms, timeout_ms);
	assert_int_equal(module.ask.value[0], value);
}

static void test_each_call(void **state)
{
	const uint64_t value[REMORA_NAMES_VALUES] = { 5, 6, 7, 8 };
	struct remora_names_record r;

	(void)state;
	assert_int_equal(remora_name_set(names, "a", value, REMORA_NAMES_CREATE, NULL), 0);
	asked(REMORA_NAMES_OP_SET, "a", REMORA_NAMES_CREATE, 0, 5);
	assert_memory_equal(module.ask.value, value, sizeof(value));
	assert_int_equal(remora_name_get(names, "b", &r, NULL), 0);
	asked(REMORA_NAMES_OP_GET, "b", 0, 0, 0);
	assert_int_equal(r.value[2], 99);
	assert_int_equal(strlen(r.name), REMORA_NAMES_NAME_MAX - 1);
	assert_int_equal(remora_name_remove(names, "c", NULL), 0);
	asked(REMORA_NAMES_OP_REMOVE, "c", 0, 0, 0);
	assert_int_equal(remora_name_wait(names, "d", 17, &r, NULL), 0);
	asked(REMORA_NAMES_OP_AWAIT, "d", 0, 17, 0);
	assert_int_equal(remora_name_wait(names, "d", -1, NULL, NULL), 0);
	asked(REMORA_NAMES_OP_AWAIT, "d", 0, -1, 0);
	assert_int_equal(remora_lock(names, "e", 18, NULL), 0);
	asked(REMORA_NAMES_OP_LOCK, "e", 0, 18, 0);
	assert_int_equal(remora_unlock(names, "e", NULL), 0);
	asked(REMORA_NAMES_OP_UNLOCK, "e", 0, 0, 0);
	assert_int_equal(remora_semaphore_create(names, "f", 3, NULL), 0);
	asked(REMORA_NAMES_OP_SEMAPHORE, "f", 0, 0, 3);
	assert_int_equal(remora_semaphore_post(names, "f", 4, NULL), 0);
	asked(REMORA_NAMES_OP_POST, "f", 0, 0, 4);
	assert_int_equal(remora_semaphore_wait(names, "f", 0, NULL), 0);
	asked(REMORA_NAMES_OP_WAIT, "f", 0, 0, 0);
	assert_int_equal(remora_barrier(names, NAME_63, 6, 19, NULL), 0);
	asked(REMORA_NAMES_OP_BARRIER, NAME_63, 0, 19, 6);
}

static void test_refused(void **state)
{
	struct remora_names_record r = { .kind = 77 };
	struct remora_error error;
	unsigned int calls;

	(void)state;
	calls = module.calls;
	assert_int_equal(remora_lock(names, "", 0, &error), -EINVAL);
	assert_int_equal(error.reason, REMORA_R_NAMES_INVALID);
	assert_int_equal(remora_lock(names, NAME_63 "4", 0, &error), -EINVAL);
	assert_non_null(strstr(error.message, "1 to 63"));
	assert_int_equal(module.calls, calls);
	module.reason = REMORA_R_NAMES_REMOVED;
	assert_int_equal(remora_semaphore_wait(names, "s", -1, &error), -EIDRM);
	assert_int_equal(error.reason, REMORA_R_NAMES_REMOVED);
	assert_int_equal(remora_name_get(names, "s", &r, NULL), -EIDRM);
	assert_int_equal(r.kind, 77);
}

static void test_list(void **state)
{
	struct remora_names_record *records;
	struct remora_error error;
	uint32_t count;

	(void)state;
	assert_int_equal(remora_names_list(names, "x", &records, &count, NULL), 0);
	assert_null(records);
	assert_int_equal(count, 0);
	assert_string_equal(module.list.prefix, "x");
	module.names = 2 * REMORA_NAMES_LIST_MAX + 5;
	assert_int_equal(remora_names_list(names, "", &records, &count, NULL), 0);
	assert_int_equal(count, module.names);
	for (uint32_t i = 1; i < count; i++)
		assert_true(strcmp(records[i - 1].name, records[i].name) <= 0);
	assert_int_equal(records[0].name[0], 'a');
	free(records);
	module.reason = REMORA_R_PARTITION_GONE;
	assert_int_equal(remora_names_list(names, "", &records, &count, &error), -ENODEV);
	assert_int_equal(error.reason, REMORA_R_PARTITION_GONE);
	assert_null(records);
	assert_int_equal(remora_names_list(names, NAME_63 "4", &records, &count, NULL), -EINVAL);
}

static void test_watch(void **state)
{
	struct remora_names_event event;

	(void)state;
	assert_int_equal(remora_names_watch(names, "disk.", 42, NULL), 0);
	assert_int_equal(module.command, REMORA_IOC_NAMES_WATCH);
	assert_string_equal(module.watch.prefix, "disk.");
	assert_int_equal(module.watch.tag, 42);
	assert_int_equal(module.watch.flags, 0);
	assert_int_equal(remora_names_unwatch(names, 42, NULL), 0);
	assert_int_equal(module.watch.flags, REMORA_NAMES_UNWATCH);
	assert_int_equal(module.watch.tag, 42);
	assert_string_equal(module.watch.prefix, "");
	assert_int_equal(remora_names_event(names, &event, 0), 0);
	assert_int_equal(module.waited, 0);
	assert_int_equal(strlen(event.record.name), REMORA_NAMES_NAME_MAX - 1);
	module.early = 2;
	assert_int_equal(remora_names_event(names, &event, -1), 0);
	assert_int_equal(module.waited, 2);
	module.early = 1;
	assert_int_equal(remora_names_event(names, &event, 0), -ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watch, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
