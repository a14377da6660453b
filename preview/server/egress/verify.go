package egress

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// Head identifies a line of the chain.
type Head struct {
	// Sequence is the line's number; 0 when there is no line.
	Sequence uint64
	// Hash is the line's SHA-256 in hex, without its newline.
	Hash string
}

// Report is what [Verify] found.
type Report struct {
	// Segments and Records count what was read.
	Segments, Records int
	// Previews counts the records of requests; Recovered the lines that a crash
	// or a full disk left unfinished.
	Previews, Recovered int
	// First is the number of the first line: 1, unless older segments have
	// been archived.
	First uint64
	// Head is the newest line.
	Head Head
	// Unfinished reports that the last line has not been written whole. The log
	// recovers it when it is next opened.
	Unfinished bool
	// Witnessed reports whether the hash that was asked for is in the chain.
	Witnessed bool
}

// Fault says where and why a chain does not hold.
type Fault struct {
	// File is the segment's name and Line the 1-based line in it.
	File string
	Line int
	// Problem says what is wrong.
	Problem string
}

// Error returns "egress: FILE:LINE: problem".
func (f *Fault) Error() string {
	return fmt.Sprintf("egress: %s:%d: %s", f.File, f.Line, f.Problem)
}

// Verify reads the log in dir and proves its chain. The error is a *Fault when
// the chain is broken. witness, unless it is empty, is the hash of a line that
// was noted elsewhere: Report.Witnessed says whether the chain still holds it,
// which proves that nothing up to that line was cut off or written anew.
//
// It may read a log that is being written.
func Verify(ctx context.Context, dir, witness string) (Report, error) {
	c := chain{witness: witness, previous: genesis}
	files, err := segments(dir)
	if err != nil {
		return Report{}, err
	}
	if len(files) > 0 && files[0].first > 1 {
		// Older segments have been archived: what stood before cannot be known here.
		c.previous = ""
		c.report.Head.Sequence = files[0].first - 1
	}
	for i, file := range files {
		if err := c.read(ctx, file, i == len(files)-1); err != nil {
			return c.report, err
		}
	}
	if c.broken != nil && !c.report.Unfinished {
		return c.report, c.broken
	}
	return c.report, nil
}

// chain is the state of a walk along the lines.
type chain struct {
	report  Report
	witness string
	// previous is the hash of the last line, genesis before the first, and empty
	// where that line has been archived.
	previous string
	// opening is the number that the next line must have because its segment
	// is named so; 0 within a segment.
	opening uint64
	// broken is set while the last line is none of the chain; the next one
	// must say that it recovered.
	broken *Fault
}

func (c *chain) read(ctx context.Context, file segment, last bool) error {
	f, err := os.Open(file.path)
	if err != nil {
		return fmt.Errorf("egress: %s cannot be read: %w", filepath.Base(file.path), syserr.Cause(err))
	}
	defer f.Close() //nolint:errcheck // only read
	c.report.Segments++
	c.opening = file.first
	number := 0
	err = lines(f, func(line []byte, complete bool) error {
		number++
		if err := ctx.Err(); err != nil {
			return err
		}
		at := func(problem string) *Fault {
			return &Fault{File: filepath.Base(file.path), Line: number, Problem: problem}
		}
		if !complete && !last {
			return at("the line has no end, and another segment follows")
		}
		return c.step(line, complete, at)
	})
	var fault *Fault
	switch {
	case err == nil && number == 0 && !last:
		return &Fault{File: filepath.Base(file.path), Line: 1, Problem: "the segment is empty, and another follows"}
	case err == nil || errors.As(err, &fault) || ctx.Err() != nil:
		return err
	default:
		return &Fault{File: filepath.Base(file.path), Line: number + 1, Problem: err.Error()}
	}
}

// step takes one line.
func (c *chain) step(line []byte, complete bool, at func(string) *Fault) error {
	next, err := decode(line)
	if err != nil {
		// Allowed only where a later line says that it recovered.
		c.broken = at(err.Error())
		c.report.Unfinished = !complete
		c.previous = c.follow(line)
		return nil
	}
	switch {
	case c.previous != "" && next.Previous != c.previous:
		return at("the line before it is not the one that it was written behind")
	case next.Sequence != c.report.Head.Sequence+1:
		return at(fmt.Sprintf("its number is %d instead of %d", next.Sequence, c.report.Head.Sequence+1))
	case c.opening != 0 && next.Sequence != c.opening:
		return at("its number is not the one in the segment's name")
	case c.broken != nil && next.Event != Recovered:
		return c.broken
	case c.broken == nil && next.Event == Recovered:
		return at("it says that it recovered a line, and the line before it is whole")
	}
	c.broken, c.opening = nil, 0
	c.report.Records++
	if c.report.First == 0 {
		c.report.First = next.Sequence
	}
	switch next.Event {
	case Preview:
		c.report.Previews++
	case Recovered:
		c.report.Recovered++
	default:
	}
	c.previous = c.follow(line)
	c.report.Head = Head{Sequence: next.Sequence, Hash: c.previous}
	return nil
}

// follow returns the line's hash, and notes when it is the witness.
func (c *chain) follow(line []byte) string {
	hash := hashOf(line)
	if hash == c.witness {
		c.report.Witnessed = true
	}
	return hash
}
