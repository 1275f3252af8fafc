/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of keys: Unicode, and these beyond. */
#ifndef SWAPTOP_KEYCODES_H
#define SWAPTOP_KEYCODES_H

enum {
	KEY_BASE_ = 0x110000,
	K_UP,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_PGUP,
	K_PGDN,
	K_HOME,
	K_END,
	K_BTAB,
	K_BACKSPACE,
	K_DELETE,
	K_WHEEL_UP,
	K_WHEEL_DOWN,
	K_F0,
	K_F12 = K_F0 + 12,
};
#define K_F(n)  (K_F0 + (n))
#define K_TAB   '\t'
#define K_ENTER '\n'
#define K_ESC   27

#endif
