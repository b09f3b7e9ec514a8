// SPDX-License-Identifier: GPL-2.0-only
#include <agreed.h>
#include <bindings.h>
#include <image.h>
#include <parts.h>

void parts_init(struct node *n)
{
	agreed_init(&n->agree);
	jobs_init(n);
	if (bindings_init(n))
		mon_print("programs cannot bind to each other");
}
