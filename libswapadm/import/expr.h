/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sizes as formulas of the machine's memory, as zram-generator and systemd-swap have
 * them.
 */
#ifndef SWAPADM_IMPORT_EXPR_H
#define SWAPADM_IMPORT_EXPR_H

#include <stdbool.h>

/**
 * expr_value() - the value of a formula; pure
 * @text: numbers, + - * / % ^, parentheses, min() max() floor() ceil() round() int(), and
 *           one variable
 * @name:   of the variable; @value: its value
 *
 * Return: 0; -EINVAL something else is in it, or the result is not a finite number.
 */
int expr_value(const char *text, const char *name, double value, double *out);

#endif
