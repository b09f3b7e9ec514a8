// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora check
 */
#include <errno.h>
#include <stdarg.h>

#include "probe.h"

static void (*const probes[])(struct probe *probe) = {
	probe_platform, probe_module, probe_cpus, probe_memory, probe_image,
};

void probe_found(struct probe *probe, enum level level, const char *topic, uint32_t reason,
		 const char *format, ...)
{
	static const char *const names[] = { "ok", "warn", "fail" };
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	probe->found[level]++;
	if (probe->as_json) {
		json_open(&probe->json, NULL, '{');
		json_string(&probe->json, "level", names[level]);
		json_string(&probe->json, "topic", topic);
		json_string(&probe->json, "text", text);
		if (reason)
			json_string(&probe->json, "reason", remora_reason_name(reason));
		json_close(&probe->json);
		return;
	}
	printf("%-4s  %-8s  %s", names[level], topic, text);
	if (reason)
		printf(" (%s)", remora_reason_name(reason));
	putchar('\n');
}

/* The module knows best: it makes the checks of create itself. */
static void ask_module(struct probe *probe)
{
	struct remora_create *create = &probe->request.create;
	struct remora_ctl *ctl;
	int err;

	if (!probe->loaded || !create->cpu_count || !create->extent_count)
		return;
	err = remora_ctl_open(&ctl, true);
	if (err) {
		probe_found(probe, LEVEL_WARN, "module", 0,
			    "may not be asked (%s): run this as root for its verdict",
			    cli_errno_name(err));
		return;
	}
	err = remora_ctl_check(ctl, create);
	remora_ctl_close(ctl);
	for (size_t i = 0; i < sizeof(create->warnings) / sizeof(create->warnings[0]); i++) {
		const char *text = remora_reason_text(create->warnings[i]);

		if (create->warnings[i])
			probe_found(probe, LEVEL_WARN, "verdict",
				    text ? create->warnings[i] : 0, "the module warns: %s",
				    text ? text : "for a reason newer than this command");
	}
	if (!err)
		probe_found(probe, LEVEL_OK, "verdict", 0, "the module would do it");
	else if (create->error.message[0])
		probe_found(probe, LEVEL_FAIL, "verdict",
			    remora_reason_name(create->error.reason) ? create->error.reason : 0,
			    "the module would refuse: %s", create->error.message);
	else
		probe_found(probe, LEVEL_FAIL, "verdict", 0, "the module would refuse: %s",
			    cli_errno_name(err));
}

static int verdict(struct probe *probe)
{
	const unsigned int *found = probe->found;
	bool all = probe->request.create.cpu_count && probe->request.create.extent_count;

	if (probe->as_json) {
		json_close(&probe->json);
		json_bool(&probe->json, "complete", all);
		json_bool(&probe->json, "would_work", !found[LEVEL_FAIL]);
		json_number(&probe->json, "ok", found[LEVEL_OK]);
		json_number(&probe->json, "warn", found[LEVEL_WARN]);
		json_number(&probe->json, "fail", found[LEVEL_FAIL]);
		json_end(&probe->json);
	} else if (found[LEVEL_FAIL]) {
		printf("\ncreate would not work: %u of %u checks failed, %u warnings\n",
		       found[LEVEL_FAIL], found[0] + found[1] + found[2], found[LEVEL_WARN]);
	} else {
		printf("\n%s, %u warnings\n",
		       all ? "create should work" :
			     "nothing stands in the way so far (give --cpus and --memory for more)",
		       found[LEVEL_WARN]);
	}
	return found[LEVEL_FAIL] ? CLI_FAILED : CLI_OK;
}

static int run(struct probe *probe)
{
	struct remora_ctl *ctl;

	machine_describe(&probe->machine);
	if (!remora_ctl_open(&ctl, false)) {
		probe->loaded = !remora_ctl_version(ctl, &probe->version);
		remora_ctl_close(ctl);
	}
	if (probe->as_json) {
		json_begin(&probe->json, stdout, '{');
		json_open(&probe->json, "findings", '[');
	}
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		probes[i](probe);
	ask_module(probe);
	return verdict(probe);
}

int cli_check(int argc, char **argv)
{
	struct cli_create_words words = { 0 };
	struct probe probe = { 0 };
	const struct cli_option options[] = {
		{ "cpus", 'c', "LIST", "CPUs, as for create", NULL, &words.cpus, NULL },
		{ "memory", 'm', "SPEC", "memory, as for create", NULL, &words.memory, NULL },
		{ "image", 'i', "FILE", "image, as for create", NULL, &words.image, NULL },
		{ "image-name", 0, "NAME", "image below /lib/firmware, as for create", NULL,
		  &words.image_name, NULL },
		{ "json", 'j', NULL, "JSON", &probe.as_json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"check [NAME] [--cpus LIST] [--memory SPEC] [OPTIONS] [--json]",
		"Predicts whether create would work on this machine, and why not, before anything\n"
		"is touched; with the module loaded its own checks are made, too. Exits with 0\n"
		"when nothing stands in the way.",
		options, 0, 1,
	};
	int code;

	code = cli_parse(argc, argv, &syntax, &words.name);
	if (code != CLI_PARSED)
		return code;
	if (!words.name)
		words.name = "check";
	probe.image_path = words.image;
	code = cli_request_fill(&probe.request, &words);
	if (code)
		return code;
	code = run(&probe);
	cli_request_close(&probe.request);
	return code;
}
