package pgtree

import (
	"fmt"
	"sync"
)

// smallestStack is the thread stack in bytes below which no text is parsed.
const smallestStack = 256 << 10

// MaxDepth returns how many links deep a text may be that this process parses. It
// returns an error when the C stack of its threads is too small to parse at all;
// Parse must not be called then.
func MaxDepth() (int, error) { return stackDepth() }

var stackDepth = sync.OnceValues(func() (int, error) { return depthFor(threadStack()) })

// depthFor returns how many links deep a text may be on a C stack of the given
// size in bytes.
func depthFor(stack int) (int, error) {
	if stack < smallestStack {
		return 0, fmt.Errorf("threads of this process have a stack of %d KiB, the parser needs %d; raise `ulimit -s`, and use glibc",
			stack>>10, smallestStack>>10)
	}
	return min(maxDepth, stack/stackPerLink), nil
}
