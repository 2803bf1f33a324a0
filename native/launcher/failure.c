// SPDX-License-Identifier: Apache-2.0
/* How functions of the launcher report what went wrong, and what scopes clean up by themselves. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "launcher.h"

/* Records the sentence; always -1, so that callers can `return fail(...)`. */
int fail(struct failure *why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(why->text, sizeof(why->text), format, arguments);
	va_end(arguments);
	/* One line whatever a path or an id contains: containerd shows it to the user as it is. */
	for (char *c = why->text; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	return -1;
}

void cleanup_free(void *pointer)
{
	void *memory = *(void **)pointer;

	free(memory);
}

void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}
