package guard

import "fmt"

// smallestStack is the thread stack in bytes below which no text is parsed.
const smallestStack = 256 << 10

// depthFor returns how many links deep a text may be on a C stack of the given
// size.
func depthFor(stack int) (int, error) {
	if stack < smallestStack {
		return 0, fmt.Errorf("threads of this process have a stack of %d KiB, the parser needs %d; raise `ulimit -s`, and use glibc",
			stack>>10, smallestStack>>10)
	}
	return min(maxDepth, stack/stackPerLink), nil
}

// CheckStack returns an error when this process's threads have too small a stack
// to parse with. A server asks it before it takes a request; Check refuses every
// text then.
func CheckStack() error {
	_, err := depthLimit()
	return err
}
