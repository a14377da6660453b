package egress

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

const (
	prefix = "egress-"
	suffix = ".jsonl"
	// digits pads a sequence number so that names sort as numbers do.
	digits = 20
)

// genesis stands before the first line of all.
var genesis = strings.Repeat("0", 2*sha256.Size)

func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

func segmentName(first uint64) string { return fmt.Sprintf("%s%0*d%s", prefix, digits, first, suffix) }

// segment is one file of a log.
type segment struct {
	path  string
	first uint64
}

// segments lists the files of a log in their order.
func segments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("egress: the folder cannot be read: %w", syserr.Cause(err))
	}
	var found []segment
	for _, entry := range entries {
		number, isSegment := strings.CutPrefix(entry.Name(), prefix)
		number, isSegment2 := strings.CutSuffix(number, suffix)
		if !isSegment || !isSegment2 {
			continue
		}
		first, err := strconv.ParseUint(number, 10, 64)
		if err != nil || first == 0 || len(number) != digits || !entry.Type().IsRegular() {
			return nil, fmt.Errorf("egress: the folder holds %q, which is no segment of a log", entry.Name())
		}
		found = append(found, segment{path: filepath.Join(dir, entry.Name()), first: first})
	}
	slices.SortFunc(found, func(a, b segment) int { return strings.Compare(a.path, b.path) })
	return found, nil
}

// errLineTooLong is why a file is no log.
var errLineTooLong = fmt.Errorf("a line is longer than %d bytes", maxLine)

// lines calls yield for every line of r, without its newline; complete is false
// for a last line that has none. It holds one line at a time.
func lines(r io.Reader, yield func(line []byte, complete bool) error) error {
	reader := bufio.NewReaderSize(r, maxLine+1)
	for {
		line, err := reader.ReadSlice('\n')
		switch {
		case err == nil:
			if err := yield(line[:len(line)-1], true); err != nil {
				return err
			}
		case errors.Is(err, bufio.ErrBufferFull):
			return errLineTooLong
		case errors.Is(err, io.EOF):
			if len(line) == 0 {
				return nil
			}
			return yield(line, false)
		default:
			return syserr.Cause(err)
		}
	}
}
