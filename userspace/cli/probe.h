/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The probes of remora check: each looks at one side of the machine, without changing anything,
 * and reports findings.
 */
#ifndef REMORA_CLI_PROBE_H
#define REMORA_CLI_PROBE_H

#include "cli.h"
#include "json.h"
#include "machine.h"

enum level {
	LEVEL_OK,
	LEVEL_WARN, /* would work, with a drawback, or cannot be told */
	LEVEL_FAIL, /* would not work */
};

/**
 * struct probe - what is asked for, and what was found so far
 * @request: cpu_count or extent_count 0: that was not given
 * @image_path: file given with --image, or NULL
 * @loaded:  the module answers; @version is valid
 * @found:   number of findings by level
 */
struct probe {
	struct cli_request request;
	const char *image_path;
	struct machine machine;
	struct remora_version version;
	bool loaded;
	bool as_json;
	struct json json;
	unsigned int found[3];
};

/** probe_found - report a finding. @topic: one word; @reason: enum remora_reason or 0. */
void probe_found(struct probe *probe, enum level level, const char *topic, uint32_t reason,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

void probe_platform(struct probe *probe);
void probe_module(struct probe *probe);
void probe_cpus(struct probe *probe);
void probe_memory(struct probe *probe);
void probe_image(struct probe *probe);

#endif
