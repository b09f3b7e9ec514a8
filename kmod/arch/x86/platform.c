// SPDX-License-Identifier: GPL-2.0-only
/* May cores be started here at all? */

#include <linux/cc_platform.h>
#include <linux/utsname.h>
#include <asm/cpufeature.h>
#include <asm/tsc.h>

#include "../../compat/compat.h"
#include "../../device.h"
#include "wake.h"

int remora_platform_check(void (*warn)(void *arg, enum remora_reason reason), void *arg,
			  struct remora_error *err)
{
	/* TDX and SEV guests have no start-up IPI */
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return remora_fail(err, REMORA_R_PLATFORM_CONFIDENTIAL, NULL);
	/* boot page tables carry no encryption bit: a core would read cipher text */
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT))
		return remora_fail(err, REMORA_R_PLATFORM_CONFIDENTIAL,
				   "memory encryption (SME) is on; boot with mem_encrypt=off");
	if (!boot_cpu_has(X86_FEATURE_TSC) || !tsc_khz)
		return remora_fail(err, REMORA_R_PLATFORM_NO_TSC, NULL);
	if (!remora_wake_low_page())
		return remora_fail(err, REMORA_R_PLATFORM_NO_LOW_PAGE, NULL);
	if (remora_power_busy())
		return remora_fail(err, REMORA_R_PLATFORM_SUSPEND, NULL);
	if (remora_kernel_untested() && warn)
		warn(arg, REMORA_R_PLATFORM_UNTESTED);
	return 0;
}
