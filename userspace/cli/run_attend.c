// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program while it runs: its streams, and the signals for it. Output is written by blocking writes:
 * while nobody takes it the channel fills, and the program waits. Input is read when the program has
 * asked for some.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#define GRACE_MS 5000 /* from the interrupt to the end, else it is killed */
#define EVENTS 64     /* in a row, before signals and input are looked at */

static int bell[2] = { -1, -1 }; /* a pipe: a signal came */
static volatile sig_atomic_t signals;

/**
 * struct attend
 * @held:  bytes of @input that have yet to be sent
 * @end_due: so has the end of the input
 * @asked: signals that were dealt with
 */
struct attend {
	struct remora_program *program;
	const char *name;
	bool input_open;
	bool end_due;
	int asked;
	size_t held;
	char input[4096];
};

/* No SA_RESTART: a write to a full pipe is to end, too. */
static void on_signal(int number)
{
	int saved = errno;
	ssize_t ignored;

	(void)number;
	signals = signals + 1;
	ignored = write(bell[1], "", 1);
	(void)ignored;
	errno = saved;
}

static int catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	if (pipe2(bell, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return 0;
}

/* ---- output ---- */

static void silence_bell(void)
{
	char rest[64];

	while (read(bell[0], rest, sizeof(rest)) > 0)
		;
}

/*
 * A signal that comes just before a write would not end it: so it is waited for room and signals, and what is
 * written then is so little that a pipe with room does not block it. A second signal ends all of it.
 */
static bool put(struct attend *a, int fd, const char *data, size_t bytes)
{
	while (bytes) {
		struct pollfd p[2] = { { .fd = fd, .events = POLLOUT }, { .fd = bell[0], .events = POLLIN } };
		ssize_t done = 0;

		poll(p, 2, -1);
		silence_bell();
		if (p[0].revents)
			done = write(fd, data, bytes < PIPE_BUF ? bytes : PIPE_BUF);
		if (done >= 0) {
			data += done;
			bytes -= (size_t)done;
		} else if (errno != EINTR && errno != EAGAIN) {
			cli_fail(0, "cannot write the output of %s: %s", a->name, strerror(errno));
			return false;
		}
		if (signals > 1)
			return false;
		if (signals && !a->asked && !remora_program_interrupt(a->program))
			a->asked = 1;
	}
	return true;
}

static int ended(struct attend *a, const struct remora_program_event *event)
{
	if (event->how == REMORA_SPAWN_DIED || event->how == REMORA_SPAWN_KILLED) {
		fprintf(stderr, "remora: run: %s %s: ", a->name,
			event->how == REMORA_SPAWN_DIED ? "died" : "was ended");
		cli_print_clean(stderr, event->data, event->bytes);
		fputc('\n', stderr);
	}
	return event->status;
}

/* Return: -1: nothing more for now; -2: more; else the exit code. */
static int take_events(struct attend *a)
{
	struct remora_program_event event;

	for (int i = 0; i < EVENTS; i++) {
		int err = remora_program_next(a->program, &event, 0);

		if (err == -EAGAIN)
			return -1;
		if (err == -EHOSTDOWN)
			return cli_fail(RUN_FAILED, "the core died, or was stopped, while %s ran "
					"(CORE_DEAD, EHOSTDOWN)", a->name);
		if (err)
			return cli_fail(RUN_FAILED, "the core broke the protocol (%s)",
					cli_errno_name(err));
		if (event.kind == REMORA_PROGRAM_EXITED)
			return ended(a, &event);
		if (event.kind == REMORA_PROGRAM_OUTPUT &&
		    !put(a, event.stream == 2 ? STDERR_FILENO : STDOUT_FILENO, event.data,
			 event.bytes))
			return signals > 1 ? RUN_INTERRUPTED : RUN_FAILED;
	}
	return -2;
}

/* ---- input ---- */

/* What finds no room is kept; an end of the channel is told by the next event. */
static void send_input(struct attend *a)
{
	int sent;

	if (a->held) {
		sent = remora_program_input(a->program, a->input, a->held);
		if (sent > 0) {
			a->held -= (size_t)sent;
			memmove(a->input, a->input + sent, a->held);
		} else if (sent != -EAGAIN) {
			a->held = 0;
		}
	} else if (a->end_due) {
		a->end_due = remora_program_input_end(a->program) == -EAGAIN;
	}
}

static void take_input(struct attend *a)
{
	size_t room = remora_program_room(a->program);
	ssize_t got;

	got = read(STDIN_FILENO, a->input, room < sizeof(a->input) ? room : sizeof(a->input));
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	a->held = got > 0 ? (size_t)got : 0;
	a->input_open = a->held;
	a->end_due = !a->held;
	send_input(a);
}

/* ---- the loop ---- */

/* Return: 0, or the exit code. */
static int take_signals(struct attend *a)
{
	silence_bell();
	if (signals > 1)
		return RUN_INTERRUPTED;
	if (signals && !a->asked && !remora_program_interrupt(a->program))
		a->asked = 1;
	return 0;
}

/* Return: 0: something may have come; else the exit code. */
static int wait_for_news(struct attend *a)
{
	bool input = a->input_open && remora_program_room(a->program);
	struct pollfd p[3] = {
		{ .fd = bell[0], .events = POLLIN },
		{ .fd = remora_program_fd(a->program), .events = POLLIN },
		{ .fd = input ? STDIN_FILENO : -1, .events = POLLIN },
	};
	int count;

	if (a->held || a->end_due) {
		send_input(a);
		return take_signals(a);
	}
	if (!remora_program_arm(a->program))
		return 0;
	count = poll(p, 3, a->asked ? GRACE_MS : -1);
	remora_program_disarm(a->program);
	if (!count && a->asked)
		return cli_fail(RUN_INTERRUPTED, "%s did not end within %d s of the interrupt; it is killed",
				a->name, GRACE_MS / 1000);
	if (count > 0 && p[2].revents)
		take_input(a);
	return take_signals(a);
}

int run_attend(struct remora_program *program, const char *name)
{
	struct attend a = { .program = program, .name = name, .input_open = true };
	int code = catch_signals();

	if (code)
		return cli_fail(RUN_FAILED, "no pipe (%s)", cli_errno_name(code));
	for (;;) {
		code = take_events(&a);
		if (code >= 0)
			return code;
		if (code == -1)
			code = wait_for_news(&a);
		else
			code = take_signals(&a);
		if (code)
			return code;
	}
}
