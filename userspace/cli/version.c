// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora version
 */
#include "cli.h"
#include "json.h"

static void show(const struct remora_version *v)
{
	printf("remora %s, interface revision %d\n", CLI_VERSION, REMORA_UAPI_REVISION);
	if (!v) {
		puts("module: not loaded");
		return;
	}
	printf("module %s, interface revision %u, image ABI revision %u\nkernel %s\n", v->module,
	       v->uapi_revision, v->abi_revision, v->kernel);
	if (v->uapi_revision != REMORA_UAPI_REVISION)
		printf("the module and this command are of different revisions (%u and %d)\n",
		       v->uapi_revision, REMORA_UAPI_REVISION);
}

static void show_json(const struct remora_version *v)
{
	struct json j;

	json_begin(&j, stdout, '{');
	json_string(&j, "version", CLI_VERSION);
	json_number(&j, "uapi_revision", REMORA_UAPI_REVISION);
	json_bool(&j, "loaded", v);
	if (v) {
		json_open(&j, "module", '{');
		json_string(&j, "version", v->module);
		json_number(&j, "uapi_revision", v->uapi_revision);
		json_number(&j, "abi_revision", v->abi_revision);
		json_number(&j, "partitions", v->partitions);
		json_string(&j, "kernel", v->kernel);
		json_close(&j);
	}
	json_end(&j);
}

int cli_version(int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {
		{ "json", 'j', NULL, "JSON", &json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"version [--json]", "Shows the versions of this command and of the loaded module.",
		options, 0, 0,
	};
	struct remora_version version;
	struct remora_ctl *ctl;
	bool loaded = false;
	int code;

	code = cli_parse(argc, argv, &syntax, NULL);
	if (code != CLI_PARSED)
		return code;
	if (!remora_ctl_open(&ctl, false)) {
		loaded = !remora_ctl_version(ctl, &version);
		remora_ctl_close(ctl);
	}
	if (json)
		show_json(loaded ? &version : NULL);
	else
		show(loaded ? &version : NULL);
	return CLI_OK;
}
