// SPDX-License-Identifier: GPL-2.0-only
#include <agreed.h>
#include <bindings.h>
#include <image.h>
#include <memory_node.h>
#include <parts.h>

void parts_init(struct node *n)
{
	agreed_init(&n->agree);
	if (memory_node_init(n))
		mon_print("there is no memory for programs");
	jobs_init(n);
	if (bindings_init(n))
		mon_print("programs cannot bind to each other");
}
