// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with one fault of each kind the lab must notice, chosen by the
 * parameter "fault". For guests only; selftest.sh builds and loads it.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *fault = "";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "warn, leak, overflow, sleep or order");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);

static void broken_warn(void)
{
	WARN_ON(1);
}

/* Nothing keeps the pointer: kmemleak's case. */
static void broken_leak(void)
{
	int i;

	for (i = 0; i < 8; i++) {
		char *p = kmalloc(1000, GFP_KERNEL);

		if (p)
			strscpy(p, "lost", 1000);
	}
}

/* The index is hidden from the compiler, which would refuse it. */
static void broken_overflow(void)
{
	size_t index = 100;
	char *p = kmalloc(100, GFP_KERNEL);

	if (!p)
		return;
	OPTIMIZER_HIDE_VAR(index);
	WRITE_ONCE(p[index], 1);
	kfree(p);
}

static void broken_sleep(void)
{
	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);
}

static void broken_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static const struct {
	const char *name;
	void (*function)(void);
} faults[] = {
	{ "warn", broken_warn },
	{ "leak", broken_leak },
	{ "overflow", broken_overflow },
	{ "sleep", broken_sleep },
	{ "order", broken_order },
};

static int __init broken_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!strcmp(fault, faults[i].name)) {
			faults[i].function();
			return 0;
		}
	}
	pr_err("broken: fault '%s' is none of warn, leak, overflow, sleep, order\n", fault);
	return -EINVAL;
}

static void __exit broken_exit(void)
{
}

module_init(broken_init);
module_exit(broken_exit);
MODULE_DESCRIPTION("Faults for the lab to notice");
MODULE_LICENSE("GPL");
