/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold-open DEVICE - open it with O_EXCL, say "held", and keep it until stdin ends */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_EXCL) : -1;
	char c;

	if (fd < 0) {
		perror(argc == 2 ? argv[1] : "usage: hold-open DEVICE");
		return 1;
	}
	puts("held");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
