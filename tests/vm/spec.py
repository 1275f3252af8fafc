#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the tables of requests in tests/vm/tswap-spec.h from tswap.yaml.

usage: tests/vm/spec.py tswap/tswap.yaml           print them
       tests/vm/spec.py tswap/tswap.yaml HEADER    are they in the header?
"""
import sys

import yaml

KINDS = {'u8': 'SPEC_U8', 'u32': 'SPEC_U32', 's32': 'SPEC_U32', 'u64': 'SPEC_U64',
         'string': 'SPEC_STRING', 'binary': 'SPEC_BINARY'}
WIDTHS = {'u32': 4, 'u64': 8}

with open(sys.argv[1], encoding='utf-8') as f:
    spec = yaml.safe_load(f)
consts = {d['name']: d['value'] for d in spec['definitions'] if d['type'] == 'const'}
enums = {d['name']: d for d in spec['definitions'] if d['type'] in ('enum', 'flags')}


def largest(attribute):
    """the largest value that is allowed, 0: any"""
    limit = attribute.get('checks', {}).get('max', 0)
    if attribute.get('enum') in enums:
        names = enums[attribute['enum']]
        n = len(names['entries'])
        limit = n if names['type'] == 'enum' else (1 << n) - 1
    return consts.get(limit, limit)


def attributes():
    sets = {}
    for one in spec['attribute-sets']:
        number, found = 0, {}
        for attribute in one['attributes']:
            number = attribute.get('value', number + 1)
            found[attribute['name']] = (number, attribute)
        sets[one['name']] = found
    return sets


def rows(op, known):
    """its own attributes, of requests and dumps"""
    names = []
    for how in ('do', 'dump'):
        for name in op.get(how, {}).get('request', {}).get('attributes', []):
            if name not in names:
                names.append(name)
    for name in names:
        number, a = known[op['attribute-set']][name]
        checks = a.get('checks', {})
        length = checks.get('exact-len', checks.get('max-len', 0))
        yield (f'{{ "{name}", {number}, {KINDS[a["type"]]}, {largest(a)}, {length}, '
               f'{WIDTHS.get(a.get("sub-type"), 1)} }}')


def header():
    known, out = attributes(), [
        '/* SPDX-License-Identifier: GPL-2.0-or-later */',
        '/* Requests of the family "tswap". Made by tests/vm/spec.py from tswap.yaml. */',
        '/* clang-format off */',
        '']
    ops = [op for op in spec['operations']['list'] if 'do' in op]
    for op in ops:
        name = op['name'].replace('-', '_')
        out.append(f'static const struct spec_attr {name}_attrs[] = {{')
        out += [f'\t{row},' for row in rows(op, known)]
        out += ['};', '']
    out.append('static const struct spec_op spec_ops[] = {')
    for op in ops:
        name = op['name'].replace('-', '_')
        out.append(f'\t{{ "{op["name"]}", {op["value"]}, {name}_attrs, '
                   f'sizeof({name}_attrs) / sizeof(*{name}_attrs), {int("dump" in op)} }},')
    return '\n'.join(out + ['};', ''])


if len(sys.argv) == 2:
    sys.stdout.write(header())
else:
    with open(sys.argv[2], encoding='utf-8') as f:
        if f.read() != header():
            sys.exit(f'{sys.argv[2]} is not what tests/vm/spec.py makes of {sys.argv[1]}')
