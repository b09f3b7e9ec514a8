// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals that end the race early. They stay blocked, and are looked for where it can end well:
 * the CPUs go back to Linux in any case.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "race.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* Those that stop the race. */
static sigset_t held;

/* Of nohup(1), a hang-up stays ignored. */
void race_hold_signals(void)
{
	struct sigaction hang_up;

	sigemptyset(&held);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&held, signals[i]);
	if (!sigaction(SIGHUP, NULL, &hang_up) && hang_up.sa_handler == SIG_IGN)
		sigdelset(&held, SIGHUP);
	sigprocmask(SIG_BLOCK, &held, NULL);
}

void race_release_signals(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_UNBLOCK, &held, NULL);
}

bool race_stopped(void)
{
	sigset_t pending;

	if (sigpending(&pending))
		return false;
	for (size_t i = 0; i < SIGNALS; i++)
		if (sigismember(&held, signals[i]) && sigismember(&pending, signals[i]))
			return true;
	return false;
}

/* The descriptor is readable while a stopping signal is pending; nothing is taken out of it. */
int race_await(pid_t child, int timeout_ms, int *status)
{
	struct pollfd fds[] = {
		{ .fd = pidfd_open(child, 0), .events = POLLIN },
		{ .fd = signalfd(-1, &held, SFD_CLOEXEC), .events = POLLIN },
	};
	int err = 0;

	if (fds[0].fd < 0 || fds[1].fd < 0)
		err = -errno;
	else if (poll(fds, 2, timeout_ms) < 0)
		err = -errno;
	else if (!fds[0].revents)
		err = fds[1].revents ? -EINTR : -ETIMEDOUT;
	for (unsigned int i = 0; i < 2; i++)
		if (fds[i].fd >= 0)
			close(fds[i].fd);
	if (err)
		kill(child, SIGKILL);
	while (waitpid(child, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return err;
}
