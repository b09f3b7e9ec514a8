// SPDX-License-Identifier: GPL-2.0-only
/*
 * Greets from a core that Linux no longer has, and repeats its arguments.
 *
 *   remora-cc -O2 -o hello hello.c && remora run NAME hello one two
 */
#include <stdio.h>

int main(int argc, char **argv)
{
	printf("Hello from Remora.\n");
	for (int i = 1; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	return 0;
}
