// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora create
 */
#include "cli.h"

void cli_show_warnings(const uint32_t *warnings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t reason = warnings[i];

		if (!reason)
			return;
		cli_note("warning: %s (%s)",
			 remora_reason_text(reason) ? remora_reason_text(reason) : "unknown",
			 remora_reason_name(reason) ? remora_reason_name(reason) : "newer module");
	}
}

int cli_create(int argc, char **argv)
{
	struct cli_create_words words = { 0 };
	const struct cli_option options[] = {
		{ "cpus", 'c', "LIST", "CPUs to take: 2-3 or 1,4-7", NULL, &words.cpus, NULL },
		{ "memory", 'm', "SPEC", "[SOURCE:]SIZE[@NODE],...: 256M or 128M@0,128M@1", NULL,
		  &words.memory, NULL },
		{ "image", 'i', "FILE", "boot this image", NULL, &words.image, NULL },
		{ "image-name", 0, "NAME", "boot this image below /lib/firmware", NULL,
		  &words.image_name, NULL },
		{ "start", 's', NULL, "boot the cores at once", &words.start, NULL, NULL },
		{ "allow-faults", 0, NULL, "let 'remora inject' make cores fail", &words.faults,
		  NULL, NULL },
		{ "no-sleep", 0, NULL, "cores poll for ever, they never sleep", &words.no_sleep,
		  NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"create NAME --cpus LIST --memory SPEC [OPTIONS]",
		"Takes CPUs and memory from Linux and makes a partition of them.\n"
		"SOURCE says how memory is obtained: auto (default), block, contig, or\n"
		"reserved:SIZE[@ADDRESS] for a region kept from Linux with memmap= at boot.",
		options, 1, 1,
	};
	struct cli_request request;
	struct remora_ctl *ctl;
	int code;

	code = cli_parse(argc, argv, &syntax, &words.name);
	if (code != CLI_PARSED)
		return code;
	if (!words.cpus)
		return cli_usage("--cpus is missing: which CPUs is Linux to give up?");
	if (!words.memory)
		return cli_usage("--memory is missing: how much memory is Linux to give up?");
	code = cli_request_fill(&request, &words);
	if (code)
		return code;
	code = cli_open_ctl(&ctl, true);
	if (!code) {
		int err = remora_ctl_create(ctl, &request.create);

		cli_show_warnings(request.create.warnings, 8);
		if (err)
			code = cli_errno(err, &request.create.error, words.name);
		remora_ctl_close(ctl);
	}
	cli_request_close(&request);
	return code;
}
