// SPDX-License-Identifier: GPL-2.0-only
/* A state machine that reads words and tells whole numbers, fractions and others apart. */
#include "loops.h"

enum state { START, SIGN, WHOLE, POINT, FRACTION, EXPONENT, POWER_SIGN, POWER, WRONG, STATES };
enum kind { DIGIT, PLUS_MINUS, DOT, E, OTHER, KINDS };

static const unsigned char next[STATES][KINDS] = {
	/*             digit     + -         .      e         other */
	[START] =      { WHOLE,    SIGN,       POINT, WRONG,    WRONG },
	[SIGN] =       { WHOLE,    WRONG,      POINT, WRONG,    WRONG },
	[WHOLE] =      { WHOLE,    WRONG,      FRACTION, EXPONENT, WRONG },
	[POINT] =      { FRACTION, WRONG,      WRONG, WRONG,    WRONG },
	[FRACTION] =   { FRACTION, WRONG,      WRONG, EXPONENT, WRONG },
	[EXPONENT] =   { POWER,    POWER_SIGN, WRONG, WRONG,    WRONG },
	[POWER_SIGN] = { POWER,    WRONG,      WRONG, WRONG,    WRONG },
	[POWER] =      { POWER,    WRONG,      WRONG, WRONG,    WRONG },
	[WRONG] =      { WRONG,    WRONG,      WRONG, WRONG,    WRONG },
};

static enum kind kind_of(char c)
{
	switch (c) {
	case '0' ... '9':
		return DIGIT;
	case '+':
	case '-':
		return PLUS_MINUS;
	case '.':
		return DOT;
	case 'e':
	case 'E':
		return E;
	default:
		return OTHER;
	}
}

static void write_text(char *text, size_t n, uint32_t seed)
{
	static const char letters[] = "0123456789012345678901234567+-..e ,,x";

	for (size_t i = 0; i < n; i++)
		text[i] = letters[next_random(&seed) % (sizeof(letters) - 1)];
	text[n - 1] = ',';
}

uint32_t loop_states(uint32_t seed, uint32_t sum)
{
	static char text[4096];
	uint32_t words[STATES] = { 0 }, turns[STATES] = { 0 };
	enum state state = START;

	write_text(text, sizeof(text), seed);
	for (size_t i = 0; i < sizeof(text); i++) {
		if (text[i] == ',') {
			words[state]++;
			state = START;
		} else {
			state = (enum state)next[state][kind_of(text[i])];
			turns[state]++;
		}
	}
	sum = sum_bytes(sum, words, sizeof(words));
	return sum_bytes(sum, turns, sizeof(turns));
}
