// SPDX-License-Identifier: GPL-2.0-only
/* NAME_stub.h. */
#include "interface.h"

void emit_stub(FILE *out, const struct interface *in)
{
	fprintf(out, "/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */\n#include \"%s.h\"\n", in->name);
}
