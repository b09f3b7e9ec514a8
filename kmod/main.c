// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: subsystems in the order they need each other, then the partition of the module's
 * parameters. Unloading is refused by the use count while any of the devices or channels is open;
 * it destroys what partitions are left, and everything of theirs returns to Linux.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/kernel.h>
#include <linux/module.h>

#include "arch/x86/wake.h"
#include "bench.h"
#include "cpu.h"
#include "device.h"
#include "doorbell.h"
#include "params.h"
#include "partition.h"
#include "steps.h"
#include "trace.h"

static int main_wake(void *context, struct remora_error *err)
{
	return remora_wake_init(err);
}

static void main_unwake(void *context)
{
	remora_wake_exit();
}

/* The rest knows only an errno: the step's name makes the sentence. */
#define MAIN_STEP(name, init, exit)                                                                \
	static int main_##name(void *context, struct remora_error *err)                            \
	{                                                                                          \
		int ret = init();                                                                  \
                                                                                                   \
		if (ret)                                                                           \
			remora_fail(err, REMORA_R_NO_MEMORY, "%s cannot be set up (error %d)",     \
				    #name, ret);                                                   \
		return ret;                                                                        \
	}                                                                                          \
	static void main_un##name(void *context)                                                   \
	{                                                                                          \
		exit();                                                                            \
	}

static int fault_init(void)
{
	remora_fault_init();
	remora_bench_init();
	return 0;
}

MAIN_STEP(fault, fault_init, remora_fault_exit)
MAIN_STEP(sysfs, remora_sysfs_init, remora_sysfs_exit)
MAIN_STEP(cpu, remora_cpu_init, remora_cpu_exit)
MAIN_STEP(trace, remora_trace_init, remora_trace_exit)
MAIN_STEP(doorbell, remora_doorbell_domain_init, remora_doorbell_domain_exit)
MAIN_STEP(partitions, remora_partitions_init, remora_partitions_exit)
MAIN_STEP(power, remora_power_init, remora_power_exit)
MAIN_STEP(control, remora_control_init, remora_control_exit)

static int main_params(void *context, struct remora_error *err)
{
	return remora_params_apply();
}

static const struct remora_step main_steps[] = {
	{ "main-fault", main_fault, main_unfault },
	{ "main-sysfs", main_sysfs, main_unsysfs },
	{ "main-wake", main_wake, main_unwake },
	{ "main-cpu", main_cpu, main_uncpu },
	{ "main-trace", main_trace, main_untrace },
	{ "main-doorbell", main_doorbell, main_undoorbell },
	{ "main-partitions", main_partitions, main_unpartitions },
	{ "main-power", main_power, main_unpower },
	{ "main-params", main_params, NULL },
	/* Last: once the device is there, somebody may use it, and then nothing may fail. */
	{ "main-control", main_control, main_uncontrol },
};

static unsigned int main_done;

static int __init remora_init(void)
{
	struct remora_error err = {};
	int ret = remora_steps_acquire(main_steps, ARRAY_SIZE(main_steps), &main_done, NULL, &err);

	if (ret && err.reason)
		pr_err("%s\n", err.message);
	return ret;
}

static void __exit remora_exit(void)
{
	remora_steps_release(main_steps, 0, &main_done, NULL);
}

module_init(remora_init);
module_exit(remora_exit);

MODULE_DESCRIPTION("Runs a multikernel on CPUs and memory taken from Linux");
MODULE_AUTHOR("The Remora authors");
MODULE_VERSION("0.1");
MODULE_LICENSE("GPL");
