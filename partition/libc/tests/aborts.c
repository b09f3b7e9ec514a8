// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Ends by abort(). */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	puts("before");
	fflush(stdout);
	abort();
}
