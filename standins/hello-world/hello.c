/* What `docker run hello-world` prints; the installation is checked by the fact that this runs. */
#include <unistd.h>

static const char text[] =
	"\n"
	"Hello from Docker!\n"
	"You see this because your installation works: the engine made a container of an image and ran its program.\n"
	"\n"
	"This image is a stand-in for hello-world, built from Debian's packages because Docker Hub was out of reach.\n"
	"\n";

int main(void)
{
	/* one call, so that the lines of two containers do not mix; a short write counts as a failure */
	return write(STDOUT_FILENO, text, sizeof text - 1) == (ssize_t)(sizeof text - 1) ? 0 : 1;
}
