// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine goes down, sleeps or dies: cores that Linux does not know to stop are stopped here.
 * Suspend and hibernation are refused instead, since a core's state would not survive them.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "device.h"
#include "partition.h"

static bool rebooting;
static bool suspending;

bool remora_power_busy(void)
{
	return READ_ONCE(rebooting) || READ_ONCE(suspending);
}

/*
 * Reboot, halt, power-off, and kexec, which reuses the memory at once. Set before the cores are
 * silenced: a start that comes later is refused, one under way is silenced or fails.
 */
static int on_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	WRITE_ONCE(rebooting, true);
	smp_mb();
	remora_partitions_silence_all();
	return NOTIFY_DONE;
}

static int on_suspend(struct notifier_block *nb, unsigned long action, void *data)
{
	unsigned int count;

	switch (action) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		/*
		 * Set before the look, as create takes its name before it looks here: one of the
		 * two sees the other.
		 */
		WRITE_ONCE(suspending, true);
		smp_mb();
		count = remora_partitions_count();
		if (count) {
			WRITE_ONCE(suspending, false);
			pr_err("suspend refused: %u partition(s) exist; destroy them first\n",
			       count);
			return NOTIFY_BAD;
		}
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		WRITE_ONCE(suspending, false);
		break;
	}
	return NOTIFY_DONE;
}

/*
 * Runs before the crash kernel only with crash_kexec_post_notifiers; otherwise the cores learn of a
 * panic by the NMI that Linux broadcasts. The crash kernel uses memory of its own, which no core has.
 */
static int on_panic(struct notifier_block *nb, unsigned long action, void *data)
{
	remora_partitions_silence_all();
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = { .notifier_call = on_reboot };
static struct notifier_block suspend_notifier = { .notifier_call = on_suspend };
static struct notifier_block panic_notifier = { .notifier_call = on_panic };

int remora_power_init(void)
{
	int ret = register_reboot_notifier(&reboot_notifier);

	if (ret)
		return ret;
	ret = register_pm_notifier(&suspend_notifier);
	if (ret)
		goto undo_reboot;
	ret = atomic_notifier_chain_register(&panic_notifier_list, &panic_notifier);
	if (ret)
		goto undo_suspend;
	return 0;

undo_suspend:
	unregister_pm_notifier(&suspend_notifier);
undo_reboot:
	unregister_reboot_notifier(&reboot_notifier);
	return ret;
}

void remora_power_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_notifier);
	unregister_pm_notifier(&suspend_notifier);
	unregister_reboot_notifier(&reboot_notifier);
}
