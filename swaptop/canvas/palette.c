/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "canvas/palette.h"

static const struct {
	short c256, c8;
} colours_of[N_ROLES] = {
	[ROLE_TEXT] = { -1, -1 },  [ROLE_DIM] = { 245, -1 },  [ROLE_TITLE] = { 110, 6 },
	[ROLE_KEY] = { 80, 6 },    [ROLE_GOOD] = { 71, 2 },   [ROLE_WARN] = { 214, 3 },
	[ROLE_BAD] = { 203, 1 },   [ROLE_MEM] = { 67, 4 },    [ROLE_CACHE] = { 60, 4 },
	[ROLE_IN] = { 78, 2 },     [ROLE_OUT] = { 209, 1 },   [ROLE_MOVE] = { 141, 5 },
	[ROLE_TIER0] = { 75, 4 },  [ROLE_TIER1] = { 115, 6 }, [ROLE_TIER2] = { 179, 3 },
	[ROLE_TIER3] = { 175, 5 }, [ROLE_TIER4] = { 109, 2 }, [ROLE_TIER5] = { 173, 1 },
};

/* without colours weight has to show what stands out */
static uint8_t mono_flags(uint8_t role)
{
	switch (role) {
	case ROLE_TITLE:
	case ROLE_KEY:
	case ROLE_WARN:
	case ROLE_BAD:
		return STYLE_BOLD;
	default:
		return 0;
	}
}

struct paint palette_get(struct style st, enum colours colours)
{
	struct paint p = { -1, st.flags, false };

	switch (colours) {
	case COLOURS_256:
		p.fg = colours_of[st.role].c256;
		break;
	case COLOURS_8:
		p.fg = colours_of[st.role].c8;
		p.faint = st.role == ROLE_DIM;
		break;
	case COLOURS_NONE:
		p.flags |= mono_flags(st.role);
		p.faint = st.role == ROLE_DIM;
		break;
	}
	return p;
}
