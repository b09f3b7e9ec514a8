// SPDX-License-Identifier: GPL-2.0-only
/* Tables of acquire and release. Pure: runs in the module and in host tests. */

#include "steps.h"

void remora_steps_release(const struct remora_step *steps, unsigned int keep, unsigned int *done,
			  void *context)
{
	while (*done > keep) {
		const struct remora_step *step = &steps[*done - 1];

		if (step->release)
			step->release(context);
		/* counted down last: a release may look up how far it has come */
		--*done;
	}
}

int remora_steps_acquire(const struct remora_step *steps, unsigned int count, unsigned int *done,
			 void *context, struct remora_error *err)
{
	unsigned int before = *done;

	while (*done < count) {
		const struct remora_step *step = &steps[*done];
		int ret;

		if (remora_steps_fault(step->name))
			ret = remora_fail(err, REMORA_R_FAULT_INJECTED,
					  "a failure was injected at step \"%s\" (testing)",
					  step->name);
		else
			ret = step->acquire(context, err);
		if (ret) {
			remora_steps_release(steps, before, done, context);
			return ret;
		}
		++*done;
	}
	return 0;
}
