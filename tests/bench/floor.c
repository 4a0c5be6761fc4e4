/* SPDX-License-Identifier: GPL-2.0-or-later */
/* floor - the least that a program can do: what a hook is measured against. */
int main(void)
{
	return 0;
}
