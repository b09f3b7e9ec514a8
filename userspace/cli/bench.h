/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmarks, one file each.
 */
#ifndef REMORA_CLI_BENCH_H
#define REMORA_CLI_BENCH_H

int bench_lrpc(int argc, char **argv);
int bench_quiet(int argc, char **argv);
int bench_shootdown(int argc, char **argv);
int bench_trace(int argc, char **argv);
int bench_wakeup(int argc, char **argv);

#endif
