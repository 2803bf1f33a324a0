// SPDX-License-Identifier: Apache-2.0
/* Questions to /proc/self/mountinfo, whose fifth field is the mount point with blanks, tabs,
 * newlines and \ in octal. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher.h"

static bool is_octal(const char *digits)
{
	return digits[0] >= '0' && digits[0] <= '3' && digits[1] >= '0' && digits[1] <= '7' &&
	       digits[2] >= '0' && digits[2] <= '7';
}

static void unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in != '\0'; in++) {
		if (*in == '\\' && is_octal(in + 1)) {
			*out++ = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 3;
			continue;
		}
		*out++ = *in;
	}
	*out = '\0';
}

/* Cuts the mount point out of a line and returns it; NULL if there is none. */
char *take_mount_point(char *line)
{
	for (unsigned int blanks = 4; blanks > 0; blanks--) {
		line = strchr(line, ' ');
		if (line == NULL)
			return NULL;
		line++;
	}
	line[strcspn(line, " ")] = '\0';
	unescape(line);
	return line;
}

/* 1 if something is mounted on `path` (without symbolic links) or below it, else 0. */
int mounted_at_or_below(const char *path, struct failure *why)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t capacity = 0;
	size_t length = strlen(path);
	int found = 0;

	if (file == NULL)
		return fail(why, "/proc/self/mountinfo: %s", strerror(errno));
	while (found == 0 && getline(&line, &capacity, file) >= 0) {
		const char *point = take_mount_point(line);

		if (point != NULL && strncmp(point, path, length) == 0 &&
		    (point[length] == '\0' || point[length] == '/'))
			found = 1;
	}
	free(line);
	(void)fclose(file);
	return found;
}
