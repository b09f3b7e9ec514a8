// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora check: kernel, processor and the right to load modules.
 */
#include <string.h>
#include <unistd.h>

#include "probe.h"
#include "sysfile.h"

/* The kernels that the test run boots: x.y as x * 1000 + y. Documentation/ says which exactly. */
#define KERNEL_OLDEST 6001
#define KERNEL_NEWEST 7002

#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static void kernel(struct probe *probe)
{
	const char *release = probe->machine.kernel.release;
	unsigned int major = 0, minor = 0, version;

	if (strcmp(probe->machine.kernel.machine, "x86_64")) {
		probe_found(probe, LEVEL_FAIL, "kernel", 0, "%s: x86_64 was expected",
			    probe->machine.kernel.machine);
		return;
	}
	sscanf(release, "%u.%u", &major, &minor);
	version = major * 1000 + minor;
	if (version < KERNEL_OLDEST)
		probe_found(probe, LEVEL_FAIL, "kernel", 0, "%s is older than 6.1", release);
	else if (version > KERNEL_NEWEST)
		probe_found(probe, LEVEL_WARN, "kernel", REMORA_R_PLATFORM_UNTESTED,
			    "%s is newer than the tested ones (6.1 to 7.2)", release);
	else
		probe_found(probe, LEVEL_OK, "kernel", 0, "%s", release);
}

static bool has_flag(const char *flags, const char *flag)
{
	size_t length = strlen(flag);

	for (const char *at = strstr(flags, flag); at; at = strstr(at + 1, flag))
		if ((at == flags || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

/* The first "flags" line of /proc/cpuinfo, without its end. "" when there is none. */
static void read_flags(char *flags, size_t size)
{
	FILE *file = sysfile_open("/proc/cpuinfo");
	bool found = false;

	flags[0] = 0;
	while (file && !found && fgets(flags, (int)size, file))
		found = !strncmp(flags, "flags", 5);
	if (file)
		fclose(file);
	if (!found)
		flags[0] = 0;
	flags[strcspn(flags, "\n")] = 0;
}

static void processor(struct probe *probe)
{
	char flags[8192], source[32];

	read_flags(flags, sizeof(flags));
	if (probe->machine.confidential || has_flag(flags, "tdx_guest") ||
	    has_flag(flags, "sev_guest"))
		probe_found(probe, LEVEL_FAIL, "machine", REMORA_R_PLATFORM_CONFIDENTIAL,
			    "confidential guests cannot start CPUs this way");
	else if (probe->machine.emulated)
		probe_found(probe, LEVEL_OK, "machine", 0, "emulated: it works, figures mean "
			    "little");
	else
		probe_found(probe, LEVEL_OK, "machine", 0, "%s%s%s", machine_tag(&probe->machine),
			    probe->machine.hypervisor[0] ? ", " : "", probe->machine.hypervisor);
	sysfile_read(source, sizeof(source),
		     "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	if (!has_flag(flags, "tsc"))
		probe_found(probe, LEVEL_FAIL, "tsc", REMORA_R_PLATFORM_NO_TSC,
			    "the processor shows no time-stamp counter");
	else if (!has_flag(flags, "constant_tsc") || !has_flag(flags, "nonstop_tsc"))
		probe_found(probe, LEVEL_WARN, "tsc", 0,
			    "the counter is not known to be constant and nonstop: times may drift");
	else
		probe_found(probe, LEVEL_OK, "tsc", 0, "constant and nonstop, clock source is %s",
			    source[0] ? source : "unknown");
}

static void privileges(struct probe *probe)
{
	if (geteuid())
		probe_found(probe, LEVEL_WARN, "rights", REMORA_R_PERMISSION,
			    "create needs root, this user is no. %u", (unsigned int)geteuid());
	else
		probe_found(probe, LEVEL_OK, "rights", 0, "root");
}

/* Will the kernel take a module that was built here and is not signed? */
static void signatures(struct probe *probe)
{
	char lockdown[128], enforce[8], efi[8];
	int got;

	if (probe->loaded)
		return;
	sysfile_read(lockdown, sizeof(lockdown), "/sys/kernel/security/lockdown");
	sysfile_read(enforce, sizeof(enforce), "/sys/module/module/parameters/sig_enforce");
	got = sysfile_read(efi, sizeof(efi), "%s", SECURE_BOOT);
	if (lockdown[0] && !strstr(lockdown, "[none]"))
		probe_found(probe, LEVEL_FAIL, "lockdown", 0,
			    "the kernel is locked down (%s): sign the module with an enrolled key "
			    "(mokutil --import), or boot with secure boot off", lockdown);
	else if (enforce[0] == 'Y' || enforce[0] == '1')
		probe_found(probe, LEVEL_FAIL, "lockdown", 0,
			    "only signed modules may be loaded (module.sig_enforce): sign it");
	else if (got == 5 && efi[4] == 1)
		probe_found(probe, LEVEL_WARN, "lockdown", 0,
			    "secure boot is on: the kernel may demand a signed module");
	else
		probe_found(probe, LEVEL_OK, "lockdown", 0, "unsigned modules may be loaded");
}

void probe_platform(struct probe *probe)
{
	kernel(probe);
	processor(probe);
	privileges(probe);
	signatures(probe);
}

static void missing_module(struct probe *probe)
{
	static const char *const places[] = { "extra", "updates", "updates/dkms" };
	const char *release = probe->machine.kernel.release;
	uint64_t disabled = 0;

	if (!sysfile_number(&disabled, 10, "/proc/sys/kernel/modules_disabled") && disabled) {
		probe_found(probe, LEVEL_FAIL, "module", 0,
			    "not loaded, and modules_disabled forbids to load any until reboot");
		return;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!sysfile_exists("/lib/modules/%s/%s/remora.ko", release, places[i]) &&
		    !sysfile_exists("/lib/modules/%s/%s/remora.ko.xz", release, places[i]))
			continue;
		probe_found(probe, LEVEL_WARN, "module", 0,
			    "installed but not loaded: modprobe remora");
		return;
	}
	if (sysfile_exists("/lib/modules/%s/build/Makefile", release))
		probe_found(probe, LEVEL_WARN, "module", 0,
			    "not installed; this kernel's headers are here: build it with make");
	else
		probe_found(probe, LEVEL_WARN, "module", 0,
			    "not installed; install linux-headers-%s to build it", release);
}

void probe_module(struct probe *probe)
{
	const struct remora_version *v = &probe->version;

	if (!probe->loaded && sysfile_exists("/sys/module/remora"))
		probe_found(probe, LEVEL_FAIL, "module", 0,
			    "loaded, but %s cannot be opened or does not answer",
			    REMORA_CONTROL_PATH);
	else if (!probe->loaded)
		missing_module(probe);
	else if (v->uapi_revision != REMORA_UAPI_REVISION)
		probe_found(probe, LEVEL_FAIL, "module", 0,
			    "its interface has revision %u, this command's has %d",
			    v->uapi_revision, REMORA_UAPI_REVISION);
	else
		probe_found(probe, LEVEL_OK, "module", 0, "version %s, %u partitions", v->module,
			    v->partitions);
}
