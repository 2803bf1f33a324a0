/* SPDX-License-Identifier: Apache-2.0 */
/* The one way from a libc return value to the library's: -errno at once, before anything can change
 * errno. */
#ifndef TSRUNC_RESULT_H
#define TSRUNC_RESULT_H

#include <errno.h>

static inline int result(long value)
{
	return value < 0 ? -errno : (int)value;
}

#endif
