package pgtree

/*
#include <pthread.h>

// The stack that a new thread gets: what Go's runtime asks for its threads.
static size_t new_thread_stack(void) {
	pthread_attr_t attr;
	size_t size = 0;
#ifdef __APPLE__
	size = pthread_get_stacksize_np(pthread_self());
#else
	if (pthread_attr_init(&attr) != 0) return 0;
	if (pthread_attr_getstacksize(&attr, &size) != 0) size = 0;
	pthread_attr_destroy(&attr);
#endif
	return size;
}
*/
import "C"

// threadStack returns the bytes of C stack that each thread of this process
// has. On glibc it is `ulimit -s` at the start, and 2 MiB where that is
// unlimited; musl gives 128 KiB.
func threadStack() int { return int(C.new_thread_stack()) }
