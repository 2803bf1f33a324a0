// SPDX-License-Identifier: Apache-2.0
// Signals by the numbers that containerd's API takes.

export const SIGKILL = 9;
export const SIGTERM = 15;
export const SIGUSR1 = 10;
