// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <lib/sync.h>

#include "thread_core.h"

static struct {
	bool used;
	void (*destroy)(void *value);
} keys[RT_KEYS];

static bool valid(int key)
{
	return key >= 0 && key < (int)RT_KEYS && keys[key].used;
}

/* Every thread that lives must find NULL under a new key: values of an older one are erased. */
static void erase(int key)
{
	for (struct rt_thread *t = rt_thread_all(); t; t = t->family)
		t->key[key] = NULL;
}

int rt_key_create(void (*destroy)(void *value))
{
	uint32_t was = rt_disable();
	int key = 0;

	while (key < (int)RT_KEYS && keys[key].used)
		key++;
	if (key < (int)RT_KEYS) {
		keys[key].used = true;
		keys[key].destroy = destroy;
		erase(key);
	} else {
		key = -RT_EAGAIN;
	}
	rt_enable(was);
	return key;
}

int rt_key_delete(int key)
{
	if (!valid(key))
		return -RT_EINVAL;
	keys[key].used = false;
	return 0;
}

int rt_key_set(int key, void *value)
{
	if (!valid(key))
		return -RT_EINVAL;
	rt_thread_self()->key[key] = value;
	return 0;
}

void *rt_key_get(int key)
{
	return valid(key) ? rt_thread_self()->key[key] : NULL;
}

/* A destructor may set values again: a few rounds, then whatever is left stays. */
void rt_keys_end(void)
{
	struct rt_thread *t = rt_thread_self();
	bool again = true;

	for (unsigned int round = 0; again && round < RT_KEY_ROUNDS; round++) {
		again = false;
		for (int key = 0; key < (int)RT_KEYS; key++) {
			void *value = t->key[key];

			t->key[key] = NULL;
			if (!value || !valid(key) || !keys[key].destroy)
				continue;
			keys[key].destroy(value);
			again = true;
		}
	}
}
