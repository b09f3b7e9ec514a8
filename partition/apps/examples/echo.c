// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies standard input to standard output, and counts on standard error.
 *
 *   remora-cc -O2 -o echo echo.c && seq 10 | remora run NAME echo
 */
#include <stdio.h>

int main(void)
{
	static char line[4096];
	unsigned long bytes = 0, reads = 0;
	size_t n;

	while ((n = fread(line, 1, sizeof(line), stdin)) > 0) {
		if (fwrite(line, 1, n, stdout) != n) {
			perror("echo");
			return 1;
		}
		bytes += n;
		reads++;
	}
	fflush(stdout);
	fprintf(stderr, "%lu bytes in %lu pieces\n", bytes, reads);
	return ferror(stdin) ? 1 : 0;
}
