// SPDX-License-Identifier: Apache-2.0
// What src/sys/ffi.ts compares before it calls anything else.

#include "lib.h"

N_EXPORT uint32_t n_abi_version(void)
{
	return N_ABI_VERSION;
}

N_EXPORT uint32_t n_sizeof_spawn_options(void)
{
	return (uint32_t)sizeof(struct n_spawn_options);
}
