// SPDX-License-Identifier: GPL-2.0-only
/*
 * From words to a create request, for create and check.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static int bad_word(const struct remora_error *error, const char *option)
{
	if (error->reason)
		return cli_usage("%s: %s (%s)", option, error->message,
				 remora_reason_name(error->reason));
	return cli_usage("%s: %s", option, error->message);
}

int cli_one_cpu(const char *word, uint32_t *cpu)
{
	struct remora_error error;
	uint32_t cpus[REMORA_CPUS_MAX], count;

	if (remora_parse_cpus(word, cpus, &count, &error))
		return bad_word(&error, word);
	if (count != 1)
		return cli_usage("'%s' are %u CPUs; one was expected", word, count);
	*cpu = cpus[0];
	return CLI_OK;
}

static int fill_image(struct remora_create *create, const struct cli_create_words *words)
{
	if (words->image && words->image_name)
		return cli_usage("--image and --image-name exclude each other");
	if (words->image_name) {
		size_t length = strlen(words->image_name);

		if (length >= sizeof(create->image_name))
			return cli_usage("--image-name: the name is longer than %zu characters",
					 sizeof(create->image_name) - 1);
		memcpy(create->image_name, words->image_name, length + 1);
	}
	if (!words->image)
		return CLI_OK;
	create->image_fd = open(words->image, O_RDONLY | O_CLOEXEC);
	if (create->image_fd < 0) {
		int err = -errno;

		create->image_fd = -1;
		return cli_fail(err == -EACCES ? CLI_PERMISSION : CLI_FAILED,
				"cannot open the image '%s': %s (%s)", words->image, strerror(-err),
				cli_errno_name(err));
	}
	return CLI_OK;
}

int cli_request_fill(struct cli_request *request, const struct cli_create_words *words)
{
	struct remora_create *create = &request->create;
	struct remora_error error;

	memset(request, 0, sizeof(*request));
	create->image_fd = -1;
	if (remora_name_check(words->name, &error))
		return bad_word(&error, words->name);
	if (words->cpus &&
	    remora_parse_cpus(words->cpus, request->cpus, &create->cpu_count, &error))
		return bad_word(&error, words->cpus);
	if (words->memory &&
	    remora_parse_memory(words->memory, request->extents, &create->extent_count, &error))
		return bad_word(&error, words->memory);
	memcpy(create->name, words->name, strlen(words->name) + 1);
	create->cpus = (uintptr_t)request->cpus;
	create->extents = (uintptr_t)request->extents;
	if (words->faults)
		create->flags |= REMORA_CREATE_FAULTS;
	if (words->no_sleep)
		create->flags |= REMORA_CREATE_NO_SLEEP;
	if (words->start)
		create->flags |= REMORA_CREATE_AUTOSTART;
	return fill_image(create, words);
}

void cli_request_close(struct cli_request *request)
{
	if (request->create.image_fd >= 0)
		close(request->create.image_fd);
	request->create.image_fd = -1;
}
