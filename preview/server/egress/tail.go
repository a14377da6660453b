package egress

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// tailWindow is how much of a segment's end is read first to find its last
// line, so that opening a large log takes no time.
const tailWindow = 4 * maxLine

// end is the state at the end of a log.
type end struct {
	// head is the last line; its zero value stands before the first of all.
	head Head
	// previous is the hash of the last line, which is the head's unless that
	// line is broken.
	previous string
	// broken reports that the last line is none of the log.
	broken bool
	// inLine reports that the last line has no newline.
	inLine bool
	// size is the length of the newest segment.
	size int64
}

// findEnd looks at the newest segments until one holds a line.
func findEnd(files []segment) (end, error) {
	e := end{previous: genesis}
	for i := len(files) - 1; i >= 0; i-- {
		found, any, err := tail(files[i])
		if err != nil {
			return end{}, err
		}
		if i == len(files)-1 {
			e.broken, e.inLine, e.size = found.broken, found.inLine, found.size
			if found.previous != "" {
				e.previous = found.previous
			}
		} else if e.previous == genesis {
			e.previous = found.previous
		}
		if any {
			e.head = found.head
			return e, nil
		}
		// A segment without a line is one that a crash left at its birth.
		e.head.Sequence = files[i].first - 1
	}
	if e.head.Sequence > 0 {
		return end{}, errors.New("egress: no segment holds a line, and their names say that there were some")
	}
	return e, nil
}

// tail reads the end of one segment; any reports whether it holds a line.
func tail(file segment) (e end, any bool, err error) {
	f, err := os.Open(file.path)
	if err != nil {
		return end{}, false, fmt.Errorf("egress: %s cannot be read: %w", filepath.Base(file.path), syserr.Cause(err))
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return end{}, false, fmt.Errorf("egress: %s cannot be read: %w", filepath.Base(file.path), syserr.Cause(err))
	}
	for _, from := range []int64{max(0, info.Size()-tailWindow), 0} {
		e, any, err = tailFrom(f, from, info.Size())
		if err != nil {
			return end{}, false, fmt.Errorf("egress: %s cannot be read: %w", filepath.Base(file.path), err)
		}
		if any || from == 0 {
			break
		}
	}
	return e, any, nil
}

func tailFrom(f io.ReaderAt, from, size int64) (e end, any bool, err error) {
	e.size = size
	first := true
	err = lines(io.NewSectionReader(f, from, size-from), func(line []byte, complete bool) error {
		partial := first && from > 0
		first = false
		if partial && complete {
			return nil // it may begin before the window
		}
		last, err := decode(line)
		e.broken, e.inLine, e.previous = err != nil, !complete, hashOf(line)
		if err == nil {
			e.head, any = Head{Sequence: last.Sequence, Hash: e.previous}, true
		}
		return nil
	})
	return e, any, err
}
