// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "plot.h"
#include "race.h"

#define PLOT_PATIENCE_MS 60000

/* In single quotes gnuplot takes everything as it is, but for the quote itself, which is doubled. */
void plot_quoted(FILE *file, const char *text)
{
	fputc('\'', file);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', file);
		fputc(*text, file);
	}
	fputc('\'', file);
}

/* Return: 0, -ENOENT when there is no gnuplot, or another negative errno value. */
static int run_gnuplot(const char *script)
{
	int status = 0, err;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		race_release_signals();
		execlp("gnuplot", "gnuplot", script, (char *)NULL);
		_exit(errno == ENOENT ? 127 : 126);
	}
	err = race_await(child, PLOT_PATIENCE_MS, &status);
	if (err)
		return err;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -ENOENT : -EIO;
}

int plot_make(const char *svg, void (*write)(const void *what, FILE *file, const char *svg),
	      const void *what)
{
	size_t length = strlen(svg), stem = length;
	char *script = malloc(length + sizeof(".gp"));
	FILE *file;
	int err;

	if (!script)
		return cli_fail(CLI_FAILED, "no memory for a file's name");
	if (length > 4 && !strcmp(svg + length - 4, ".svg"))
		stem -= 4;
	sprintf(script, "%.*s.gp", (int)stem, svg);
	file = fopen(script, "we");
	if (file)
		write(what, file, svg);
	if (!file || fclose(file)) {
		err = -errno;
		free(script);
		return cli_errno(err, NULL, svg);
	}
	err = run_gnuplot(script);
	if (err == -ENOENT)
		cli_note("no gnuplot here: 'gnuplot %s' elsewhere makes the picture", script);
	else if (err)
		cli_note("gnuplot could not make the picture of %s: %s", script, strerror(-err));
	free(script);
	return err && err != -ENOENT ? CLI_FAILED : CLI_OK;
}
