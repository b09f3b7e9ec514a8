// SPDX-License-Identifier: GPL-2.0-only
#include <service.h>

static const struct {
	uint32_t service; /* enum abi_service */
	const struct link_ops *ops;
} services[] = {
	{ ABI_SERVICE_ECHO, &service_echo },
	{ ABI_SERVICE_DELAY, &service_delay },
	{ ABI_SERVICE_SINK, &service_sink },
};

const struct link_ops *service_find(uint32_t service)
{
	for (uint32_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (services[i].service == service)
			return services[i].ops;
	}
	return NULL;
}
