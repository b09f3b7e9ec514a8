// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Who and where one is, limits, random numbers. */
#include <base/string.h>

#include "libc_core.h"

#define CPUID_RDRAND (1u << 30) /* of ECX, leaf 1 */
#define RDRAND_TRIES 10
#define FILES_MAX 16

long linux_zero(struct abi_registers *r)
{
	(void)r;
	return 0;
}

/* The monitor's number. */
long linux_getppid(struct abi_registers *r)
{
	(void)r;
	return 0;
}

long linux_uname(struct abi_registers *r)
{
	static const char *const names[] = { "Remora", "", "0.1", "partition", "x86_64", "(none)" };
	char *to = (char *)ARG0(r);

	memset(to, 0, UTSNAME_FIELD * sizeof(names) / sizeof(names[0]));
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		base_strcopy(to + i * UTSNAME_FIELD, names[i], UTSNAME_FIELD);
	base_strcopy(to + UTSNAME_FIELD, rt_startup()->partition, UTSNAME_FIELD);
	return 0;
}

static bool has_rdrand(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c & CPUID_RDRAND;
}

/* splitmix64 over the startup page's seed and the time, for a CPU without RDRAND. */
static uint64_t mixed(void)
{
	static uint64_t state;
	uint64_t z;

	if (!state)
		state = rt_startup()->seed[0] ^ rt_tsc();
	state += 0x9e3779b97f4a7c15ull + (rt_startup()->seed[1] ^ rt_tsc()) % 2 * 2;
	z = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint64_t random_word(void)
{
	static int rdrand = -1;
	uint64_t word;
	bool good = false;

	if (rdrand < 0)
		rdrand = has_rdrand();
	for (int i = 0; rdrand && !good && i < RDRAND_TRIES; i++)
		__asm__ volatile("rdrand %0" : "=r"(word), "=@ccc"(good) : : );
	return good ? word : mixed();
}

long linux_getrandom(struct abi_registers *r)
{
	uint8_t *to = (uint8_t *)ARG0(r);
	uint64_t bytes = ARG1(r);

	if (bytes > INT32_MAX)
		bytes = INT32_MAX;
	for (uint64_t done = 0, part; done < bytes; done += part) {
		uint64_t word = random_word();

		part = bytes - done < sizeof(word) ? bytes - done : sizeof(word);
		memcpy(to + done, &word, part);
	}
	return (long)bytes;
}

static struct linux_rlimit limit(uint64_t which)
{
	uint64_t n = which == RLIMIT_STACK_ ? RT_MAIN_STACK_BYTES :
		     which == RLIMIT_NOFILE_ ? FILES_MAX : UINT64_MAX;

	return (struct linux_rlimit){ n, n };
}

long linux_getrlimit(struct abi_registers *r)
{
	if ((uint32_t)ARG0(r) >= RLIMITS)
		return -RT_EINVAL;
	*(struct linux_rlimit *)ARG1(r) = limit((uint32_t)ARG0(r));
	return 0;
}

/* Limits can be asked for, not set. */
long linux_prlimit64(struct abi_registers *r)
{
	if ((uint32_t)ARG1(r) >= RLIMITS)
		return -RT_EINVAL;
	if ((int32_t)ARG0(r) && (int32_t)ARG0(r) != linux_getpid(r))
		return -RT_ESRCH;
	if (ARG2(r))
		return -RT_EPERM;
	if (ARG3(r))
		*(struct linux_rlimit *)ARG3(r) = limit((uint32_t)ARG1(r));
	return 0;
}

/* A dispatcher is on one CPU. */
long linux_getaffinity(struct abi_registers *r)
{
	if (ARG1(r) < sizeof(uint64_t) || ARG1(r) % sizeof(uint64_t))
		return -RT_EINVAL;
	*(uint64_t *)ARG2(r) = 1;
	return sizeof(uint64_t);
}
